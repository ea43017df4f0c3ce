"""Errors that a combination would have made in the past, and the quantiles that they make.

Members' own deviations do not average to those of their combination, and those of short series are
too small. But where they miss, members differ. So errors h steps ahead of n values are told in
units of

    u_h = (s_h + b_h) (1 + h / n)                                                       (1)

with s_h the mean of the members' standard deviations, and b_h the standard deviation of their
forecasts about the combined one. The ends of the series are held back, h steps or as many as the
number of past forecasts asks for, but a third of a series at most; the members are fitted to the
beginnings, and forecast the ends, from one origin after another where the series are few. The sizes
of these errors in units of (1) are pooled over the series, step by step.

Errors k steps ahead from neighbouring origins share most of what happened: they count 1 / k each.
Beside them count, as so many more, the errors that are typical of the yearly, quarterly and monthly
series of the M3 and M4 competitions: a single series has few errors of its own, and what is missing
is taken from there. Of held-back values, 95 percent lie within 2.0 units (1) of yearly series, 1.9
of quarterly, 1.6 of monthly ones. `python benchmarks/ensemble_choice.py --errors` finds them in the
training parts.

Of n own sizes with the weight w together, and typical ones with the distribution T and the weight
v, the error that is not exceeded in size with probability p is the e at which

    w (#(own sizes <= e) + T(e)) / (n + 1) + v T(e) = p (w + v)                         (2)

and between sizes it is interpolated. So far as there are own errors alone that is the order
statistic of `tsrnn.forecasting.conformal`: the error to come is beyond all of them with probability
1 / (n + 1), and how far beyond is what is typical. Quantile q is the forecast and the error of
p = |2 q - 1|, upwards or downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import offsets_of, rows_between
from tsrnn.forecasting.fitted_model import PanelModel

# Past forecasts that are made at least, of all series together, if these are long enough.
_ENOUGH = 100

# What is held back is one of so many parts of a series at most.
_SHARE = 3

# How many errors of the series the typical ones count as.
_WEIGHT = 30.0

# Typical errors: the sizes in units of (1) that these shares of them do not exceed.
SHARES = np.array([0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.996, 0.999])
SIZES = np.array([0.0, 0.17, 0.36, 0.48, 0.61, 0.78, 1.02, 1.43, 1.87, 2.6, 3.2, 4.4, 7.5])


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

    forecaster: object
    values: np.ndarray
    offsets: np.ndarray
    regressors: np.ndarray
    _found: dict[int, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def of(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return errors in units of (1), (n_origins, n_steps, N); NaN where there is none.

        There are as many steps as the horizon has, or as the series can tell of.
        """
        horizon = min(horizon, max(int(np.diff(self.offsets).max()) // _SHARE, 1))
        if horizon > max(self._found, default=0):
            self._found.clear()
            self._found[horizon] = self._compute(horizon, n_jobs)
        return self._found[max(self._found)][:, :horizon]

    def _compute(self, horizon: int, n_jobs: int | None) -> np.ndarray:
        lengths = np.diff(self.offsets)
        n_origins = -(-_ENOUGH // len(lengths))
        held = np.minimum(horizon + n_origins - 1, lengths // _SHARE)
        n_origins = int(min(n_origins, held.max(initial=0)))
        errors = np.full((n_origins, horizon, len(lengths)), np.nan)
        series = self._long_enough(lengths - held, held)
        if not series.size:
            return errors
        starts, before = self.offsets[:-1][series], (lengths - held)[series]
        model, rows = self._fit(starts, before, n_jobs), starts + before
        stops, informed = self.offsets[1:][series], self.regressors.shape[1] > 0
        for origin in range(n_origins):
            n_ahead = np.clip(stops - rows, 0, horizon)
            ahead, own = rows_between(rows, n_ahead), offsets_of(n_ahead)
            if informed:
                model = model.with_regressors(self.regressors[ahead], own)
            errors[origin][:, series] = self._missed(model, ahead, n_ahead, horizon, n_jobs)
            n_next = np.minimum(n_ahead, 1)
            model = model.advance(self.values[rows_between(rows, n_next)], offsets_of(n_next))[0]
            rows = rows + n_next
        return errors

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

    def _missed(
        self,
        model: PanelModel,
        rows: np.ndarray,
        n_ahead: np.ndarray,
        horizon: int,
        n_jobs: int | None,
    ) -> np.ndarray:
        """Return errors in units of (1), (horizon, N)."""
        actual = np.full((len(n_ahead), horizon), np.nan)
        actual[np.arange(horizon) < n_ahead[:, None]] = self.values[rows]
        unit = model.unit(horizon, n_jobs)
        missed = actual.T - model.forecast(horizon, n_jobs)
        is_known = np.isfinite(unit) & (unit > 0.0)
        return np.divide(missed, unit, out=np.full_like(missed, np.nan), where=is_known)


def quantile_factors(
    errors: np.ndarray, quantiles: np.ndarray, *, exact: bool = True
) -> np.ndarray:
    """Return how many units quantiles are from forecasts, (n_quantiles, horizon), by (2).

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
    """Return the sizes that shares of errors do not exceed, and the largest share told, by (2).

    `own` are sizes of errors in order, of a weight together.
    """
    every = np.sort(np.concatenate([own, SIZES]))
    each = weight / (own.size + 1)
    typical = (_WEIGHT + each) * np.interp(every, SIZES, SHARES)
    reached = (each * np.searchsorted(own, every, side="right") + typical) / (weight + _WEIGHT)
    return np.interp(shares, reached, every), float(reached[-1])
