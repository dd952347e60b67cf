"""Migration operations that put the product's promises into PostgreSQL itself.

Every audited table has a trigger that writes `audit_entry` rows; append-only tables refuse change; states move only
along the edges of their transition map; frozen records keep their content. See docs/adr/0004-audit-in-the-database.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.db.migrations.operations import RunSQL


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


class AuditTable(RunSQL):
    """Write an audit row for every insert, update and delete of a table.

    Parameters
    ----------
    table : str
        Name of the table.
    ignored : sequence of str
        Columns whose change alone is not worth an audit row (heartbeats, counters).
    masked : sequence of str
        Columns whose value must not stand in the trail (password hashes, secrets).
    """

    def __init__(self, table: str, ignored: Sequence[str] = (), masked: Sequence[str] = ()) -> None:
        self.table, self.ignored, self.masked = table, tuple(ignored), tuple(masked)
        columns = f"{_literal(','.join(ignored))}, {_literal(','.join(masked))}"
        super().__init__(
            f'CREATE TRIGGER audit_capture AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION audit_capture({columns})",
            f'DROP TRIGGER audit_capture ON "{table}"',
        )

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return self.__class__.__name__, [self.table], {"ignored": self.ignored, "masked": self.masked}


class AppendOnlyTable(RunSQL):
    """Refuse every update, delete and truncate of a table."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()",
            f'DROP TRIGGER append_only ON "{table}"; DROP TRIGGER append_only_truncate ON "{table}"',
        )

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return self.__class__.__name__, [self.table], {}


class GuardTransitions(RunSQL):
    """Refuse every change of a state that is not an edge of the transition map.

    Parameters
    ----------
    table, column : str
        Where the state is.
    initial : sequence of str
        The states in which a row may begin.
    edges : mapping of str to sequence of str
        From each state, the states that may follow.
    """

    def __init__(self, table: str, column: str, initial: Sequence[str], edges: Mapping[str, Sequence[str]]) -> None:
        self.table, self.column, self.initial, self.edges = table, column, tuple(initial), dict(edges)
        as_json = json.dumps({source: sorted(targets) for source, targets in sorted(edges.items())})
        arguments = f"{_literal(column)}, {_literal(json.dumps(sorted(initial)))}, {_literal(as_json)}"
        super().__init__(
            f'CREATE TRIGGER guard_transition BEFORE INSERT OR UPDATE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION guard_transition({arguments})",
            f'DROP TRIGGER guard_transition ON "{table}"',
        )

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return self.__class__.__name__, [self.table, self.column, self.initial, self.edges], {}


class FreezeRow(RunSQL):
    """Refuse a change of a row's content, and its removal, while its state is one of `frozen_in`.

    Parameters
    ----------
    table, column : str
        Where the state is.
    frozen_in : sequence of str
        States in which the content stands.
    free : sequence of str
        Columns that may still change (times and people of later steps); the state itself always may.
    name : str
        Name of the trigger: a table may have several.
    """

    def __init__(
        self, table: str, column: str, frozen_in: Sequence[str], free: Sequence[str], name: str = "freeze_row"
    ) -> None:
        self.arguments = [table, column, tuple(frozen_in), tuple(free), name]
        arguments = ", ".join(
            _literal(value) for value in (column, json.dumps(sorted(frozen_in)), json.dumps(sorted({*free, column})))
        )
        super().__init__(
            f'CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION freeze_row({arguments})",
            f'DROP TRIGGER {name} ON "{table}"',
        )

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return self.__class__.__name__, self.arguments, {}


class FreezeChildren(RunSQL):
    """Refuse every write of a child row unless its parent's state is one of `open_in`."""

    def __init__(self, table: str, foreign_key: str, parent: str, column: str, open_in: Sequence[str]) -> None:
        self.arguments = [table, foreign_key, parent, column, tuple(open_in)]
        literals = ", ".join(_literal(value) for value in (foreign_key, parent, column, json.dumps(sorted(open_in))))
        name = f"freeze_children_{foreign_key}"
        super().__init__(
            f'CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION freeze_children({literals})",
            f'DROP TRIGGER {name} ON "{table}"',
        )

    def deconstruct(self):  # type: ignore[no-untyped-def]
        return self.__class__.__name__, self.arguments, {}
