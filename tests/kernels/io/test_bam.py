"""Our reading of BGZF, BAM and its indexes, against htslib's."""

import gzip

import numpy as np
import pysam
import pytest

from kernels.errors import KernelError
from kernels.io.alignment import open_alignment
from kernels.io.bai import contig_ranges, find_index
from kernels.io.bam import RecordStream, read_header
from kernels.io.bgzf import FileSource, Inflater


def all_bytes(inflater):
    room, pieces = np.empty(1 << 18, dtype=np.uint8), []
    while not inflater.is_done:
        pieces.append(room[: inflater.fill(room, 0)].tobytes())
    return b"".join(pieces)


def test_inflater__gives_what_gzip_gives(shared_data):
    path = shared_data / "panel-hg19" / "reads.bam"
    with gzip.open(path) as stream:
        assert all_bytes(Inflater(FileSource(path))) == stream.read()


def test_inflater__stops_inside_a_block_and_goes_on_there(shared_data):
    path = shared_data / "panel-hg19" / "reads.bam"
    whole = all_bytes(Inflater(FileSource(path)))
    cut = (27324, 24116)
    parts = [all_bytes(Inflater(FileSource(path), end=cut)), all_bytes(Inflater(FileSource(path), begin=cut))]
    assert b"".join(parts) == whole
    assert all(parts)


@pytest.mark.parametrize("name", ["panel-hg19/reads.bam", "na12878-chr20/reads.bam", "mosdepth-bams/nanopore.bam"])
def test_header__equals_htslib(shared_data, name):
    path = shared_data / name
    header, _ = read_header(RecordStream(FileSource(path)))
    with pysam.AlignmentFile(str(path)) as reads:
        assert (header.contigs, header.lengths_bp) == (reads.references, reads.lengths)
        described = reads.header.to_dict()
        assert header.sort_order == described.get("HD", {}).get("SO")
        assert header.samples == tuple(dict.fromkeys(group["SM"] for group in described.get("RG", []) if "SM" in group))


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_partitions__hold_every_byte_once(shared_data, threads):
    path = shared_data / "panel-hg19" / "reads.bam"
    alignment = open_alignment(path)
    total = 0
    for partition in alignment.partitions(threads):
        stream = alignment.open(partition)
        total += stream.stop - stream.start
        stream.start = stream.stop
        while stream.fill():
            total += stream.stop
            stream.start = stream.stop
    header_bytes = read_header(RecordStream(FileSource(path)))[1]
    assert total + header_bytes == len(all_bytes(Inflater(FileSource(path))))


@pytest.mark.parametrize("option", ["-b", "-c"])
def test_contig_ranges__begin_where_the_first_read_of_a_contig_is(shared_data, tmp_path, option):
    path = tmp_path / "reads.bam"
    path.symlink_to(shared_data / "panel-hg19" / "reads.bam")
    pysam.index(option, str(path))
    begins, _ = contig_ranges(find_index(path), 25)
    with pysam.AlignmentFile(str(path)) as reads:
        for name, begin in zip(reads.references, begins, strict=True):
            # In a pysam file, `tell` before the first read is where htslib begins to look for it.
            records = reads.fetch(name, multiple_iterators=False)
            has_reads = next(records, None) is not None
            assert (begin is not None) == has_reads


@pytest.mark.parametrize("damage", [b"", b"BAI\1", b"nonsense", b"BAI\1" + b"\xff" * 200])
def test_contig_ranges__refuse_what_is_no_index(tmp_path, damage):
    path = tmp_path / "reads.bam.bai"
    path.write_bytes(damage)
    with pytest.raises(KernelError) as caught:
        contig_ranges(path, 25)
    assert caught.value.code == "index_unusable"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "alignment_format"),
        (b"chr1\t1\t2\n", "alignment_format"),
        (gzip.compress(b"BAM\1"), "alignment_format"),
        (b"@HD\tVN:1.6\n@SQ\tSN:chr1\n", "alignment_unreadable"),
    ],
)
def test_open_alignment__refuses_other_files(tmp_path, content, code):
    path = tmp_path / "reads.bam"
    path.write_bytes(content)
    with pytest.raises(KernelError) as caught:
        open_alignment(path)
    assert caught.value.code == code


def test_sam__is_read_through_htslib(tmp_path):
    path = tmp_path / "reads.sam"
    path.write_text("@SQ\tSN:chr1\tLN:100\nr\t0\tchr1\t1\t60\t4M\t*\t0\t0\tACGT\tIIII\n")
    alignment = open_alignment(path)
    assert alignment.header.contigs == ("chr1",)
    alignment.close()
