"""Errors that forecasts would have made in the past, and intervals from them.

A network has no distribution of its errors in closed form, and those on what it was trained on are
too small. So another one is trained on the beginnings of the series, and forecasts their ends. Its
errors, in spreads of the windows before them, have the root mean square r_j at j steps ahead; in
units of that they are pooled over series, and order statistics of them are quantiles of the next
one (see `tsrnn.forecasting.conformal`). Where there are few j steps ahead, those fewer steps ahead
are taken as well. So what is said of a step does not depend on how many others are asked for: for
the same reason how many values are held back does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import Batch, offsets_of, rows_between
from tsrnn.windows.ahead import forecast_from, predict_along
from tsrnn.windows.lagged import LagNetwork, LagSpec
from tsrnn.windows.lags import Units, windows_before
from tsrnn.windows.network import WindowNetwork, WindowSpec

# Of the values that follow a window, the share that is held back at the end of each series; where
# that is less than these steps and so many past forecasts of all series together, or more than this
# number, it is those. It is never more than half.
_SHARE, _STEPS, _ENOUGH, _MOST_HELD_BACK = 0.25, 24, 100, 1000

# Errors whose order statistics are taken, if there are so many at this step and those before it.
_POOLED = 1000

# Points in the past that are forecast from, at most.
_MOST_ORIGINS = 20_000

# (19 + 1) 0.95 is 19 to the last bit but other products are not: ranks are integers up to this.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class PastErrors:
    """Errors of forecasts from points in the past of series, computed when they are asked for.

    Attributes
    ----------
    spec : WindowSpec or LagSpec
    batch : Batch
        What was trained on, in scaled units.
    units : Units
    """

    spec: WindowSpec | LagSpec
    batch: Batch
    units: Units
    _found: dict[int, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def of(self, horizon: int) -> np.ndarray:
        """Return errors in spreads, (n, horizon); NaN where there is no value.

        Raises
        ------
        ValueError
            If there are none.
        """
        if horizon > max(self._found, default=0):
            self._found[horizon] = self._compute(horizon)
        return self._found[max(self._found)][:, :horizon]

    def _compute(self, horizon: int) -> np.ndarray:
        T, batch = self.spec.window, self.batch
        held_out = self._held_out()
        stops = batch.offsets[1:]
        if not held_out.any():
            raise ValueError(self._too_few())
        network = self._network
        along = predict_along(network, batch, self.units)
        origins = rows_between(stops - held_out, held_out)
        chosen = np.linspace(0, len(origins) - 1, min(len(origins), _MOST_ORIGINS))
        origins = origins[chosen.astype(np.int64)]
        series_of_row, steps = batch.series_of_row[origins], origins[:, None] + np.arange(horizon)
        is_within = steps < stops[series_of_row][:, None]
        steps = np.minimum(steps, stops[series_of_row][:, None] - 1)
        forecasts = forecast_from(
            network,
            windows_before(along.values, origins, T),
            windows_before(batch.regressors, origins, T),
            batch.regressors[steps],
            self.units.take(series_of_row),
            horizon,
        )
        spread = along.spreads[origins]
        missed = np.where(is_within, batch.values[steps], np.nan) - forecasts
        errors = missed[spread > 0.0] / spread[spread > 0.0, None]
        if not errors.size:  # all are constant, and followed exactly
            errors = np.zeros((int(held_out.sum()), horizon))
        return errors

    @cached_property
    def _network(self) -> WindowNetwork | LagNetwork:
        """The one trained on the beginnings, for all horizons."""
        batch, lengths = self.batch, self.batch.lengths - self._held_out()
        rows = rows_between(batch.offsets[:-1], lengths)
        beginnings = Batch(batch.values[rows], offsets_of(lengths), batch.regressors[rows])
        try:
            return self.spec.train(beginnings, self.units)
        except ValueError as error:
            raise ValueError(self._too_few()) from error

    def _held_out(self) -> np.ndarray:
        """Return how many values at the end of each series are forecast, (N,)."""
        n_windows = self.batch.lengths - self.spec.window - self.spec.n_ahead + 1
        least = _STEPS - 1 + -(-_ENOUGH // self.batch.n_series)
        wanted = np.clip((_SHARE * n_windows).astype(np.int64), least, _MOST_HELD_BACK)
        return np.clip(n_windows // 2, 0, wanted)

    def _too_few(self) -> str:
        return (
            f"the series are too short to learn intervals from: half of their windows of "
            f"{self.spec.window} values are held back for it, and the others trained on; take a "
            "smaller window, longer series or more of them"
        )


def factors(errors: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return how many spreads quantiles are from forecasts, (n_quantiles, horizon).

    Parameters
    ----------
    errors : (n, horizon) array
        NaN where there is none.
    quantiles : (n_quantiles,) array
    """
    sizes = _sizes(errors)
    units = np.divide(errors, sizes, out=np.zeros_like(errors), where=sizes > 0.0)
    found = np.empty((len(quantiles), errors.shape[1]))
    fewest = np.inf
    for step in range(errors.shape[1]):
        pooled, n = [], 0
        for column in units.T[step::-1]:
            known = column[~np.isnan(column)]
            pooled.append(known)
            n += known.size
            if n >= _POOLED:
                break
        ordered = np.sort(np.concatenate(pooled))
        places = (n + 1) * quantiles
        rank = np.where(
            quantiles < 0.5, np.floor(places + _ROUNDING), np.ceil(places - _ROUNDING)
        ).astype(np.int64)
        if rank.min() < 1 or rank.max() > n:
            fewest = min(fewest, n)
        found[:, step] = ordered[np.clip(rank, 1, n) - 1]
    if fewest < np.inf:
        warn_user(
            f"{fewest} past forecasts are too few for quantiles this far out: the extremes of "
            f"their errors are given, as for quantiles {1 / (fewest + 1):.2g} and "
            f"{fewest / (fewest + 1):.2g}"
        )
    return found * sizes


def _sizes(errors: np.ndarray) -> np.ndarray:
    """Return the root mean squares of the columns; where there is no error, by a random walk."""
    count = np.count_nonzero(~np.isnan(errors), axis=0)
    known = np.flatnonzero(count > 0)
    sizes = np.sqrt(np.nansum(errors**2, axis=0) / np.maximum(count, 1))
    steps = np.arange(1, errors.shape[1] + 1)
    last = known[-1]
    return np.where(steps > last + 1, sizes[last] * np.sqrt(steps / (last + 1)), sizes)
