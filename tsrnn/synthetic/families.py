"""The families of series: how each is drawn and dressed, and how often, by frequency."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn._input.validation import check_number
from tsrnn.exceptions import InvalidParameterError
from tsrnn.synthetic import (
    combining,
    counts,
    cycles,
    gaussian,
    paths,
    regimes,
    smoothing,
    trains,
    trends,
    walks,
    worlds,
)
from tsrnn.synthetic.frequencies import Prior
from tsrnn.synthetic.request import Draw, Request


@dataclass(frozen=True)
class Family:
    """A family of series.

    Attributes
    ----------
    draw : callable
        (rng, request) -> paths, (T, n), in units of their own.
    dress : callable
        (rng, request, paths) -> series, (T, n).
    weights : Prior
        How often it is drawn; of all families the weights of a frequency sum to about 100.
    """

    draw: Draw
    dress: Any
    weights: Prior


# Those that the sums and aggregates are made of.
_PATHS: tuple[Draw, ...] = (
    walks.random_walk,
    walks.arma_process,
    trends.broken_trend,
    cycles.cycle,
    paths.smooth_path,
    gaussian.gaussian_process,
    regimes.regimes,
    trends.saturation,
)

_FAMILIES = {
    "smoothing_additive": Family(
        smoothing.additive, worlds.dress_seasonal, Prior(12, 11, 11, 9, 8, 8)
    ),
    "smoothing_damped": Family(smoothing.damped, worlds.dress_seasonal, Prior(10, 10, 11, 9, 8, 6)),
    "smoothing_multiplicative": Family(
        smoothing.multiplicative, worlds.dress_ratio, Prior(8, 8, 8, 6, 4, 4)
    ),
    "complex_smoothing": Family(smoothing.complex_smoothing, worlds.dress, Prior(1, 2, 3, 1, 1, 1)),
    "random_walk": Family(walks.random_walk, worlds.dress, Prior(13, 15, 10, 28, 30, 18)),
    "arma": Family(walks.arma_process, worlds.dress, Prior(4, 7, 10, 5, 5, 7)),
    "mean_reverting": Family(regimes.mean_reverting, worlds.dress, Prior(1, 4, 10, 10, 9, 14)),
    "broken_trend": Family(trends.broken_trend, worlds.dress, Prior(11, 8, 6, 3, 3, 2)),
    "saturation": Family(trends.saturation, worlds.dress, Prior(5, 3, 2.5, 1, 1, 1)),
    "cycle": Family(cycles.cycle, worlds.dress, Prior(6, 4, 3, 1.5, 1.5, 2)),
    "smooth_path": Family(paths.smooth_path, worlds.dress, Prior(18, 8, 3, 1.5, 1, 1.5)),
    "gaussian_process": Family(
        gaussian.gaussian_process, worlds.dress, Prior(2, 2.5, 3, 1.5, 1.5, 3)
    ),
    "regimes": Family(regimes.regimes, worlds.dress, Prior(3, 4, 4, 5, 6, 5)),
    "sawtooth": Family(trains.sawtooth, worlds.dress, Prior(1, 1, 1, 1.5, 2, 3)),
    "spikes": Family(trains.spikes, worlds.dress, Prior(1, 1, 1.5, 2, 3, 3)),
    "intermittent": Family(counts.intermittent, worlds.dress_counts, Prior(0.5, 0.5, 1.5, 3, 4, 3)),
    "counts": Family(counts.counts, worlds.dress_counts, Prior(0.5, 1, 2, 3, 4, 6)),
    "sum": Family(combining.sums_of(_PATHS), worlds.dress, Prior(5, 4, 4, 4, 4, 4)),
    "aggregate": Family(
        combining.aggregates_of(_PATHS), worlds.dress, Prior(5, 3, 2, 1.5, 1.5, 1.5)
    ),
}

FAMILIES = tuple(_FAMILIES)


def draw_of(name: str) -> Draw:
    """Return what draws the paths of a family."""
    return _FAMILIES[name].draw


def weights_of(families: str | Sequence[str] | Mapping[str, float] | None) -> np.ndarray:
    """Return probabilities of families by frequency, (6, number of families).

    Parameters
    ----------
    families : None, name, names or mapping of names to weights
        None has the weights of each frequency, and names these alone; a mapping has its own.

    Raises
    ------
    InvalidParameterError
        If there is no such family, or no weight is positive.
    """
    weights = np.stack([family.weights.by_frequency for family in _FAMILIES.values()], axis=1)
    if families is None:
        return weights / weights.sum(axis=1, keepdims=True)
    if isinstance(families, Mapping):
        asked = np.zeros(len(FAMILIES))
        for name, weight in families.items():
            value = check_number(f"families[{name!r}]", weight, 0.0, np.inf)
            asked[_position(name)] = value
        if not asked.any():
            raise InvalidParameterError("families must have a weight that is positive")
        # Not summed before they are made small: the largest numbers have no sum.
        asked = asked / asked.max()
        return np.tile(asked / asked.sum(), (len(weights), 1))
    names = [families] if isinstance(families, str) else families
    if not isinstance(names, Collection) or not len(names):
        raise InvalidParameterError(
            "families must be None, a name, a list of names or a dict of names and weights, got "
            f"{families!r}"
        )
    kept = np.zeros_like(weights)
    for name in names:
        kept[:, _position(name)] = weights[:, _position(name)]
    return kept / kept.sum(axis=1, keepdims=True)


def _position(name: object) -> int:
    if name not in FAMILIES:
        raise InvalidParameterError(f"families knows {', '.join(FAMILIES)}, got {name!r}")
    return FAMILIES.index(str(name))


def draw_series(rng: np.random.Generator, request: Request, codes: np.ndarray) -> np.ndarray:
    """Draw series of the families at these positions of FAMILIES, (T, n)."""
    families = list(_FAMILIES.values())
    y = np.zeros(request.shape)
    groups: dict[Any, list[int]] = {}
    for code in np.unique(codes).tolist():
        groups.setdefault(families[code].dress, []).append(code)
    draws = [family.draw for family in families]
    for dress, members in groups.items():
        series = np.flatnonzero(np.isin(codes, members))
        part = request.take(series)
        made = dress(rng, part, combining.by_kind(rng, part, codes[series], draws))
        y[: len(made), series] = made
    return y
