"""An endless stream of series, in chunks: each has a seed of its own and can be had by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsrnn._input.validation import check_choice, check_count, check_number
from tsrnn.exceptions import InvalidParameterError
from tsrnn.synthetic import modifiers
from tsrnn.synthetic.families import draw_series, weights_of
from tsrnn.synthetic.frequencies import FREQUENCIES, LONGEST_PERIOD, UNKNOWN, USUAL_PERIODS
from tsrnn.synthetic.request import Request

_LONGEST = 1_000_000

Frequencies = str | Mapping[Any, float]


@dataclass(frozen=True)
class Chunk:
    """Series of a stream, a row each.

    Attributes
    ----------
    values : (n, T) array
        NaN where missing, and after the end of a series; T is the longest length.
    lengths, periods : (n,) int64 arrays
    frequencies, families : (n,) int64 arrays
        Positions in FREQUENCIES and FAMILIES.
    """

    values: np.ndarray
    lengths: np.ndarray
    periods: np.ndarray
    frequencies: np.ndarray
    families: np.ndarray

    def series(self) -> list[np.ndarray]:
        """Return the series one by one, each of its length."""
        rows = zip(self.values, self.lengths, strict=True)
        return [row[:length].copy() for row, length in rows]


class SeriesStream:
    """Series drawn from the priors, the same for the same arguments.

    Parameters
    ----------
    length : int or (int, int)
        Of all series; or between which it is drawn, its logarithm uniform.
    frequencies : str or mapping, default="unknown"
        Whose priors series follow: a name in FREQUENCIES, or names and weights. In place of a name
        (name, period) sets a period other than the usual.
    families : str, sequence or mapping, optional
        As `tsrnn.datasets.make_series` takes them.
    missing : float, default=0
        The share of values that are missing.
    seed : int, default=0
    chunk_size : int, default=4096
        Series a chunk; streams that differ in it have other series. A series of a chunk of 1024
        takes half as long again.
    dtype : numpy type, default=float32
        Of the values, which are drawn in double precision.

    Raises
    ------
    InvalidParameterError
        If an argument is none of these.
    """

    CHUNK = 4096

    def __init__(
        self,
        length: int | tuple[int, int],
        frequencies: Frequencies = "unknown",
        *,
        families: str | Sequence[str] | Mapping[str, float] | None = None,
        missing: float = 0.0,
        seed: int = 0,
        chunk_size: int = CHUNK,
        dtype: Any = np.float32,
    ) -> None:
        self._lengths = check_lengths(length)
        self._frequencies, self._periods, self._shares = _read_frequencies(frequencies)
        self._weights = weights_of(families)
        self._missing = check_number("missing", missing, 0.0, 0.5)
        self._seed = check_count("seed", seed, 0)
        self._chunk_size = check_count("chunk_size", chunk_size)
        self._dtype = np.dtype(dtype)

    def chunk(self, k: int) -> Chunk:
        """Return the k-th chunk, from 0 on, the same to the bit whatever was asked before."""
        seed = np.random.SeedSequence(self._seed, spawn_key=(check_count("k", k, 0),))
        rng = np.random.Generator(np.random.SFC64(seed))
        n = self._chunk_size
        which = rng.choice(len(self._shares), n, p=self._shares)
        named = self._frequencies[which]
        # Of no frequency of its own: every series follows the priors of one of the others.
        followed = np.where(named == UNKNOWN, rng.integers(0, UNKNOWN, n), named)
        low, high = self._lengths
        lengths = np.exp(rng.uniform(np.log(low), np.log(high + 1), n)).astype(np.int64)
        lengths = np.clip(lengths, low, high)
        request = Request(int(lengths.max()), lengths, self._periods[which], followed)
        weights = np.cumsum(self._weights, axis=1)[followed]
        codes = (rng.random(n)[:, None] >= weights[:, :-1]).sum(axis=1)
        y = draw_series(rng, request, codes)
        if self._missing > 0.0:
            y[modifiers.missing(rng, request, self._missing)] = np.nan
        y[np.arange(len(y))[:, None] >= lengths] = np.nan
        values = np.ascontiguousarray(y.T, dtype=self._dtype)
        return Chunk(values, lengths, request.periods, named, codes)


def check_lengths(length: Any) -> tuple[int, int]:
    """Return the shortest and the longest length that an argument allows.

    Raises
    ------
    InvalidParameterError
    """
    if isinstance(length, tuple | list):
        if len(length) != 2:
            raise InvalidParameterError(
                f"length must be an integer or a pair (shortest, longest), got {length!r}"
            )
        low = check_count("length[0]", length[0], 1, _LONGEST)
        high = check_count("length[1]", length[1], 1, _LONGEST)
        if low > high:
            raise InvalidParameterError(
                f"length must be a pair (shortest, longest) in this order, got {length!r}"
            )
        return low, high
    both = check_count("length", length, 1, _LONGEST)
    return both, both


def _read_frequencies(frequencies: Frequencies) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the positions of frequencies, their periods and their shares."""
    entries = {frequencies: 1.0} if isinstance(frequencies, str) else frequencies
    names, periods, weights = [], [], []
    for key, weight in entries.items():
        name, period = key if isinstance(key, tuple) else (key, None)
        check_choice("frequency", name, FREQUENCIES)
        names.append(FREQUENCIES.index(name))
        period = USUAL_PERIODS[name] if period is None else period
        periods.append(check_count("period", period, 1, LONGEST_PERIOD))
        weights.append(check_number(f"frequencies[{key!r}]", weight, 0.0, np.inf))
    shares = np.array(weights)
    if not shares.any():
        raise InvalidParameterError("frequencies must have a weight that is positive")
    return np.array(names), np.array(periods), shares / shares.sum()
