"""Paths made of paths: sums of two, and means over several steps of finer ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsrnn.synthetic.request import Draw, Request, chosen
from tsrnn.synthetic.units import in_own_changes

_FINER = (2, 3, 4)


def by_kind(
    rng: np.random.Generator, request: Request, kinds: np.ndarray, draws: Sequence[Draw]
) -> np.ndarray:
    """Draw each series by the function that its kind says, (T, n); 0 after the end of a series."""
    x = np.zeros(request.shape)
    for kind in np.unique(kinds):
        series = np.flatnonzero(kinds == kind)
        part = draws[kind](rng, request.take(series))
        x[: len(part), series] = part
    return x


def sums_of(draws: Sequence[Draw]) -> Draw:
    """Return a function that draws sums of two paths drawn by these."""

    def draw(rng: np.random.Generator, request: Request) -> np.ndarray:
        """Draw convex sums of two paths of other families, each in units of its mean change.

        The share of the first is uniform on (0.15, 0.85).
        """
        n = request.n_series
        one, other = (
            in_own_changes(by_kind(rng, request, rng.integers(0, len(draws), n), draws), request)
            for _ in range(2)
        )
        share = rng.uniform(0.15, 0.85, n)
        return share * one + (1.0 - share) * other

    return draw


def aggregates_of(draws: Sequence[Draw]) -> Draw:
    """Return a function that draws coarser paths of those drawn by these."""

    def draw(rng: np.random.Generator, request: Request) -> np.ndarray:
        """Draw paths of other families with 2 to 4 steps in the place of one.

        Their mean is kept, or in a third of the series the last of them.
        """
        n = request.n_series
        kinds, factors = rng.integers(0, len(draws), n), rng.choice(_FINER, n)
        x = np.zeros(request.shape)
        for factor in np.unique(factors):
            at = np.flatnonzero(factors == factor)
            part = request.take(at)
            finer = Request(
                part.n_timesteps * factor, part.lengths * factor, part.periods, part.frequencies
            )
            blocks = by_kind(rng, finer, kinds[at], draws).reshape(-1, factor, len(at))
            at_the_end = chosen(rng, 1 / 3, len(at))
            x[: len(blocks), at] = np.where(at_the_end, blocks[:, -1], blocks.mean(axis=1))
        return x

    return draw
