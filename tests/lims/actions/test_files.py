"""Files: registered where they lie, verified by a real kernel in a real child process, kept aside when rejected."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from django.conf import settings

from lims import storage, worker
from lims.actions import files, jobs
from lims.choices import FileKind, FileState, JobKind, JobState
from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted
from lims.models import AuditEntry, DataFile, Job, User
from lims.selectors import files as selectors
from tests.factories import lims as make

pytestmark = pytest.mark.django_db

GOOD_BED = b"chr1\t10\t20\nchr1\t30\t45\n"


@pytest.fixture
def incoming() -> Path:
    """The folder that files may be registered from."""
    return Path(settings.FILE_ROOTS[0])


def put(folder: Path, name: str = "targets.bed", content: bytes = GOOD_BED) -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def verification_of(file: DataFile) -> Job:
    job = selectors.verification_of(file)
    assert job is not None
    return job


def verified(file: DataFile) -> DataFile:
    worker.verify_file(verification_of(file).pk)
    file.refresh_from_db()
    return file


def test_register_path__waits_for_verification(technician: User, incoming: Path) -> None:
    file, created = files.register_path(by=technician, path=put(incoming), kind=FileKind.BED)

    assert created
    assert (file.name, file.state, file.size_bytes) == ("targets.bed", FileState.VERIFYING, len(GOOD_BED))
    job = verification_of(file)
    assert (job.kind, job.state, job.parameters["file"]) == (JobKind.VERIFY_FILE, JobState.QUEUED, str(file.public_id))
    entry = AuditEntry.objects.filter(object_type="lims_datafile").get()
    assert (entry.action, entry.actor) == ("files.register_path", "technician")


def test_register_path__is_refused_to_a_person_who_may_not_add_files(
    technician: User, auditor: User, incoming: Path
) -> None:
    path = put(incoming)
    with pytest.raises(NotPermitted):
        files.register_path(by=auditor, path=path, kind=FileKind.BED)
    assert not DataFile.objects.exists()
    assert files.register_path(by=technician, path=path, kind=FileKind.BED)[1]


def test_register_path__again_gives_the_file_that_is_there(technician: User, incoming: Path) -> None:
    path = put(incoming)
    first, _created = files.register_path(by=technician, path=path, kind=FileKind.BED)
    assert files.register_path(by=technician, path=path, kind=FileKind.BED) == (first, False)
    verified(first)
    assert files.register_path(by=technician, path=path, kind=FileKind.BED) == (first, False)

    put(incoming, content=GOOD_BED + b"chr1\t50\t60\n")
    other, created = files.register_path(by=technician, path=path, kind=FileKind.BED)
    assert created
    assert other != first


@pytest.mark.parametrize("place", ["outside", "link out", "folder", "relative", "nothing", "storage", "parent steps"])
def test_register_path__refuses_what_is_not_a_file_under_a_root(
    place: str, technician: User, incoming: Path, tmp_path: Path
) -> None:
    outside = put(tmp_path)
    (incoming / "link.bed").symlink_to(outside)
    (incoming / "folder").mkdir()
    path = {
        "outside": outside,
        "link out": str(incoming / "link.bed"),
        "folder": str(incoming / "folder"),
        "relative": "targets.bed",
        "nothing": str(incoming / "nothing.bed"),
        "storage": put(Path(settings.STORAGE_DIR)),
        "parent steps": f"{incoming}/folder/../../{tmp_path.name}/targets.bed",
    }[place]
    with pytest.raises(InvalidInput) as refusal:
        files.register_path(by=technician, path=path, kind=FileKind.BED)
    assert "path" in refusal.value.fields
    assert not DataFile.objects.exists()


def test_register_path__follows_a_link_that_stays_inside(technician: User, incoming: Path) -> None:
    put(incoming)
    (incoming / "link.bed").symlink_to(incoming / "targets.bed")
    file, _created = files.register_path(by=technician, path=str(incoming / "link.bed"), kind=FileKind.BED)
    assert file.location == os.path.realpath(incoming / "targets.bed")


def test_register_path__for_a_library_takes_what_the_file_must_agree_with(technician: User, incoming: Path) -> None:
    library = make.run_library(library=make.library(sample=make.sample(sequencing_name="NA12878")))
    file, _created = files.register_path(
        by=technician, path=put(incoming, "reads.bam"), kind=FileKind.BAM, run_library=library
    )

    version = library.run.assay_version
    assert (file.genome, file.expected_sample_name, file.expected_targets) == (
        version.genome,
        "NA12878",
        version.targets,
    )
    with pytest.raises(InvalidInput):
        files.register_path(by=technician, path=put(incoming), kind=FileKind.BED, run_library=library)


@pytest.mark.parametrize("kind", [FileKind.RESULT, FileKind.REPORT])
def test_register_path__of_a_kind_that_is_made_here_is_refused(
    kind: FileKind, technician: User, incoming: Path
) -> None:
    with pytest.raises(InvalidInput):
        files.register_path(by=technician, path=put(incoming), kind=kind)


def test_verification__of_a_good_file_makes_it_ready(technician: User, incoming: Path) -> None:
    file, _created = files.register_path(by=technician, path=put(incoming), kind=FileKind.BED)
    verified(file)

    assert (file.state, file.sha256) == (FileState.READY, hashlib.sha256(GOOD_BED).hexdigest())
    assert (file.findings["regions"], file.findings["territory_bp"]) == (2, 25)
    job = verification_of(file)
    assert job.state == JobState.DONE
    assert list(job.inputs.values_list("role", "sha256")) == [("file", file.sha256)]
    entry = AuditEntry.objects.filter(object_type="lims_datafile", operation="update").first()
    assert (entry.action, entry.actor) == ("files.conclude_verification", "exomark-system")


def test_verification__of_a_bad_file_says_why_and_leaves_it_where_its_owner_keeps_it(
    technician: User, incoming: Path
) -> None:
    path = put(incoming, content=b"chr1\t20\t10\n")
    file, _created = files.register_path(by=technician, path=path, kind=FileKind.BED)
    verified(file)

    assert (file.state, file.rejection_code) == (FileState.REJECTED, "region_inverted")
    assert selectors.why_rejected(file) == "targets.bed line 1 runs from 20 to 10: the end lies before the start."
    assert Path(path).exists()
    assert file.location == path


def test_verification__against_a_build_refuses_another_one(technician: User, incoming: Path) -> None:
    genome = make.genome(contigs=[["chr2", 100]])
    file, _created = files.register_path(by=technician, path=put(incoming), kind=FileKind.BED, genome=genome)
    assert verified(file).rejection_code == "contig_unknown"


def test_verification__against_a_given_checksum(technician: User, incoming: Path) -> None:
    right = hashlib.sha256(GOOD_BED).hexdigest()
    file, _created = files.register_path(by=technician, path=put(incoming), kind=FileKind.BED, sha256=right.upper())
    assert verified(file).state == FileState.READY

    wrong, _created = files.register_path(
        by=technician, path=put(incoming, "other.bed"), kind=FileKind.BED, sha256="0" * 64
    )
    assert verified(wrong).rejection_code == "checksum_differs"
    with pytest.raises(InvalidInput):
        files.register_path(by=technician, path=put(incoming, "third.bed"), kind=FileKind.BED, sha256="abc")


def test_verification__of_an_upload_puts_a_bad_one_into_quarantine(technician: User) -> None:
    file = make.data_file(state=FileState.VERIFYING, content=b"not a BED at all\n", size_bytes=None, sha256="")
    files.verify_again(by=technician, file=file)
    before = storage.path_of(file)
    verified(file)

    assert file.state == FileState.REJECTED
    assert file.location.startswith(f"quarantine/{file.public_id}/")
    assert storage.path_of(file).read_bytes() == b"not a BED at all\n"
    assert not before.exists()


def test_verification__of_a_file_that_is_gone_fails_and_can_be_asked_again(technician: User, incoming: Path) -> None:
    path = put(incoming)
    file, _created = files.register_path(by=technician, path=path, kind=FileKind.BED)
    Path(path).unlink()
    verified(file)
    job = verification_of(file)
    assert (file.state, job.state, job.error_code) == (FileState.VERIFYING, JobState.FAILED, "file_missing")

    put(incoming)
    files.verify_again(by=technician, file=file)
    assert verified(file).state == FileState.READY
    with pytest.raises(InvalidTransition):
        files.verify_again(by=technician, file=file)


def test_verification__delivered_twice_is_done_once(technician: User, incoming: Path) -> None:
    file, _created = files.register_path(by=technician, path=put(incoming), kind=FileKind.BED)
    job = verification_of(file)
    worker.verify_file(job.pk)
    worker.verify_file(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)
    assert job.inputs.count() == 1


def test_a_file_that_changed_after_verification__is_not_computed_on(technician: User, incoming: Path) -> None:
    path = put(incoming)
    file, _created = files.register_path(by=technician, path=path, kind=FileKind.BED)
    verified(file)
    put(incoming, content=GOOD_BED.replace(b"45", b"46"))
    job, _created = jobs.request(
        by=technician,
        kind=JobKind.COVERAGE,
        kernel="coverage",
        parameters={},
        inputs={"targets": file},
    )
    worker.compute(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == (JobState.FAILED, "input_changed")


def test_a_file_that_was_only_touched__is_read_again_and_used(
    technician: User, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(incoming)
    file, _created = files.register_path(by=technician, path=path, kind=FileKind.BED)
    verified(file)
    os.utime(path)
    assert files.is_changed(file)
    assert files.confirm(by=technician, file=file)
    file.refresh_from_db()
    assert not files.is_changed(file)
    assert file.findings["regions"] == 2


def test_a_file_of_our_own_folder__may_carry_another_time(technician: User) -> None:
    """As after a backup was restored."""
    file = make.data_file()
    os.utime(storage.path_of(file))
    assert not files.is_changed(file)
    storage.path_of(file).write_bytes(b"longer than before, much longer")
    assert files.is_changed(file)
    storage.path_of(file).unlink()
    assert files.is_changed(file)


def test_record_download__stands_in_the_audit_trail(technician: User, outsider: User) -> None:
    file = make.data_file()
    files.record_download(by=technician, file=file)

    entry = AuditEntry.objects.filter(object_type="lims_datafile", operation="event").get()
    assert (entry.action, entry.actor, entry.after["sha256"]) == ("files.record_download", "technician", file.sha256)
    with pytest.raises(NotPermitted):
        files.record_download(by=outsider, file=file)
    with pytest.raises(InvalidTransition):
        files.record_download(by=technician, file=make.data_file(state=FileState.VERIFYING))
