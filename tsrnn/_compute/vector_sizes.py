"""Sizes of vectors, and of what registers hold of them."""

from __future__ import annotations

import functools

import numpy as np

from tsrnn._compute.processor import target_machine

# Bytes of a vector: a cache line.
WIDTH = 64

# Of vectors, in the compiler's language.
_ADDITION = """
define <16 x float> @add(<16 x float> %a, <16 x float> %b) {
    %sum = fadd <16 x float> %a, %b
    ret <16 x float> %sum
}
"""


def n_lanes_of(dtype: np.dtype) -> int:
    """Return how many lanes a vector of this type has."""
    return WIDTH // dtype.itemsize


@functools.cache
def _has_avx512() -> bool:
    """Whether code is for a processor whose registers hold a vector: the compiler knows."""
    from llvmlite.binding import parse_assembly

    return "zmm" in target_machine().emit_assembly(parse_assembly(_ADDITION))


def most_rows() -> int:
    """Return how many rows a panel may have: as many sums as this machine's registers hold."""
    return 8 if _has_avx512() else 6


def tile_shape() -> tuple[int, int]:
    """Return the largest tile of `tile_product`."""
    return (4, 4) if _has_avx512() else (2, 3)
