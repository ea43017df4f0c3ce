"""Series of a panel fitted in blocks, which bounds the memory that a fit takes.

A block is a batch of its own and knows nothing of the others, so blocks may be fitted in any order
and anywhere: `fit_blocks` is the place for other ways of running them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.ragged import Batch


@dataclass(frozen=True)
class Block:
    """Some series of a panel.

    Attributes
    ----------
    series : (k,) array
        Their positions in the panel.
    batch : Batch
        Themselves.
    """

    series: np.ndarray
    batch: Batch


class BlockFit(Protocol):
    """Hold what a fit of one block has found; series are counted from the block's first."""

    @property
    def parts(self) -> Sequence[tuple[np.ndarray, Any]]: ...  # noqa: D102

    @property
    def failures(self) -> Mapping[int, Exception]: ...  # noqa: D102

    @property
    def notes(self) -> Mapping[int, tuple[Warning, ...]]: ...  # noqa: D102


@dataclass(frozen=True)
class PanelFit:
    """Hold what the fits of all blocks have found; series are counted as in the panel.

    Attributes
    ----------
    parts : tuple of (array, fitted)
        Which series, and what was fitted to them.
    failures, notes : dict
    """

    parts: tuple[tuple[np.ndarray, Any], ...]
    failures: dict[int, Exception]
    notes: dict[int, tuple[Warning, ...]]


def partition(batch: Batch, size: int, series: np.ndarray | None = None) -> Iterator[Block]:
    """Yield blocks of so many series, or fewer in the last: of all series, or of those given."""
    series = np.arange(batch.n_series) if series is None else series
    for start in range(0, series.size, size):
        subset = series[start : start + size]
        yield Block(subset, batch.take(subset))


def join(fits: Iterable[tuple[np.ndarray, BlockFit]]) -> PanelFit:
    """Put together the fits of blocks, each with the positions of its series in the panel."""
    parts: list[tuple[np.ndarray, Any]] = []
    failures: dict[int, Exception] = {}
    notes: dict[int, tuple[Warning, ...]] = {}
    for positions, fit in fits:
        parts += [(positions[series], fitted) for series, fitted in fit.parts]
        failures |= {int(positions[i]): error for i, error in fit.failures.items()}
        notes |= {int(positions[i]): lines for i, lines in fit.notes.items()}
    return PanelFit(tuple(parts), failures, notes)


def fit_blocks(fit: Callable[[Block], BlockFit], blocks: Iterable[Block]) -> PanelFit:
    """Fit blocks one after another, each in as many threads as the fit itself takes."""

    def fits() -> Iterator[tuple[np.ndarray, BlockFit]]:
        for block in blocks:
            with one_blas_thread():
                fitted = fit(block)
            yield block.series, fitted

    return join(fits())
