"""Fitted exponential smoothers of one structure and many series.

Their errors may be shares of the prediction: of that of the series itself, what regressors add to
it included. So how far a forecast may be off depends on the regressors of the steps ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, Scaling
from tsrnn._scan.filtering import filter_series
from tsrnn._scan.linear import error_variances, linear_forms
from tsrnn._scan.unroll import generate, unroll
from tsrnn.forecasting.intervals import normal_quantiles
from tsrnn.smoothing.structure import Structure

# Series whose matrices are in memory at a time.
_BLOCK = 1024

# Futures from which the quantiles of models without a closed form are read, and their seed.
_N_PATHS = 2000
_SEED = 7

# Products of relative errors are as good as normal where a deviation is below so much of the mean.
_AS_NORMAL = 0.1


@dataclass(frozen=True)
class SmootherBatch:
    """Smoothers of N series; what its methods take and give is net of what regressors add.

    Regressors of the next steps, where they matter besides, are made known by `with_regressors`.

    Attributes
    ----------
    structure : Structure
    theta : (K, N) array
    scaling : Scaling
    state : (S, N) array
        In scaled units.
    sigma : (N,) array
        Standard deviation of the innovations: in scaled units, or a share of the prediction.
    uncertain : (M,) int array
        The series whose state is not known exactly, since values are missing.
    covariances : (M, S, S) array
        Of their states, in scaled units.
    columns : ColumnScaling
    coefficients : (N, C) array
        Of the regressors, in the units of the series and of theirs.
    origins : tuple of str
        How each parameter and then the initial state came about: learned, given, held (fixed, for
        the series is too short to learn it from), heuristic, or level, the first value.
    ahead : (H, N) array or None
        What regressors add in the next steps, in scaled units; nothing beyond them.
    """

    structure: Structure
    theta: np.ndarray
    scaling: Scaling
    state: np.ndarray
    sigma: np.ndarray
    uncertain: np.ndarray
    covariances: np.ndarray
    columns: ColumnScaling
    coefficients: np.ndarray
    origins: tuple[str, ...]
    ahead: np.ndarray | None = None

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return self.sigma.size

    def take(self, series: np.ndarray) -> SmootherBatch:
        """Return the smoothers of the series at these positions."""
        place = np.full(self.n_series, -1)
        place[self.uncertain] = np.arange(self.uncertain.size)
        kept = np.flatnonzero(place[series] >= 0)
        return replace(
            self,
            theta=np.ascontiguousarray(self.theta[:, series]),
            scaling=self.scaling.take(series),
            state=np.ascontiguousarray(self.state[:, series]),
            sigma=self.sigma[series],
            uncertain=kept,
            covariances=self.covariances[place[series][kept]],
            columns=self.columns.take(series),
            coefficients=self.coefficients[series],
            ahead=None if self.ahead is None else self.ahead[:, series],
        )

    def with_regressors(self, batch: Batch) -> SmootherBatch:
        """Return the smoothers that know the regressors of the next steps.

        Those that are NaN count as being at their mean.
        """
        if not (self.structure.is_relative and batch.regressors.shape[1]):
            return self
        series_of_row = batch.series_of_row
        ahead = np.zeros((int(batch.lengths.max(initial=0)), self.n_series))
        effect = self.scaling.take(series_of_row).scale_difference(self.effect(batch))
        ahead[batch.steps, series_of_row] = np.nan_to_num(effect, nan=0.0)
        return replace(self, ahead=ahead)

    def effect(self, batch: Batch) -> np.ndarray:
        """Return what the regressors of a batch add to its series, less a constant, (R,)."""
        if batch.regressors.shape[1] == 0:
            return np.zeros(len(batch.regressors))
        series_of_row = batch.series_of_row
        from_offset = batch.regressors - self.columns.offset[series_of_row]
        return (from_offset * self.coefficients[series_of_row]).sum(axis=1)

    def unscaled_state(self, state: np.ndarray) -> np.ndarray:
        """Return scaled states (S, N) in the units of the series net of all that regressors add.

        Of a multiplicative season that is what they add beyond their means: a level that it is
        multiplied with cannot be moved afterwards.
        """
        unscaled = self.scaling.unscale_state(state, self.structure.is_share)
        if self.structure.is_linear:
            unscaled[0] -= (self.columns.offset * self.coefficients).sum(axis=1)
        return unscaled[self.structure.kept]

    def advance(self, batch: Batch) -> tuple[SmootherBatch, np.ndarray, np.ndarray]:
        """See further values: the smoothers then, one-step predictions (R,), their deviations."""
        series_of_row, scaling = batch.series_of_row, self.scaling
        each = scaling.take(series_of_row)
        z = each.scale(batch.values)
        state, predictions = filter_series(
            self.structure.cell, replace(batch, values=z), self.theta, self.state
        )
        effect = self._effect_at(batch)
        deviations, uncertain, covariances = self.deviations_along(
            np.isnan(z), predictions + effect, batch.offsets
        )
        later = replace(self, state=state, uncertain=uncertain, covariances=covariances, ahead=None)
        return later, each.unscale(predictions), each.unscale_difference(deviations)

    def deviations_along(
        self, is_missing: np.ndarray, predictions: np.ndarray, offsets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return scaled deviations of predictions (R,), and which states are uncertain then.

        Predictions are those of the series itself, in scaled units from where its scaling is
        zero: what relative errors are shares of.
        """
        rows = Batch(predictions, offsets, np.empty((predictions.size, 0)))
        series_of_row = rows.series_of_row
        deviations = self.sigma[series_of_row]
        if self.structure.is_relative:
            deviations = deviations * np.abs(predictions)
        has_missing = rows.sums(is_missing) > 0
        has_missing[self.uncertain] = True
        uncertain = np.flatnonzero(has_missing)
        size = self.state.shape[0]
        if not uncertain.size or not self.structure.is_linear:
            return deviations, np.empty(0, dtype=np.int64), np.empty((0, size, size))
        covariances = np.zeros((uncertain.size, size, size))
        covariances[np.searchsorted(uncertain, self.uncertain)] = self.covariances
        subset = rows.take(uncertain)
        where = np.flatnonzero(has_missing[series_of_row])
        variances = error_variances(
            linear_forms(self.structure.cell, np.ascontiguousarray(self.theta[:, uncertain])),
            is_missing[where],
            subset.values,
            subset.offsets,
            self.sigma[uncertain] ** 2,
            covariances,
            is_relative=self.structure.is_relative,
        )
        deviations[where] = np.sqrt(variances)
        return deviations, uncertain, covariances

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict, (horizon, N)."""
        return self.scaling.unscale(self._scaled_forecast(horizon))

    def deviation(self, horizon: int) -> np.ndarray:
        """Return standard deviations of the forecast errors, (horizon, N)."""
        if self.structure.is_linear:
            return self.scaling.unscale_difference(self._scaled_deviation(horizon))
        parts = [np.nanstd(one, axis=1) for one in self._simulated(horizon)]
        return self.scaling.unscale_difference(np.stack(parts, axis=1))

    def quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        if not self.structure.is_linear:
            return self._simulated_quantiles(horizon, quantiles)
        values = normal_quantiles(self.forecast(horizon), self.deviation(horizon), quantiles)
        if self.structure.is_relative:
            means = np.abs(self._scaled_forecast(horizon) + self._effect_ahead(horizon))
            is_skewed = self._scaled_deviation(horizon) > _AS_NORMAL * means
            series = np.flatnonzero(is_skewed.any(axis=0))
            if series.size:
                simulated = self.take(series)._simulated_quantiles(horizon, quantiles)
                normal = values[:, :, series]
                values[:, :, series] = np.where(is_skewed[:, None, series], simulated, normal)
        return values

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures with normal innovations, (horizon, n_paths, N)."""
        paths = np.empty((horizon, n_paths, self.n_series))
        size = self.state.shape[0]
        places = dict(zip(self.uncertain.tolist(), self.covariances, strict=True))
        effect = self._effect_ahead(horizon)
        for i in range(self.n_series):
            draws = random_state.standard_normal((size + horizon, n_paths))
            paths[:, :, i] = self._future(i, draws, effect[:, i], places.get(i))
        return self.scaling.unscale(paths)

    def _future(
        self, i: int, draws: np.ndarray, effect: np.ndarray, covariance: np.ndarray | None
    ) -> np.ndarray:
        """Make scaled futures of series i, (horizon, n_paths), of normal draws.

        The first S of these, (S + horizon, n_paths), are for a state that is not known exactly.
        """
        size, n_paths = self.state.shape[0], draws.shape[1]
        start = np.repeat(self.state[:, [i]], n_paths, axis=1)
        if covariance is not None:
            values, vectors = np.linalg.eigh(covariance)
            start += vectors * np.sqrt(np.maximum(values, 0.0)) @ draws[:size]
        return generate(
            self.structure.cell,
            np.repeat(self.theta[:, [i]], n_paths, axis=1),
            start,
            np.ascontiguousarray(self.sigma[i] * draws[size:, None, :]),
            is_relative=self.structure.is_relative,
            effect=np.ascontiguousarray(effect),
        )[:, 0, :]

    def _simulated_quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of simulated futures, (horizon, n_quantiles, N)."""
        parts = [np.nanquantile(one, quantiles, axis=1).T for one in self._simulated(horizon)]
        return self.scaling.unscale(np.stack(parts, axis=2))

    def _simulated(self, horizon: int) -> Iterator[np.ndarray]:
        """Yield scaled futures of each series, (horizon, n_paths), the same at every call.

        A future is NaN once it has left the model's domain, where a season or a level comes to
        zero.
        """
        draws = _even_draws(self.state.shape[0] + horizon)
        places = dict(zip(self.uncertain.tolist(), self.covariances, strict=True))
        effect = self._effect_ahead(horizon)
        for i in range(self.n_series):
            with np.errstate(all="ignore"):
                paths = self._future(i, draws, effect[:, i], places.get(i))
            is_inside = np.logical_and.accumulate(np.isfinite(paths), axis=0)
            yield paths if is_inside.all() else np.where(is_inside, paths, np.nan)

    def known_effect(self, batch: Batch) -> np.ndarray:
        """Return what regressors are known to add to rows that follow, (R,), from their mean."""
        return self.scaling.take(batch.series_of_row).unscale_difference(self._effect_at(batch))

    def _effect_at(self, batch: Batch) -> np.ndarray:
        if self.ahead is None:
            return np.zeros(batch.values.size)
        return self._effect_ahead(int(batch.lengths.max(initial=0)))[
            batch.steps, batch.series_of_row
        ]

    def _effect_ahead(self, horizon: int) -> np.ndarray:
        """Return what regressors are known to add in the next steps, (horizon, N)."""
        effect = np.zeros((horizon, self.n_series))
        if self.ahead is not None:
            effect[: len(self.ahead)] = self.ahead[:horizon]
        return effect

    def _scaled_forecast(self, horizon: int) -> np.ndarray:
        nothing = np.full((horizon, 1, self.n_series), np.nan)
        return unroll(self.structure.cell, self.theta, nothing, self.state)[1][:, 0]

    def _scaled_deviation(self, horizon: int) -> np.ndarray:
        """Return deviations in closed form, (horizon, N)."""
        means = self._scaled_forecast(horizon) + self._effect_ahead(horizon)
        size = self.state.shape[0]
        deviations = np.empty((horizon, self.n_series))
        known = dict(zip(self.uncertain.tolist(), self.covariances, strict=True))
        for start in range(0, self.n_series, _BLOCK):
            stop = min(start + _BLOCK, self.n_series)
            covariances = np.zeros((stop - start, size, size))
            for i in range(start, stop):
                if i in known:
                    covariances[i - start] = known[i]
            variances = error_variances(
                linear_forms(self.structure.cell, np.ascontiguousarray(self.theta[:, start:stop])),
                np.ones(horizon * (stop - start), dtype=bool),
                np.ascontiguousarray(means[:, start:stop].T).ravel(),
                np.arange(stop - start + 1, dtype=np.int64) * horizon,
                self.sigma[start:stop] ** 2,
                covariances,
                is_relative=self.structure.is_relative,
            )
            deviations[:, start:stop] = np.sqrt(variances).reshape(-1, horizon).T
        return deviations


def lost(
    before: SmootherBatch, later: SmootherBatch, rows: Batch, predictions: np.ndarray
) -> dict[int, str]:
    """Return for which series new values have left a state that nothing can be predicted from.

    Of a multiplicative smoother it is predictions that must be positive, and not values: those of
    the series itself where errors are shares of them, and those net of regressors where a season
    is one. The predictions of the new rows, (R,), are looked at as well, so that it makes no
    difference in how many pieces values come; the next one is at the regressors' mean.
    """
    reasons = {
        i: "the values are too large beside those that the forecaster was fitted to: the state "
        "would not be finite"
        for i in np.flatnonzero(~np.isfinite(later.state).all(axis=0)).tolist()
    }
    if not later.structure.is_positive:
        return reasons
    effect = before.known_effect(rows)
    is_low = rows.values + effect <= 0.0
    if is_low.any():
        wrong = predictions + effect <= 0.0
        if not later.structure.is_linear:
            wrong |= predictions <= 0.0
        # From the first value on that is not positive.
        n_low = np.r_[0, np.cumsum(is_low)]
        after_low = n_low[:-1] > n_low[rows.offsets[:-1]][rows.series_of_row]
        has_low = rows.sums(is_low) > 0
        is_lost = rows.sums(after_low & wrong) > 0
        is_lost |= has_low & ~(later.forecast(1)[0] > 0.0)
        for i in np.flatnonzero(is_lost).tolist():
            reasons[i] = (
                "after values that are not positive a prediction would not be either, which "
                f"has no meaning with {later.structure.positive_part}: fit anew, with additive "
                "parts, or add a constant"
            )
    return reasons


def _even_draws(n_rows: int) -> np.ndarray:
    """Return normal draws, (n_rows, n_paths), each row the even quantiles in an order of its own.

    So there is no chance in how large errors are, but only in which meet. The first rows are the
    same whatever follows.
    """
    even = ndtri((np.arange(_N_PATHS) + 0.5) / _N_PATHS)
    random = np.random.RandomState(_SEED)
    return np.array([random.permutation(even) for _ in range(n_rows)])
