"""Errors that a combination would have made in the past, and the quantiles that they make.

Members' own deviations do not average to those of their combination, and those of short series are
too small. But where they miss, members differ. So errors h steps ahead of n values are told in
units of

    u_h = (s_h + b_h / 2) (1 + (4 + min(h, 8)) / n)                                     (1)

with s_h the geometric mean of the members' standard deviations, and b_h the standard deviation of
their forecasts about the combined one. On held-back ends of training parts of the M3 and M4
competitions quantiles cost less by it than by the median, the mean or any member's own: by a
weighted quantile loss that is smaller by 0.4 to 2% in each of eight data sets. What members do not
know of a short series makes units wider, but not farther and farther out. The ends
of the series are held back, as long as their lengths say and whatever is asked, but a third of a
series at most; the members are fitted to the beginnings, and forecast the ends, from one origin
after another where the series are few. The sizes of these errors in units of (1) are pooled over
the series, step by step.

Members that fit a series exactly have no deviations, and miss what is held back nevertheless. So
with e the mean size of what was missed of a series, or where nothing could be held back a quarter
of its range,

    if u_1 < e / 100, max(u_h, e) takes the place of u_h.                                 (2)

Errors k steps ahead from neighbouring origins share most of what happened: they count 1 / k each.
Beside them count, as so many more, the errors that are typical of the yearly, quarterly and monthly
series of the M3 and M4 competitions: a single series has few errors of its own, and what is missing
is taken from there. Of held-back values, 95 percent lie within 2.2 and 2.3 units (1) of yearly
series, 2.0 of quarterly and 1.9 of monthly ones: `python benchmarks/ensemble_choice.py --errors`
finds the sizes in the training parts. Where halves of these were forecast from what was before, up
to 60 steps ahead, units grew about as errors did, or less. Series that return to a mean, or keep to
a line, are not told from those by some dozens of values: so far ahead their intervals are several
times too wide. With units that are 1.5 times the changes over as many steps in the past at most,
they were narrower by a third, and held 71 to 93% of what they should hold 95 of in the
competitions' series, where without they held 83 to 95%.

Of n own sizes with the weight w together, and typical ones with the distribution T and the weight
v, the error that is not exceeded in size with probability p is the e at which

    w (#(own sizes <= e) + T(e)) / (n + 1) + v T(e) = p (w + v)                         (3)

and between sizes it is interpolated. So far as there are own errors alone that is the order
statistic of `tsrnn.forecasting.conformal`: the error to come is beyond all of them with probability
1 / (n + 1), and how far beyond is what is typical. Quantile q is the forecast and the error of
p = |2 q - 1|, upwards or downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import offsets_of, rows_between
from tsrnn.compose.combining import Span
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster

# Past forecasts that are made at least, of all series together, if these are long enough.
_ENOUGH = 100

# What is held back is one of so many parts of a series at most.
_SHARE = 3

# Errors of so many steps ahead are looked at: those beyond are as many units as the last ones.
_STEPS = 24

# Values of a series that members' deviations do not count as spent, and steps that these grow for.
_UNKNOWN, _GROWS = 4.0, 8

# Which part of the mean size of what was missed says that a unit is none: larger ones tell of how
# far too small units of short series are, and stay.
_TOO_SMALL = 0.01

# How many errors of the series the typical ones count as.
_WEIGHT = 30.0

# Typical errors: the sizes in units of (1) that these shares of them do not exceed.
SHARES = np.array([0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.996, 0.999])
SIZES = np.array([0.0, 0.19, 0.4, 0.52, 0.67, 0.86, 1.12, 1.57, 2.06, 2.84, 3.58, 4.9, 8.24])


@dataclass(frozen=True)
class CombinedErrors:
    """Errors of forecasts from points in the past of series, computed when they are asked for.

    Attributes
    ----------
    forecaster : EnsembleForecaster
        With its season. Weights of a backtest are those of the beginnings that it is fitted to.
    values, offsets, regressors
        The series that it was fitted to, as `Forecaster.fit_panel` takes them.
    """

    forecaster: Forecaster
    values: np.ndarray
    offsets: np.ndarray
    regressors: np.ndarray
    _found: dict[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def of(self, n_jobs: int | None = None) -> np.ndarray:
        """Return errors in units of (1), (n_origins, n_steps, N); NaN where there is none.

        They are the same whatever is asked: so is then what is said of a step.
        """
        return self._all(n_jobs)["errors"]

    def floored(self, unit: np.ndarray, n_jobs: int | None = None) -> np.ndarray:
        """Return units (horizon, N) that are not far too small for what was missed by (2)."""
        return _floored(unit, self._all(n_jobs)["sizes"])

    def measured(
        self, model: PanelModel, series: np.ndarray, before: np.ndarray, size: np.ndarray
    ) -> CombinedErrors:
        """Return errors of a model of the beginnings of some series, which need no further fit.

        Parameters
        ----------
        model : EnsembleModel
            Fitted to the first `before` (n,) values of the series at these positions.
        size : (n,) int array
            How many values after those are looked at.
        """
        horizon = min(_STEPS, int(size.max()))
        n_origins = min(-(-_ENOUGH // (len(self.offsets) - 1)), int(size.max()))
        held = _Held(series, before, before + size)
        measured = replace(self, _found={})
        measured._keep(*self._along(model, held, horizon, n_origins, None))
        return measured

    def alone(self, i: int) -> CombinedErrors:
        """Return what is known of all series, for the one at a position."""
        found = self._all(None)
        return replace(self, _found=found | {"sizes": found["sizes"][[i]]})

    def _all(self, n_jobs: int | None) -> dict[str, np.ndarray]:
        if not self._found:
            self._keep(*self._compute(n_jobs))
        return self._found

    def _keep(self, missed: np.ndarray, units: np.ndarray) -> None:
        """Keep what was missed, in units by (2)."""
        sizes = self._sizes(missed)
        with np.errstate(over="ignore"):
            units = np.array([_floored(unit, sizes) for unit in units]).reshape(units.shape)
        is_known = np.isfinite(units) & (units > 0.0)
        nothing = np.full_like(missed, np.nan)
        self._found["errors"] = np.divide(missed, units, out=nothing, where=is_known)
        self._found["sizes"] = sizes

    def _sizes(self, missed: np.ndarray) -> np.ndarray:
        """Return e of (2) for each series, (N,)."""
        size = np.abs(missed).reshape(-1, missed.shape[-1])
        is_known = ~np.isnan(size)
        count = is_known.sum(axis=0)
        total = np.where(is_known, size / np.maximum(count, 1), 0.0).sum(axis=0)
        span = Span.of(self.values, self.offsets)
        return np.where(count > 0, total, 0.25 * span.high - 0.25 * span.low)

    def _compute(self, n_jobs: int | None) -> tuple[np.ndarray, np.ndarray]:
        """Return what was missed, and the units before (2), (n_origins, n_steps, N)."""
        lengths = np.diff(self.offsets)
        horizon = min(_STEPS, max(int(lengths.max()) // _SHARE, 1))
        n_origins = -(-_ENOUGH // len(lengths))
        held = np.minimum(horizon + n_origins - 1, lengths // _SHARE)
        n_origins = int(min(n_origins, held.max(initial=0)))
        series = self._long_enough(lengths - held, held)
        if not series.size:
            nothing = np.full((n_origins, horizon, len(lengths)), np.nan)
            return nothing, nothing.copy()
        before = (lengths - held)[series]
        model = self._fit(self.offsets[:-1][series], before, n_jobs)
        held = _Held(series, before, lengths[series])
        return self._along(model, held, horizon, n_origins, n_jobs)

    def _along(
        self, model: Any, held: _Held, horizon: int, n_origins: int, n_jobs: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Forecast from one origin after another, as `_compute` does, by a fitted model."""
        errors, units = np.full((2, n_origins, horizon, len(self.offsets) - 1), np.nan)
        series, starts = held.series, self.offsets[:-1][held.series]
        rows, stops = starts + held.before, starts + held.until
        informed = self.regressors.shape[1] > 0
        for origin in range(n_origins):
            n_ahead = np.clip(stops - rows, 0, horizon)
            ahead, own = rows_between(rows, n_ahead), offsets_of(n_ahead)
            if informed:
                model = model.with_regressors(self.regressors[ahead], own)
            actual = np.full((len(n_ahead), horizon), np.nan)
            actual[np.arange(horizon) < n_ahead[:, None]] = self.values[ahead]
            errors[origin][:, series] = actual.T - model.forecast(horizon, n_jobs)
            units[origin][:, series] = model.unit(horizon, n_jobs)
            n_next = np.minimum(n_ahead, 1)
            model = model.advance(self.values[rows_between(rows, n_next)], offsets_of(n_next))[0]
            rows = rows + n_next
        return errors, units

    def _long_enough(self, before: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Return the series of which something is held back, and two values are left."""
        seen = np.cumsum(np.append(0, ~np.isnan(self.values)))
        starts = self.offsets[:-1]
        return np.flatnonzero((held > 0) & (seen[starts + before] - seen[starts] >= 2))

    def _fit(self, starts: np.ndarray, lengths: np.ndarray, n_jobs: int | None) -> PanelModel:
        rows = rows_between(starts, lengths)
        return self.forecaster.fit_panel(
            self.values[rows], offsets_of(lengths), self.regressors[rows], n_jobs
        )


class _Held(NamedTuple):
    """Hold which series something is held back of, after how many values, and until which."""

    series: np.ndarray
    before: np.ndarray
    until: np.ndarray


def _floored(unit: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return units (horizon, N) by (2), with `sizes` e of the series."""
    return np.where(unit[0] < _TOO_SMALL * sizes, np.fmax(unit, sizes), unit)


def growth(horizon: int, count: np.ndarray) -> np.ndarray:
    """Return by how much units of short series are larger, (horizon, N), by (1).

    `count` (N,) says how many values the series have.
    """
    steps = np.arange(1, horizon + 1)[:, None]
    return 1.0 + (_UNKNOWN + np.minimum(steps, _GROWS)) / count


def quantile_factors(
    errors: np.ndarray, quantiles: np.ndarray, *, exact: bool = True
) -> np.ndarray:
    """Return how many units quantiles are from forecasts, (n_quantiles, horizon), by (3).

    Parameters
    ----------
    errors : (n_origins, n_steps, N) array
        NaN where there is none. Beyond the last step with one, what is known of it goes on.
    quantiles : (n_quantiles, horizon) array
    exact : bool
        Whether there is a warning of quantiles that are farther out than the errors tell.
    """
    shares = np.abs(2.0 * quantiles - 1.0)
    found, most = np.empty(shares.shape), 1.0
    told_of = np.flatnonzero((~np.isnan(errors)).any(axis=(0, 2)))
    n_known = int(told_of.max(initial=-1)) + 1
    for step in range(max(n_known, 1)):
        steps = slice(step, step + 1 if step + 1 < n_known else None)
        own = errors[:, step : min(n_known, step + 1)].ravel()
        own = np.sort(np.abs(own[~np.isnan(own)]))
        weight = own.size / (step + 1) if len(errors) > 1 else float(own.size)
        found[:, steps], told = _mixed(own, weight, shares[:, steps])
        most = min(most, told)
        if step + 1 == shares.shape[1]:
            break
    if exact and shares.max() > most:
        warn_user(
            f"past errors tell of intervals up to the level {most:.4g}: for quantiles farther out "
            "the largest of them are given"
        )
    return np.sign(quantiles - 0.5) * found


def _mixed(own: np.ndarray, weight: float, shares: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the sizes that shares of errors do not exceed, and the largest share told, by (3).

    `own` are sizes of errors in order, of a weight together.
    """
    every = np.sort(np.concatenate([own, SIZES]))
    each = weight / (own.size + 1)
    typical = (_WEIGHT + each) * np.interp(every, SIZES, SHARES)
    reached = (each * np.searchsorted(own, every, side="right") + typical) / (weight + _WEIGHT)
    return np.interp(shares, reached, every), float(reached[-1])
