"""Series drawn from priors, as many and as long as one likes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Literal, overload

import numpy as np
from sklearn.utils import check_random_state

from tsrnn._input.validation import check_choice, check_count, check_flag
from tsrnn.synthetic import FAMILIES, FREQUENCIES, SeriesStream
from tsrnn.synthetic.frequencies import LONGEST_PERIOD, frequency_of
from tsrnn.synthetic.stream import check_lengths

# Series of the first chunk at most, so that a few are made at once; and values of every other, in
# which a series takes a third of the time, if that makes as many series as are worth a chunk.
_FIRST = 128
_VALUES = 400_000
_FEWEST = 16

Families = str | Sequence[str] | Mapping[str, float] | None
RandomState = int | np.random.RandomState | None


@overload
def make_series(
    n_series: int,
    length: int | tuple[int, int],
    period: int = 1,
    families: Families = None,
    random_state: RandomState = None,
    return_families: Literal[False] = False,
    *,
    frequency: str | None = None,
    missing: float = 0.0,
) -> list[np.ndarray]: ...


@overload
def make_series(
    n_series: int,
    length: int | tuple[int, int],
    period: int = 1,
    families: Families = None,
    random_state: RandomState = None,
    *,
    return_families: Literal[True],
    frequency: str | None = None,
    missing: float = 0.0,
) -> tuple[list[np.ndarray], np.ndarray]: ...


def make_series(
    n_series: int,
    length: int | tuple[int, int],
    period: int = 1,
    families: Families = None,
    random_state: RandomState = None,
    return_families: bool = False,
    *,
    frequency: str | None = None,
    missing: float = 0.0,
) -> list[np.ndarray] | tuple[list[np.ndarray], np.ndarray]:
    """Make series of many kinds, as they are met with at a frequency, from priors.

    A series is drawn from one of the families below, then noise, seasons, level shifts, outliers, a
    scale and rounding are: the guide, :doc:`/synthetic`, has all of them with their priors. How
    often there is what, and how strong trends, noise and seasons are, differs by frequency, and was
    tuned on the training parts of the M3 and M4 competitions.

    Parameters
    ----------
    n_series : int
        How many series.
    length : int or (int, int)
        Their length in time steps; or the shortest and the longest, between which lengths are
        drawn, short ones more often: their logarithms are uniform.
    period : int, default=1
        Steps of a season, at most 10,000. Not every series has one; 1 makes series without seasons.
    families : str, list of str, dict or None, default=None
        The families to draw from. None has all, each as often as at the frequency; names have these
        alone, in the same proportions; a dict has names and weights. They are
        "smoothing_additive", "smoothing_damped", "smoothing_multiplicative", "complex_smoothing",
        "random_walk", "arma", "mean_reverting", "broken_trend", "saturation", "cycle",
        "smooth_path", "gaussian_process", "regimes", "sawtooth", "spikes", "intermittent",
        "counts", "sum" and "aggregate".
    random_state : int, RandomState instance or None, default=None
        Seed; pass an int for the same series in every call. Of one seed the first series are the
        same whatever `n_series` is.
    return_families : bool, default=False
        Whether to return the names of the families as well.
    frequency : {"yearly", "quarterly", "monthly", "weekly", "daily", "hourly", "unknown"}, optional
        Whose priors the series follow. By default that of which the period tells: 4 quarterly, 12
        monthly, 52 weekly, 5 and 7 daily, 24, 48, 96 and 168 hourly, any other "unknown", of which
        each series follows another of these.
    missing : float, default=0.0
        The share of values that are missing (NaN), at most 0.5: half of them alone, half in gaps.
        Series have more of them and fewer; the first value is never missing.

    Returns
    -------
    series : list of arrays
        Each of shape (its length,), in units of its own.
    families : array of str, shape (n_series,)
        The family of each, only if `return_families` is True.

    Raises
    ------
    InvalidParameterError
        If an argument is none of these.

    Notes
    -----
    Series are positive for the most part, as those of the competitions are. The same seed makes the
    same series on one machine with one version of NumPy. Some 30,000 to 50,000 series of a hundred
    values are made in a second of one core, of many.

    Examples
    --------
    >>> from tsrnn.datasets import make_series
    >>> series = make_series(3, (20, 60), period=12, random_state=0)
    >>> len(series), series[0].ndim
    (3, 1)
    >>> weights = {"random_walk": 3, "intermittent": 1}
    >>> _, names = make_series(100, 50, families=weights, random_state=0, return_families=True)
    >>> sorted({str(name) for name in names})
    ['intermittent', 'random_walk']
    """
    check_count("n_series", n_series)
    period = check_count("period", period, 1, LONGEST_PERIOD)
    check_flag("return_families", return_families)
    if frequency is None:
        frequency = frequency_of(period)
    else:
        check_choice("frequency", frequency, FREQUENCIES)
    low, high = check_lengths(length)
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    series: list[np.ndarray] = []
    names: list[str] = []
    for k in itertools.count():
        # Chunks are the same however many series are asked for.
        size = max(_VALUES // high, _FEWEST)
        stream = SeriesStream(
            (low, high),
            {(frequency, period): 1.0},
            families=families,
            missing=missing,
            seed=seed,
            chunk_size=size if k else min(size, _FIRST),
            dtype=float,
        )
        chunk = stream.chunk(k)
        series += chunk.series()
        names += [FAMILIES[code] for code in chunk.families]
        if len(series) >= n_series:
            break
    if return_families:
        return series[:n_series], np.array(names[:n_series])
    return series[:n_series]
