"""`verify_audit`: what is altered behind the application's back is named. Tampering is done as a superuser would."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from lims.actions import people
from lims.audit import acting
from lims.choices import Role
from lims.models import AuditEntry, AuditHead, Sample, User
from tests.factories import lims as make
from tests.lims.actions.test_signatures import sign

pytestmark = pytest.mark.django_db


def behind_the_back(*statements: str) -> None:
    """Write as a superuser whose session fires no triggers."""
    seal()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = 'replica'")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = 'origin'")


def seal() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def verify(*arguments: str) -> tuple[int, str]:
    seal()
    out = io.StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue().strip()
    return 0, out.getvalue().strip()


@pytest.fixture
def story(technician: User) -> list[Sample]:
    """Five samples, one of them changed, in a trail of at least six entries."""
    with acting(by=technician, action="samples.register", reason="arrived"):
        samples = [make.sample(code=f"S-{number}", note="as received") for number in range(5)]
        samples[2].note = "thawed"
        samples[2].save()
    return samples


def entry_of(sample: Sample, operation: str = "insert") -> AuditEntry:
    seal()
    return AuditEntry.objects.get(object_type="lims_sample", object_id=str(sample.pk), operation=operation)


def test_untouched_trail__is_intact_with_number_and_hash(story: list[Sample]) -> None:
    seal()
    head = AuditHead.objects.get()
    status, sentence = verify("--records")
    assert status == 0
    assert f"{head.sequence} entries, the last is {head.sequence} with the hash {head.hash}" in sentence
    assert "audited tables agree with the trail" in sentence


def test_every_kind_of_character_and_number__is_hashed_as_the_database_hashes_it(technician: User) -> None:
    with acting(
        by=technician, action="x", reason='quote " backslash \\ tab \t line \n bell \x07 del \x7f 中文 😀 \u2028 é'
    ):
        make.sample(code="S-1", note='{"a": 1.50, "b": "\\u0001"}')
        make.metric("m", tool_fields={"deep": [1.5e-9, 1e22, -0.0, 12, None, True, "\x1f/"]})
    assert verify("--records")[0] == 0


@pytest.mark.parametrize(
    "column",
    [
        "actor = 'somebody-else'",
        "reason = ''",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "after = jsonb_set(after, '{note}', '\"never\"')",
        "operation = 'event'",
        "client_address = '10.0.0.9'",
        "transaction_id = 1",
        "database_user = 'x'",
        "hash = repeat('0', 64)",
    ],
)
def test_altered_entry__is_named(story: list[Sample], column: str) -> None:
    entry = entry_of(story[1])
    behind_the_back(f"UPDATE audit_entry SET {column} WHERE id = {entry.pk}")
    status, sentence = verify()
    assert status == 1
    assert sentence.startswith(f"Entry {entry.sequence} was altered")
    assert f"of lims_sample {story[1].pk} by" in sentence


def test_altered_entry_with_its_hash_computed_anew__breaks_the_next_one(story: list[Sample]) -> None:
    entry = entry_of(story[1])
    behind_the_back(
        f"UPDATE audit_entry SET actor = 'somebody-else' WHERE id = {entry.pk}",
        f"UPDATE audit_entry SET hash = audit_hash(audit_entry) WHERE id = {entry.pk}",
    )
    status, sentence = verify()
    assert status == 1
    assert sentence.startswith(f"Entry {entry.sequence + 1} does not continue entry {entry.sequence}")


def test_removed_entry__is_named(story: list[Sample]) -> None:
    entry = entry_of(story[1])
    behind_the_back(f"DELETE FROM audit_entry WHERE id = {entry.pk}")
    status, sentence = verify()
    assert (status, sentence) == (
        1,
        f"Entry {entry.sequence} is missing: after {entry.sequence - 1} comes {entry.sequence + 1}.",
    )


def test_cut_off_end__is_named_by_the_head(story: list[Sample]) -> None:
    entry = entry_of(story[2], "update")
    behind_the_back(f"DELETE FROM audit_entry WHERE sequence >= {entry.sequence}")
    status, sentence = verify()
    assert status == 1
    assert f"names entry {entry.sequence}, but the last entry is {entry.sequence - 1}" in sentence


def test_cut_off_end_with_the_head_rewritten__is_caught_by_an_anchor_from_outside(story: list[Sample]) -> None:
    seal()
    printed = AuditHead.objects.get()
    behind_the_back(
        f"DELETE FROM audit_entry WHERE sequence = {printed.sequence}",
        "UPDATE audit_head SET (sequence, hash) ="
        " (SELECT sequence, hash FROM audit_entry ORDER BY sequence DESC LIMIT 1)",
    )
    status, sentence = verify("--anchor", f"{printed.sequence}:{printed.hash}")
    assert status == 1
    assert sentence.startswith(f"Entry {printed.sequence} is known from outside")
    assert sentence.endswith(f"ends with {printed.sequence - 1}: its end was cut off.")


def test_rewritten_trail__is_caught_by_an_anchor_from_outside(story: list[Sample]) -> None:
    entry = entry_of(story[1])
    status, sentence = verify("--anchor", f"{entry.sequence}:{'0' * 64}")
    assert status == 1
    assert sentence.startswith(f"Entry {entry.sequence} is not the one that is known from outside")
    assert verify("--anchor", f"{entry.sequence}:{entry.hash}")[0] == 0


def test_unreadable_anchor__is_refused() -> None:
    with pytest.raises(CommandError, match="NUMBER:HASH"):
        call_command("verify_audit", "--anchor", "12")


def test_entry_beyond_the_head__is_named(story: list[Sample]) -> None:
    seal()
    end = AuditHead.objects.get().sequence
    behind_the_back(
        "INSERT INTO audit_entry (recorded_at, transaction_id, actor, actor_name, action, reason, request_id,"
        " client_address, software_version, database_user, object_type, object_id, operation, sequence, previous_hash,"
        f" hash) VALUES (now(), 1, '', '', '', '', '', '', '', '', '', '', 'event', {end + 7}, '', repeat('0', 64))"
    )
    assert verify() == (1, f"Entry {end + 7} lies beyond the head of the trail, which names entry {end}.")


def test_unsealed_entry__is_named(story: list[Sample]) -> None:
    behind_the_back(
        "INSERT INTO audit_entry (recorded_at, transaction_id, actor, actor_name, action, reason, request_id,"
        " client_address, software_version, database_user, object_type, object_id, operation)"
        " VALUES (now(), 1, '', '', '', '', '', '', '', '', '', '', 'event')"
    )
    status, sentence = verify()
    assert status == 1
    assert sentence.startswith("1 entries were never sealed")


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "UPDATE lims_sample SET note = 'never thawed' WHERE id = {id}",
            "note is 'never thawed', but the trail says 'thawed'",
        ),
        ("DELETE FROM lims_sample WHERE id = {id}", "is gone, but the trail has no entry of its removal"),
        (
            'INSERT INTO lims_sample SELECT (jsonb_populate_record(s, \'{{"id": 9999999, "code": "X"}}\')).*'
            " FROM lims_sample s WHERE id = {id}",
            "Row 9999999 of lims_sample has no history",
        ),
    ],
)
def test_altered_record__is_named_when_records_are_replayed(story: list[Sample], statement: str, finding: str) -> None:
    behind_the_back(statement.format(id=story[2].pk))
    assert verify()[0] == 0
    status, report = verify("--records")
    assert status == 1
    assert finding in report
    assert "lims_sample" in report


def test_record_that_comes_back_from_its_removal__is_named(story: list[Sample]) -> None:
    sample = story[4]
    pk, columns = sample.pk, "code, sequencing_name, received_at, note, registered_at, registered_by_id"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE kept AS SELECT * FROM lims_sample WHERE id = {pk}")
    sample.delete()
    assert verify("--records")[0] == 0
    behind_the_back(f"INSERT INTO lims_sample (id, {columns}) SELECT id, {columns} FROM kept")
    assert f"Row {pk} of lims_sample is there, but the trail says that it was removed." in verify("--records")[1]


def test_columns_that_the_trail_does_not_record__raise_no_alarm(technician: User) -> None:
    job = make.job()
    job.progress_fraction = 0.5
    job.save()
    technician.set_password("another-long-password")
    technician.save()
    assert verify("--records")[0] == 0


def test_signature_whose_text_was_altered__is_named_by_its_checksum(director: User) -> None:
    signature = sign(director)
    behind_the_back("UPDATE lims_signature SET canonical_text = replace(canonical_text, '0.95', '0.85')")
    status, report = verify("--records")
    assert status == 1
    assert f"Row {signature.pk} of lims_signature was altered" in report


def test_changes_from_a_session_in_another_time_zone__raise_no_alarm(story: list[Sample]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'Asia/Shanghai'")
        cursor.execute("UPDATE lims_sample SET received_at = now()")
        cursor.execute("SET timezone = 'UTC'")
    assert verify("--records")[0] == 0


def test_json__says_the_same_for_machines(story: list[Sample]) -> None:
    status, text = verify("--json", "--records")
    document = json.loads(text)
    assert (status, document["is_intact"], document["chain"]["fault"]) == (0, True, None)
    behind_the_back(f"UPDATE lims_sample SET note = '' WHERE id = {story[2].pk}")
    status, text = verify("--json", "--records")
    assert (status, json.loads(text)["is_intact"]) == (1, False)
    assert f"Row {story[2].pk} of lims_sample" in json.loads(text)["records"]["fault"]


def test_verification__is_itself_in_the_trail(story: list[Sample]) -> None:
    verify()
    entry = AuditEntry.objects.filter(object_type="audit_head").first()
    assert (entry.actor, entry.after["fault"]) == (people.SYSTEM_USERNAME, None)
    assert entry.after["sequence"] > 0


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers__leave_one_chain_without_gaps(person: Callable[..., User]) -> None:
    writers, rounds = 4, 25
    somebody = person("writer", Role.TECHNICIAN)
    start = threading.Barrier(writers)
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            start.wait()
            for number in range(rounds):
                with acting(by=somebody, action="samples.register"):
                    sample = make.sample(code=f"W{writer}-{number}", registered_by=somebody)
                    sample.note = "changed in the same act"
                    sample.save()
                    if number % 5 == 4:  # a rolled back act leaves no gap
                        raise_nothing_behind(somebody)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads: list[Any] = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert failures == []
    entries = AuditEntry.objects.filter(object_type="lims_sample")
    assert entries.count() == writers * rounds * 2
    sequences = list(AuditEntry.objects.order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, len(sequences) + 1))
    status, report = verify("--records")
    assert (status, report.count("intact")) == (0, 1)


def raise_nothing_behind(by: User) -> None:
    with pytest.raises(RuntimeError), acting(by=by, action="samples.register"):
        make.sample(code="never", registered_by=by)
        raise RuntimeError
