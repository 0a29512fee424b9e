#!/usr/bin/env python3
"""A second decoder of Cairn images, to read beside native/docs/image-format.md.

Written from the specification, not from the C code, and without care for speed: it shows the format, and a test holds
both decoders to the same answers. As a program it prints what `cairn-image decode --json` prints.

Only Python and two libraries that every Debian has (dpkg and apt need them) are used: libzstd and libxxhash.
"""

import ctypes
import json
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

HEADER = struct.Struct("<8sIIQ")
END = struct.Struct("<8sQQ16sQQQ")
INDEX_HEAD = struct.Struct("<IIQQ")
BLOCK = struct.Struct("<QIIII")
CHUNK = struct.Struct("<II")
RUN = struct.Struct("<QQII")

HEADER_MAGIC = b"\x8fCAIRN\r\n"
END_MAGIC = b"CAIRNEND"
PLAIN, ZSTD = 0, 1
DATA, ZERO, SHARED = 0, 1, 2
SOURCES = {DATA: "data", ZERO: "zero", SHARED: "shared"}
MOST_CHUNK_BYTES, MOST_CHUNK_RUNS, MOST_META_BYTES = 1 << 20, 1024, 64 << 20


class Refused(Exception):
    """The image is not to be believed; `kind` is torn, corrupt or version."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


def check(condition, kind, message):
    if not condition:
        raise Refused(kind, message)


# --- the two libraries ------------------------------------------------------------------------------------------------

_xxhash = ctypes.CDLL("libxxhash.so.0")
_zstd = ctypes.CDLL("libzstd.so.1")


class _Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


_xxhash.XXH3_64bits.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_xxhash.XXH3_128bits.restype = _Hash128
_xxhash.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_zstd.ZSTD_decompress.restype = ctypes.c_size_t
_zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def hash64(data):
    return _xxhash.XXH3_64bits(data, len(data))


def hash128(data):
    """The canonical form: high half first, big-endian."""
    value = _xxhash.XXH3_128bits(data, len(data))
    return struct.pack(">QQ", value.high, value.low)


def unzstd(data, raw_len):
    out = ctypes.create_string_buffer(raw_len)
    length = _zstd.ZSTD_decompress(out, raw_len, data, len(data))
    check(length == raw_len, "corrupt", "a block does not decompress to its length")
    return out.raw


# --- the format -------------------------------------------------------------------------------------------------------


@dataclass
class Block:
    offset: int
    hash: int
    encoding: int
    raw_len: int
    stored_len: int


@dataclass
class Run:
    start: int
    length: int
    source: int
    other: int


@dataclass
class Chunk:
    block: Block
    space: int
    runs: list


class Image:
    """An image, all of which but the bytes of its chunks is read and checked."""

    def __init__(self, data):
        self.file = data
        self.check_header()
        index_offset, index = self.find_index()
        self.read_index(index, blocks_end=index_offset)
        self.meta = self.read(self.meta_block)

    def check_header(self):
        check(len(self.file) >= HEADER.size, "torn", "shorter than its header")
        magic, version, features, checksum = HEADER.unpack_from(self.file)
        check(magic == HEADER_MAGIC, "corrupt", "not a Cairn image")
        check(hash64(self.file[: HEADER.size - 8]) == checksum, "corrupt", "checksum of the header")
        check(version == 1, "version", f"format version {version}")
        check(features == 0, "version", f"format features {features:#x}")

    def find_index(self):
        check(len(self.file) >= HEADER.size + END.size, "torn", "too short")
        end = self.file[-END.size :]
        magic, offset, length, checksum, file_len, reserved, seal = END.unpack(end)
        check(magic == END_MAGIC, "torn", "no end record")
        check(hash64(end[:-8]) == seal and reserved == 0, "corrupt", "checksum of the end record")
        check(file_len == len(self.file), "torn", "not of the length that the end record says")
        check(
            offset >= HEADER.size and offset + length + END.size == file_len,
            "corrupt",
            "the end record points outside the file",
        )
        index = self.file[offset : offset + length]
        check(hash128(index) == checksum, "corrupt", "checksum of the index")
        self.digest = checksum.hex()
        return offset, index

    def read_index(self, index, blocks_end):
        """Offsets are nowhere on disk: chunks, then META, fill what lies between header and index."""
        check(len(index) >= INDEX_HEAD.size + BLOCK.size, "corrupt", "the index is too short")
        self.sequence, reserved, n_chunks, n_runs = INDEX_HEAD.unpack_from(index)
        at_chunks = INDEX_HEAD.size + BLOCK.size
        at_runs = at_chunks + n_chunks * (BLOCK.size + CHUNK.size)
        check(
            reserved == 0 and at_runs + n_runs * RUN.size == len(index), "corrupt", "the parts of the index do not add up"
        )
        self.chunks, offset, first_run = [], HEADER.size, 0
        for at in range(at_chunks, at_runs, BLOCK.size + CHUNK.size):
            block = self.read_block(index, at, offset, MOST_CHUNK_BYTES)
            space, count = CHUNK.unpack_from(index, at + BLOCK.size)
            check(1 <= count <= min(MOST_CHUNK_RUNS, n_runs - first_run), "corrupt", "a chunk's number of runs")
            runs = [Run(*RUN.unpack_from(index, at_runs + k * RUN.size)) for k in range(first_run, first_run + count)]
            self.check_runs(runs, block.raw_len)
            self.chunks.append(Chunk(block, space, runs))
            offset, first_run = offset + block.stored_len, first_run + count
        check(first_run == n_runs, "corrupt", "runs of no chunk")
        self.meta_block = self.read_block(index, INDEX_HEAD.size, offset, MOST_META_BYTES)
        check(offset + self.meta_block.stored_len == blocks_end, "corrupt", "the blocks do not fill the file")

    @staticmethod
    def read_block(index, at, offset, most):
        checksum, encoding, raw_len, stored_len, reserved = BLOCK.unpack_from(index, at)
        check(encoding in (PLAIN, ZSTD) and reserved == 0, "corrupt", "an unknown encoding")
        check(stored_len <= raw_len <= most, "corrupt", "a block is too large")
        check(encoding == ZSTD or stored_len == raw_len, "corrupt", "a plain block has two lengths")
        return Block(offset, checksum, encoding, raw_len, stored_len)

    @staticmethod
    def check_runs(runs, data_len):
        for run in runs:
            check(run.length > 0 and run.start + run.length < 1 << 64, "corrupt", "an impossible range")
            check(run.source in SOURCES, "corrupt", "an unknown source")
            check(run.source == SHARED or run.other == 0, "corrupt", "a run refers to a space for no reason")
        check(sum(run.length for run in runs if run.source == DATA) == data_len, "corrupt", "the length of a chunk")

    def read(self, block):
        stored = self.file[block.offset : block.offset + block.stored_len]
        check(hash64(stored) == block.hash, "corrupt", "checksum of a block")
        return unzstd(stored, block.raw_len) if block.encoding == ZSTD else stored

    def verify(self):
        for chunk in self.chunks:
            self.read(chunk.block)


# --- as a program -----------------------------------------------------------------------------------------------------


def run_json(run):
    out = {"start": hex(run.start), "length": run.length, "source": SOURCES[run.source]}
    return out | {"other": run.other} if run.source == SHARED else out


def as_json(image):
    def total(source):
        return sum(run.length for chunk in image.chunks for run in chunk.runs if run.source == source)

    return {
        "sequence": image.sequence,
        "digest": image.digest,
        "bytes": len(image.file),
        "raw_bytes": total(DATA),
        "zero_bytes": total(ZERO),
        "shared_bytes": total(SHARED),
        "chunks": len(image.chunks),
        "meta": json.loads(image.meta),
        "chunk_list": [
            {
                "space": chunk.space,
                "raw_bytes": chunk.block.raw_len,
                "stored_bytes": chunk.block.stored_len,
                "runs": [run_json(run) for run in chunk.runs],
            }
            for chunk in image.chunks
        ],
    }


def load(folder):
    image = Image((Path(folder) / "image.cairn").read_bytes())
    image.verify()
    return image


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: decode_image.py IMAGE_FOLDER")
    try:
        print(json.dumps(as_json(load(sys.argv[1])), indent=2))
    except Refused as refused:
        sys.exit(f"decode_image.py: {sys.argv[1]}: {refused}")
