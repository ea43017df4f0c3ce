r"""Scores of errors: how unlikely they are, in standard deviations of a normal distribution.

Errors e of one step, in units d that a method expects of them, are taken as Student's t with a
scale s and 1/nu = i, normal at i = 0. Both are learned from quantiles of the sizes |e| / d, for up
to a tenth of wild values moves these little:

    s, i = argmin  sum_p (log q_p - log t_p(i) - log s)^2 + C i / n,  p = .5, .6, .7, .8, .9   (1)

with q_p the quantiles of n sizes and t_p(i) those of the distribution. C keeps the tails of a
normal one where n is small. The score of an error is that of a normal number as unlikely,

    score = sign(e) Phi^-1(T_nu(|e| / (d s)))                                                (2)

so that beyond +-2.576 is one value in a hundred, whatever the tails.

i is at most a third. C was chosen among 3, 10, 20 and infinity, and the largest i among .25, .33
and .45, on series with planted spikes and shifts: `benchmarks/anomalies.py` has them, and others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from tsrnn.forecasting.fitted_model import FittedModel

# p of (1), the values of i that are tried, and C.
_SHARES = np.array([0.5, 0.6, 0.7, 0.8, 0.9])
_TAILS = np.linspace(0.0, 1.0 / 3.0, 35)
_CAUTION = 10.0

# Errors that a scale is learned from, at least.
FEWEST_ERRORS = 5

# Beside numbers of size 1, what may be rounding in the errors of a series without any.
_ROUNDING = 1e-13

# Where the median of sizes is less than this share of their largest quantile, most are alike.
_MASS = 0.02


@dataclass(frozen=True)
class Yardstick:
    """A measure of errors of each of k series.

    Attributes
    ----------
    scale : (k,) array
        s of (1); 0 where a series has no errors, NaN where too few are known.
    tail : (k,) array
        i of (1).
    """

    scale: np.ndarray
    tail: np.ndarray

    @classmethod
    def of(cls, errors: np.ndarray, units: np.ndarray) -> Yardstick:
        """Learn it from errors (n, k) in their units; NaN where there is none.

        Raises
        ------
        ValueError
            If a series has too few.
        """
        found = _nan_quantiles(np.abs(errors) / units, _SHARES)
        n_known = np.count_nonzero(~np.isnan(errors), axis=0)
        few = np.flatnonzero(n_known < FEWEST_ERRORS)
        if few.size:
            which = "y" if n_known.size == 1 else f"series {few[0]} of y"
            raise ValueError(
                f"{which} has {n_known[few[0]]} values that tell how far a usual one lies from its "
                f"prediction, and {FEWEST_ERRORS} are needed: take a longer series, or a "
                "forecaster that needs fewer values before the first prediction"
            )
        return cls(*_fitted(found, n_known))

    def sizes(self, errors: np.ndarray, units: np.ndarray) -> np.ndarray:
        """Return errors (n, k) in scales; infinite where a series has no errors else."""
        exact = self.scale == 0.0
        with np.errstate(over="ignore"):
            sizes = errors / (units * np.where(exact, 1.0, self.scale))
        return np.where(exact & (errors != 0.0), np.copysign(np.inf, errors) + 0.0 * errors, sizes)

    def scores(self, sizes: np.ndarray) -> np.ndarray:
        """Return the scores (2) of errors in scales, (n, k)."""
        scores = sizes.copy()
        for i in np.flatnonzero(self.tail > 0.0):
            beyond = stdtr(1.0 / self.tail[i], -np.abs(sizes[:, i]))
            scores[:, i] = -ndtri(np.maximum(beyond, np.finfo(float).tiny))
        return np.copysign(scores, sizes)

    def distances(self, level: float, units: np.ndarray) -> np.ndarray:
        """Return how far bounds of a level are from what is expected, (n, k)."""
        return self.scale * units * _quantiles(np.array([level]), self.tail)[:, 0]


def errors_in_units(
    model: FittedModel, values: np.ndarray, remembered: tuple[np.ndarray, ...], largest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of values (n, k), net of regressors, and units of each that are numbers.

    Parameters
    ----------
    model, values, remembered
        See `FittedModel.errors_of`.
    largest : (k,) array
        The size of the largest values of the series, beside which what is rounding is no error.
    """
    errors, units = model.errors_of(values, remembered)
    is_rounding = np.abs(values - remembered[0]) <= _ROUNDING * largest
    return np.where(is_rounding, 0.0, errors), _usable(units)


def largest_of(values: np.ndarray) -> np.ndarray:
    """Return the size of the largest value of each series (n, k)."""
    return np.nanmax(np.abs(values), axis=0, initial=0.0)


def new_scores(
    before: tuple[FittedModel, np.ndarray, tuple[np.ndarray, ...]],
    after: tuple[FittedModel, np.ndarray, tuple[np.ndarray, ...]],
) -> np.ndarray:
    """Return the scores of what was seen after a fit, by the errors of the fit.

    Parameters
    ----------
    before, after : tuple
        The model, the values (n, k) that it had just seen, net of regressors, and what was
        remembered of them.
    """
    largest = largest_of(before[1])
    yardstick = Yardstick.of(*errors_in_units(*before, largest))
    errors, units = errors_in_units(*after, largest)
    return yardstick.scores(judged(*after, yardstick.sizes(errors, units)))


def judged(
    model: FittedModel, values: np.ndarray, remembered: tuple[np.ndarray, ...], sizes: np.ndarray
) -> np.ndarray:
    """Return errors in scales with 0 for what is usual to the model, whatever it expects."""
    is_usual = np.isnan(sizes) & ~np.isnan(values) & np.isfinite(remembered[0])
    with np.errstate(invalid="ignore"):
        is_usual |= model.never_too_small & (sizes < 0.0)
    return np.where(is_usual, 0.0, sizes)


def _usable(units: np.ndarray) -> np.ndarray:
    """Return units (n, k) of errors, where there is none that of the others, 1 where no others."""
    good = np.isfinite(units) & (units > 0.0)
    if good.all():
        return units
    rest = _nan_quantiles(np.where(good, units, np.nan), np.array([0.5]))[0]
    return np.where(good, units, np.where(good.any(axis=0), rest, 1.0))


def _fitted(found: np.ndarray, n_known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return scales and tails (1), (k,), of quantiles (5, k) of so many sizes."""
    is_exact = found[-1] == 0.0
    # Of many equal values, as prices that stand still, the lower quantiles say nothing.
    floor = np.where(is_exact, 1.0, found[-1] * _MASS)
    logs = np.log(np.maximum(found, floor))
    apart = logs - _log_table()[:, :, None]  # tails first
    squares = ((apart - apart.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    caution = _CAUTION / np.maximum(n_known, 1) * _TAILS[:, None]
    best = np.argmin(squares + caution, axis=0)
    apart = np.take_along_axis(apart, best[None, None], axis=0)[0]
    scale = np.exp(np.where(found[0] < floor, apart[-1], apart.mean(axis=0)))
    return np.where(is_exact, 0.0, scale), np.where(is_exact, 0.0, _TAILS[best])


def _nan_quantiles(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return quantiles of the numbers in columns (n, k), (n_shares, k), NaN where there is none.

    As NumPy's, which takes the columns one by one where there is NaN.
    """
    ordered = np.sort(values, axis=0)  # NaN last
    last = np.maximum(np.count_nonzero(~np.isnan(values), axis=0) - 1, 0)
    place = shares[:, None] * last
    below = np.floor(place).astype(np.int64)
    low = np.take_along_axis(ordered, below, axis=0)
    high = np.take_along_axis(ordered, np.minimum(below + 1, last), axis=0)
    return low + (place - below) * (high - low)


def _quantiles(shares: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """Return what shares of sizes lie below, (n_tails, n_shares)."""
    upper = 0.5 + 0.5 * shares
    found = np.tile(ndtri(upper), (len(tails), 1))
    wild = tails > 0.0
    found[wild] = stdtrit(1.0 / tails[wild, None], upper)
    return found


@cache
def _log_table() -> np.ndarray:
    """Return the logarithms of t_p(i) for all i and p of (1)."""
    return np.log(_quantiles(_SHARES, _TAILS))
