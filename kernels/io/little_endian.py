"""Compiled reading of little-endian integers from byte arrays. Callers check the bounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import inlined

ByteArray = NDArray[np.uint8]


@inlined
def u16(data: ByteArray, at: int) -> int:
    return int(np.int64(data[at]) | np.int64(data[at + 1]) << 8)


@inlined
def u32(data: ByteArray, at: int) -> int:
    return u16(data, at) | u16(data, at + 2) << 16


@inlined
def i32(data: ByteArray, at: int) -> int:
    value = u32(data, at)
    return value - (1 << 32) if value >= 1 << 31 else value


@inlined
def i64(data: ByteArray, at: int) -> int:
    return u32(data, at) | i32(data, at + 4) << 32
