"""`manage.py verify_audit`: was the past changed? Exit status 1 and one sentence that names the first broken row."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from lims.actions import audit_trail, people
from lims.selectors.audit_verification import Anchor, ChainReport, verify_chain
from lims.selectors.record_verification import RecordReport, verify_records


class Command(BaseCommand):
    help = "Verify the audit trail's chain; with --records also every record against its history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="write one JSON document instead of sentences")
        parser.add_argument("--records", action="store_true", help="also replay every audited table from the trail")
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="number and hash of an entry known from outside, such as those printed on a report; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = [_anchor(text) for text in options["anchor"]]
        began = time.monotonic()
        chain = verify_chain(anchors=anchors)
        records = verify_records() if options["records"] and chain.is_intact else None
        self._say(chain, records, time.monotonic() - began, as_json=options["json"])
        audit_trail.note_verification(by=people.system_account(), report=chain)
        if not chain.is_intact or (records and not records.is_intact):
            raise SystemExit(1)

    def _say(self, chain: ChainReport, records: RecordReport | None, seconds: float, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(_document(chain, records, seconds), indent=2))
            return
        self.stdout.write(chain.fault or _intact(chain, seconds))
        if records:
            agree = f"All rows of {records.tables} audited tables agree with the trail."
            self.stdout.write(records.fault or agree)


def _anchor(text: str) -> Anchor:
    number, _, known_hash = text.partition(":")
    if not number.isdigit() or len(known_hash) != 64:
        raise CommandError(f"--anchor {text!r} is not NUMBER:HASH, with a hash of 64 hexadecimal digits.")
    return Anchor(int(number), known_hash)


def _intact(chain: ChainReport, seconds: float) -> str:
    end = chain.verified_to
    return (
        f"The audit trail is intact: {chain.entries} entries, the last is {end.sequence} "
        f"with the hash {end.hash}, verified in {seconds:.1f} s."
    )


def _document(chain: ChainReport, records: RecordReport | None, seconds: float) -> dict[str, Any]:
    return {
        "is_intact": chain.is_intact and (records is None or records.is_intact),
        "chain": {
            "entries": chain.entries,
            "sequence": chain.verified_to.sequence,
            "hash": chain.verified_to.hash,
            "fault": chain.fault,
        },
        "records": {"tables": records.tables, "fault": records.fault} if records else None,
        "seconds": round(seconds, 3),
    }
