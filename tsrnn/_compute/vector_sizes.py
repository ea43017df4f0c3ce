"""Sizes of vectors, and of what registers hold of them."""

from __future__ import annotations

import functools

import numpy as np

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
    """Whether code is compiled for a processor whose registers hold a vector.

    Numba compiles for another one than this machine's where it is told so (NUMBA_CPU_NAME), and
    what it is told may be no more than a name: the compiler itself knows.
    """
    import llvmlite.binding
    from numba.core.registry import cpu_target

    machine = cpu_target.target_context.codegen()._tm
    return "zmm" in machine.emit_assembly(llvmlite.binding.parse_assembly(_ADDITION))


def most_rows() -> int:
    """Return how many rows a panel may have: as many sums as this machine's registers hold."""
    return 8 if _has_avx512() else 6


def tile_shape() -> tuple[int, int]:
    """Return the largest tile of `tile_product`."""
    return (4, 4) if _has_avx512() else (2, 3)
