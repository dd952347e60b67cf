"""The command line that statistical kernels share: one JSON document in, one out."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from kernels.document import describe_input, dump
from kernels.io.json_files import JsonObject, read_object
from kernels.statistics.proportions import Proportion

KERNEL_VERSION = "1.0.0"


def run(
    arguments: Sequence[str], *, name: str, description: str, compute: Callable[[JsonObject], Mapping[str, Any]]
) -> int:
    """Read FILE, compute, and write the result with its provenance to OUT or standard output.

    Raises
    ------
    KernelError
        Whatever is wrong with the document, including members that nobody reads.
    """
    parser = argparse.ArgumentParser(prog=f"python -m kernels {name}", description=description)
    parser.add_argument("file", metavar="FILE", help="JSON document that asks the question")
    parser.add_argument("--json", metavar="OUT", help="write the result here instead of to standard output")
    options = parser.parse_args(arguments)
    source = read_object(options.file)
    result = compute(source)
    document = {"kernel": name, "kernel_version": KERNEL_VERSION, "input": describe_input(options.file), **result}
    text = dump(as_document(document), options.json)
    if options.json is None:
        print(text, end="")
    return 0


def as_document(result: Any) -> Any:
    """Turn a frozen result into what JSON can hold; a proportion keeps its counts beside its value."""
    if isinstance(result, Proportion):
        return {"numerator": result.numerator, "denominator": result.denominator, "value": result.value}
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {field.name: as_document(getattr(result, field.name)) for field in dataclasses.fields(result)}
    if isinstance(result, Mapping):
        return {str(key): as_document(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [as_document(value) for value in result]
    if isinstance(result, Enum):
        return result.value
    # A decimal limit keeps its digits: the text 0.98 is exact, the binary number is not.
    return str(result) if isinstance(result, (Decimal, Fraction)) else result
