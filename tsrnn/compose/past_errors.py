"""Errors that a combination would have made in the past, and the quantiles that they make.

Members' own deviations do not average to those of their combination, and those of short series are
too small: forecasts h steps ahead of n values missed held-back values by more, the more h there are
to n. So errors are told in units of

    u_h = s_h (1 + 4 h / n)                                                             (1)

where s_h is the mean of the members' standard deviations h steps ahead. The ends of the series are
held back, h steps or as many as the number of past forecasts asks for, but a third of a series at
most; the members are fitted to the beginnings, and forecast the ends, from one origin after another
where the series are few. In units of (1) these errors are pooled over the series, step by step.

Errors k steps ahead from neighbouring origins share most of what happened: they count 1 / k each.
Beside them count, as so many errors of one more panel, the errors that are typical of the series of
the M3 and M4 competitions (`benchmarks/typical_errors.py` finds them in the training parts): a
single series has few errors of its own, and what is missing is taken from there.

Of n own errors with the weight w together, and typical ones with the distribution F and the weight
v, quantile p is the error e at which

    w (#(own errors <= e) + F(e)) / (n + 1) + v F(e) = p (w + v)                        (2)

for p above 1/2, and the mirror image below; between errors it is interpolated. So far as there are
own errors alone that is the order statistic of `tsrnn.forecasting.conformal`: the error to come is
beyond all of them with probability 1 / (n + 1), and how far beyond is what is typical.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import offsets_of, rows_between
from tsrnn.forecasting.fitted_model import PanelModel

# How many times h / n errors are larger: see (1).
GROWTH = 4.0

# Past forecasts that are made at least, of all series together, if these are long enough.
_ENOUGH = 100

# How many errors of the series the typical ones count as.
_WEIGHT = 30.0

# Typical errors in units of (1): the quantiles of these probabilities, and of 1 less them.
PROBABILITIES = np.array([0.0005, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4])
TYPICAL = np.array([-6.0, -4.6, -3.6, -3.0, -2.3, -1.7, -1.2, -0.9, -0.7, -0.55, -0.4, -0.18])

_EDGES = np.concatenate([TYPICAL, [0.0], -TYPICAL[::-1]])
_LEVELS = np.concatenate([PROBABILITIES, [0.5], 1.0 - PROBABILITIES[::-1]])


@dataclass(frozen=True)
class CombinedErrors:
    """Errors of forecasts from points in the past of series, computed when they are asked for.

    Attributes
    ----------
    forecaster : EnsembleForecaster
        With its season, and weights that are known.
    values, offsets, regressors
        The series that it was fitted to, as `Forecaster.fit_panel` takes them.
    """

    forecaster: object
    values: np.ndarray
    offsets: np.ndarray
    regressors: np.ndarray
    _found: dict[int, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def of(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return errors in units of (1), (n_origins, horizon, N); NaN where there is none."""
        if horizon > max(self._found, default=0):
            self._found.clear()
            self._found[horizon] = self._compute(horizon, n_jobs)
        return self._found[max(self._found)][:, :horizon]

    def _compute(self, horizon: int, n_jobs: int | None) -> np.ndarray:
        lengths = np.diff(self.offsets)
        n_origins = -(-_ENOUGH // len(lengths))
        held = np.minimum(horizon + n_origins - 1, lengths // 3)
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
    errors : (n_origins, horizon, N) array
        NaN where there is none.
    quantiles : (n_quantiles,) or (n_quantiles, horizon) array
        For all steps, or for each.
    exact : bool
        Whether there is a warning of quantiles that are farther out than the errors tell.
    """
    horizon = errors.shape[1]
    quantiles = np.broadcast_to(quantiles.reshape(len(quantiles), -1), (len(quantiles), horizon))
    found = np.empty(quantiles.shape)
    last, beyond = 0, 0.0
    for step in range(horizon):
        if not np.isnan(errors[:, step]).all():
            last = step  # beyond it, what is known of it goes on
        own = errors[:, last][~np.isnan(errors[:, last])]
        weight = own.size / (last + 1) if len(errors) > 1 else float(own.size)
        found[:, step], edge = _mixed(np.sort(own), weight, quantiles[:, step])
        beyond = max(beyond, edge - min(quantiles[:, step].min(), 1.0 - quantiles[:, step].max()))
    if exact and beyond > 0.0:
        warn_user(
            "past errors do not tell quantiles this far out: the extremes of what they tell are "
            f"given, which lie {beyond:.2g} in probability nearer"
        )
    return found


def _mixed(own: np.ndarray, weight: float, quantiles: np.ndarray) -> tuple[np.ndarray, float]:
    """Return quantiles of own errors, in order, and of typical ones, by (2); and the lowest."""
    every = np.sort(np.concatenate([own, _EDGES]))
    total, step = weight + _WEIGHT, weight / (own.size + 1)
    typical = (_WEIGHT + step) * np.interp(every, _EDGES, _LEVELS)
    above = (step * np.searchsorted(own, every, side="right") + typical) / total
    below = (step * np.searchsorted(own, every, side="left") + typical) / total
    found = np.where(
        quantiles < 0.5, np.interp(quantiles, below, every), np.interp(quantiles, above, every)
    )
    return found, max(below[0], 1.0 - above[-1])
