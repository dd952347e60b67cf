"""The OpenAPI description: every operation also documents its problem answers."""

from __future__ import annotations

from typing import Any

_PROBLEM = {
    "type": "object",
    "required": ["message", "code", "fields"],
    "properties": {
        "message": {"type": "string", "description": "A sentence for a person."},
        "code": {"type": "string", "description": "Stable machine name."},
        "fields": {"type": "object", "additionalProperties": True, "description": "Sentences by field."},
    },
}
_ANSWERS = {
    "400": "The request cannot be read, or values cannot be used",
    "401": "No key or session, or one that is not valid",
    "403": "The role or the scope is missing",
    "404": "There is no such record",
    "405": "The method is not offered here",
    "406": "The media type asked for is not offered",
    "409": "The state of the record does not allow it",
    "413": "The body is too large",
    "415": "The body's media type is not taken",
    "422": "The values break a rule",
    "429": "Too many calls",
}


def describe_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the problem answers to every operation that does not describe them itself."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": description, "content": content} for status, description in _ANSWERS.items()
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            for status in _ANSWERS:
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    return result
