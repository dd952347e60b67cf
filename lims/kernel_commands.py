"""The command line of each kernel for a job: where its inputs lie, what its parameters are."""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

from lims import storage
from lims.choices import FileKind, JobKind
from lims.models import DataFile, Job

DOCUMENT_NAME = "document.json"
OUTPUTS_NAME = "outputs"


def arguments_for(job: Job, folder: Path) -> list[str]:
    """Return the kernel's name and arguments; it writes `document.json` and `outputs/` into the folder."""
    (folder / OUTPUTS_NAME).mkdir(exist_ok=True)
    outputs = folder / OUTPUTS_NAME
    command = _coverage(job, outputs) if job.kind == JobKind.COVERAGE else _concordance(job, outputs)
    return [*command, "--threads", str(settings.JOB_THREADS), "--json", str(folder / DOCUMENT_NAME), "--progress"]


def verification_arguments(job: Job, file: DataFile, folder: Path) -> list[str]:
    """Return the arguments that verify a file and build its index beside it."""
    arguments = ["verify", str(storage.working_path(file)), "--kind", file.kind, "--index"]
    if job.parameters["contigs"]:
        contigs = folder / "contigs.json"
        contigs.write_text(json.dumps(job.parameters["contigs"]), encoding="utf-8")
        arguments += ["--contigs", str(contigs)]
    if job.parameters["sample"]:
        arguments += ["--sample", job.parameters["sample"]]
    if job.parameters["sha256"]:
        arguments += ["--sha256", job.parameters["sha256"]]
    if file.expected_targets is not None:
        arguments += ["--targets", str(storage.working_path(file.expected_targets))]
    if file.kind == FileKind.CRAM and file.genome is not None and file.genome.sequence is not None:
        arguments += ["--reference", str(storage.working_path(file.genome.sequence))]
    return [*arguments, "--json", str(folder / DOCUMENT_NAME), "--progress"]


def _inputs(job: Job) -> dict[str, str]:
    return {row.role: str(storage.working_path(row.file)) for row in job.inputs.select_related("file")}


def _given(options: dict[str, str], values: dict[str, str]) -> list[str]:
    return [part for role, option in options.items() if values.get(role) for part in (option, values[role])]


def _coverage(job: Job, outputs: Path) -> list[str]:
    paths = _inputs(job)
    files = _given({"targets": "--targets", "baits": "--baits", "reference": "--reference"}, paths)
    parameters = job.parameters
    return [
        "coverage",
        paths["alignment"],
        *files,
        "--min-mapping-quality",
        str(parameters["min_mapping_quality"]),
        "--min-base-quality",
        str(parameters["min_base_quality"]),
        "--clip-overlaps" if parameters["clip_overlaps"] else "--count-overlaps",
        "--thresholds",
        ",".join(map(str, parameters["thresholds"])),
        "--callable-depth",
        str(parameters["callable_depth_reads"]),
        "--output-dir",
        str(outputs),
        "--picard",
        str(outputs / "hs_metrics.txt"),
    ]


def _concordance(job: Job, outputs: Path) -> list[str]:
    roles = ("truth", "query", "reference", "confident", "targets")
    files = _given({role: f"--{role}" for role in roles}, _inputs(job))
    names = _given({"sample_truth": "--sample-truth", "sample_query": "--sample-query"}, job.parameters)
    written = {"--unmatched": "unmatched.tsv", "--hap-py": "hap_py", "--annotated": "annotated.vcf.gz"}
    places = [part for option, name in written.items() for part in (option, str(outputs / name))]
    return ["concordance", *files, *names, "--match", job.parameters["match"], *places]
