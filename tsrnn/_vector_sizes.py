"""Sizes of vectors, and of what this machine's registers hold of them."""

from __future__ import annotations

import functools

import numpy as np

# Bytes of a vector: a cache line.
WIDTH = 64


def n_lanes_of(dtype: np.dtype) -> int:
    """Return how many lanes a vector of this type has."""
    return WIDTH // dtype.itemsize


@functools.cache
def _has_avx512() -> bool:
    import llvmlite.binding

    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


def most_rows() -> int:
    """Return how many rows a panel may have: as many sums as this machine's registers hold."""
    return 8 if _has_avx512() else 6


def tile_shape() -> tuple[int, int]:
    """Return the largest tile of `tile_product`."""
    return (4, 4) if _has_avx512() else (2, 3)
