"""
Register a library on a run, hand over its reads, and print what was measured: an example for pipelines to start from.

    export EXOMARK_URL=https://exomark.example.org EXOMARK_KEY=exm_…
    python example_client.py --sample S1 --library L1 --run R1 --assay EXOME --assay-version v3 --reads /data/L1.bam

It needs Python 3.11 and nothing else, and may be run again at any time: nothing is registered twice, no work is done
twice. The key's account needs the scopes `read`, `runs:write` and, with --reads, `files:write`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

WAIT_SECONDS = 2


class Refused(Exception):
    """The laboratory's answer to a call that it does not accept: a sentence, and sentences by field."""


def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Call the REST interface and return the answer's body."""
    address = path if path.startswith("http") else f"{os.environ['EXOMARK_URL']}/api/v1/{path}"
    request = urllib.request.Request(address, method=method)
    request.add_header("Authorization", f"Bearer {os.environ['EXOMARK_KEY']}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        fields = "".join(f"\n  {name}: {sentence}" for name, sentence in problem["fields"].items())
        raise Refused(f"{method} {path}: {problem['message']}{fields}") from error


def walk(path: str, **filters: str) -> Iterator[dict[str, Any]]:
    """Yield every row of a list, page by page."""
    following = f"{path}?{urlencode(filters)}"
    while following:
        page = call("GET", following)
        yield from page["results"]
        following = page["next"]


def register(wanted: argparse.Namespace) -> None:
    """Make sure that sample, library and run are there, and the library on the run."""
    sample, library, run = (quote(code, safe="") for code in (wanted.sample, wanted.library, wanted.run))
    material = wanted.reference_material
    call("PUT", f"samples/{sample}/", {"reference_material": material} if material else {})
    call("PUT", f"libraries/{library}/", {"sample": wanted.sample})
    call("PUT", f"runs/{run}/", {"assay": wanted.assay, "assay_version": wanted.assay_version})
    call("PUT", f"runs/{run}/libraries/{library}/", {})


def hand_over(wanted: argparse.Namespace) -> None:
    """Register the reads by their path, wait until they are verified, and have their coverage computed."""
    place = {"run": wanted.run, "library": wanted.library}
    file = call("POST", "files/", {"path": wanted.reads, "kind": wanted.reads.rpartition(".")[2].lower(), **place})
    file = wait_for(f"files/{file['id']}/", ("ready", "rejected", "expired"))
    if file["state"] != "ready":
        raise Refused(f"{file['name']} was rejected: {file['rejection']['message']}")
    job = call("POST", "jobs/", {"kind": "coverage", "file": file["id"], **place})
    job = wait_for(f"jobs/{job['id']}/", ("done", "failed", "cancelled"))
    if job["state"] != "done":
        raise Refused(f"The job {job['id']} is {job['state']}: {job['error']}")


def wait_for(path: str, states: tuple[str, ...]) -> Any:
    """Ask again until a file or job has come to one of `states`."""
    while True:
        found = call("GET", path)
        if found["state"] in states:
            return found
        time.sleep(WAIT_SECONDS)


def show(wanted: argparse.Namespace) -> None:
    """Print what was measured of the library on the run; what is undefined is a dash."""
    for row in walk("measurements/", run=wanted.run, library=wanted.library, is_superseded="false"):
        counts = "" if row["denominator"] is None else f"{row['numerator']} / {row['denominator']}"
        value = "-" if row["value"] is None else f"{row['value']:.6g}"
        print("\t".join([row["metric"], row["variant_type"], value, row["unit"], counts]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("sample", "library", "run", "assay", "assay-version"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--reference-material", help="code of the reference material that the sample is")
    parser.add_argument("--reads", help="path of a BAM or CRAM, as the laboratory's server sees it")
    wanted = parser.parse_args()
    try:
        register(wanted)
        if wanted.reads:
            hand_over(wanted)
        show(wanted)
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
