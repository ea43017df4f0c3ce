"""A network on lag windows at the ends of the series that it follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from tsrnn._input.notes import together, warn_user
from tsrnn._input.ragged import Batch, laid_out, offsets_of, rows_between, rows_of
from tsrnn._input.scaling import Scaling
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting.fitted_model import FittedModel, Notes
from tsrnn.forecasting.season import Seasons, find_seasons
from tsrnn.windows.ahead import forecast_from, predict_along
from tsrnn.windows.columns import RegressorScaling, StaticRead, never_told
from tsrnn.windows.course import PLAIN, Course
from tsrnn.windows.doubts import (
    Ranges,
    both,
    fallback_note,
    left_notes,
    naive_notes,
    of_most,
    path_notes,
    units_notes,
    value_notes,
)
from tsrnn.windows.errors import PastErrors, factors
from tsrnn.windows.lagged import LagSpec
from tsrnn.windows.lags import Units, from_first_observed
from tsrnn.windows.network import WindowSpec
from tsrnn.windows.outliers import settled, without_outliers
from tsrnn.windows.rule import Rule
from tsrnn.windows.seen import Seen
from tsrnn.windows.together import MembersNetwork, MembersSpec
from tsrnn.windows.whole import WholeState, follow_whole

# Scaled values beyond this have squares, and sums of them, that are not finite.
_LARGEST = 1e150


@dataclass(frozen=True)
class WindowState:
    """N series at the end of what was seen of them; their values come and go in their own units.

    Attributes
    ----------
    network : WindowNetwork, LagNetwork or MembersNetwork
    scaling : Scaling
    columns : RegressorScaling
    units : Units
        In scaled units, as are the values.
    values : (N, T) array
        The last window, predictions in the place of missing values.
    ceilings : (N,) array
        Of the units of forecasts, where the window ends in predictions; infinite elsewhere.
    pending : (N, H - 1) array
        What was predicted with the last values of a window that ends in predictions; then NaN.
    fences : (N,) array
        How far values may lie outside of what is around them; see `tsrnn.windows.outliers`.
    ranges : Ranges
        Of what was seen, in scaled units.
    known : (N, T, p) array
        Regressors of the steps in it.
    future : (N, n, p) array
        Those of the steps after it, as far as they are known, and then NaN.
    past : PastErrors or None
        Of members None: they predict quantiles themselves.
    static : RegressorScaling or None
        Of what static columns say of series, where that was given.
    """

    network: Any  # a WindowNetwork, LagNetwork or MembersNetwork
    scaling: Scaling
    columns: RegressorScaling
    units: Units
    values: np.ndarray
    ceilings: np.ndarray
    pending: np.ndarray
    fences: np.ndarray
    ranges: Ranges
    known: np.ndarray
    future: np.ndarray
    past: PastErrors | None
    static: RegressorScaling | None = None

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return len(self.values)

    @property
    def n_regressors(self) -> int:
        """The number of regressors that the network reads (p)."""
        return self.known.shape[2]

    def take(self, series: np.ndarray) -> WindowState:
        """Return the states of the series at these positions."""
        return replace(
            self,
            scaling=self.scaling.take(series),
            units=self.units.take(series),
            values=self.values[series],
            ceilings=self.ceilings[series],
            pending=self.pending[series],
            fences=self.fences[series],
            ranges=self.ranges.take(series),
            known=self.known[series],
            future=self.future[series],
        )

    def informed(self, regressors: np.ndarray, offsets: np.ndarray) -> WindowState:
        """Return the states that know regressors (R, p) of the next steps of each series.

        Raises
        ------
        ValueError
            If one of them is left out.
        """
        lengths, needed = np.diff(offsets), self._columns_ahead
        unknown = np.flatnonzero(np.isnan(regressors[:, needed]).any(axis=1))
        if unknown.size:
            i = int(np.searchsorted(offsets, unknown[0], side="right")) - 1
            raise ValueError(
                f"X has no row for step {unknown[0] - offsets[i] + 1} after the end of the series, "
                "but asks for a later one: the network reads the regressors of every step from the "
                "end on, so give them all"
            )
        future = np.full((self.n_series, lengths.max(initial=0), regressors.shape[1]), np.nan)
        series = np.repeat(np.arange(self.n_series), lengths)
        step = rows_between(np.zeros(self.n_series, dtype=np.int64), lengths)
        future[series, step] = self.columns.scale(regressors)
        return replace(self, future=future)

    @property
    def _columns_ahead(self) -> list[int]:
        """The regressors that are read of the steps ahead."""
        if isinstance(self.network, MembersNetwork):
            return list(self.network.spec.columns.known)
        return list(range(self.known.shape[2]))

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict the next values, (N, horizon)."""
        return self.scaling.unscale(self._scaled_forecast(horizon).T).T

    def deviation(self, horizon: int) -> np.ndarray:
        """Return how far off 68 percent of errors are at most, (N, horizon), as members say.

        Of a single regressor they are deviations as of a random walk with the errors of training.
        """
        if self.past is None:
            low, high = np.moveaxis(self._quantiles_of_members(horizon, ndtr([-1.0, 1.0])), -1, 0)
            return 0.5 * (high - low)
        sizes = self.network.deviation * np.sqrt(np.arange(1, horizon + 1))
        return self.scaling.unscale_difference(np.outer(sizes, self._spreads())).T

    def quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of the next values, (N, horizon, n_quantiles)."""
        if self.past is None:
            values = self._quantiles_of_members(horizon, quantiles)
            return np.where(self._stays_positive()[:, None, None], values.clip(0.0), values)
        of_step = factors(self.past.of(horizon), quantiles)
        distances = self._spreads()[:, None, None] * of_step.T
        values = self._scaled_forecast(horizon)[:, :, None] + distances
        return self.scaling.unscale(values.T).T

    def _stays_positive(self) -> np.ndarray:
        """Tell of which series members say nothing below 0, (N,)."""
        return self.network.stays_positive(self.values)

    def _quantiles_of_members(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        n_pending = np.count_nonzero(~np.isnan(self.pending), axis=1)
        is_due = np.isfinite(self.ceilings)  # the last values were predicted, and these with them
        first = np.where(is_due, self.network.spec.n_ahead - n_pending, 0)
        forecasts = self._network_forecasts(horizon, first)
        points = self._scaled_forecast(horizon)
        values = self.network.quantiles_from(forecasts, first, points, quantiles)
        return self.scaling.unscale(values.T).T

    def _network_forecasts(self, horizon: int, first: np.ndarray) -> np.ndarray:
        """Return what members say of the H steps after windows, (3, N, H).

        Of a series whose next step is not the first of those that are forecast together, where
        columns ahead are read: of the H steps from the first.
        """
        spec, units = self.network.spec, self.units
        laid = spec.laid_ahead(self.known, self._future(horizon))
        n_before = np.where(first < spec.n_ahead, first, 0) if spec.reads_ahead else 0 * first
        found = np.empty((3, self.n_series, spec.n_ahead))
        for r in np.unique(n_before).tolist():
            lanes = np.flatnonzero(n_before == r)
            windows = self.values[lanes, : self.values.shape[1] - r]
            regressors = spec.regressors_from(laid[lanes], -r)
            of_lanes = units.take(lanes).after(-r) if r else units.take(lanes)
            found[:, lanes] = self.network.forecast(windows, of_lanes, regressors)
        return found

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures with errors of the training windows, (horizon, n_paths, N).

        It warns of series that most paths leave, where the forecast does not.
        """
        lanes = np.repeat(np.arange(self.n_series), n_paths)
        errors = self._errors_to_draw()

        def draw(n: int) -> np.ndarray:
            return errors[random_state.randint(len(errors), size=n)]

        paths = forecast_from(
            self.network,
            self.values[lanes],
            self.known[lanes],
            self._future(horizon)[lanes],
            self.units.take(lanes),
            horizon,
            self.ceilings[lanes],
            self.pending[lanes],
            draw,
        )
        by_series = paths.reshape(self.n_series, n_paths, horizon)
        if self.past is None:
            is_bounded = self._stays_positive()[:, None, None]
            by_series = np.where(is_bounded, by_series.clip(0.0), by_series)
        told = self.doubts(horizon)
        notes = {i: one for i, one in path_notes(self.ranges, by_series).items() if i not in told}
        for note in together(notes, self.n_series):
            warn_user(note)
        return self.scaling.unscale(by_series.transpose(2, 1, 0))

    def _errors_to_draw(self) -> np.ndarray:
        """Return errors (n, H), in spreads, of which simulated futures are made."""
        if self.past is None or not self.network.spec.draws_past_errors:
            return self.network.errors
        errors = self.past.of(self.network.spec.n_ahead)
        whole = errors[~np.isnan(errors).any(axis=1)]
        return whole if len(whole) else self.network.errors

    def advance(
        self, values: np.ndarray, offsets: np.ndarray
    ) -> tuple[WindowState, np.ndarray, np.ndarray]:
        """See further values (R,): the states then, predictions (R,) and their deviations.

        States are not finite where the values are too large for them.
        """
        T, lengths = self.network.spec.window, np.diff(offsets)
        series_of_row = np.repeat(np.arange(self.n_series), lengths)
        z = self.scaling.take(series_of_row).scale(values)
        z = np.where(np.abs(z) <= _LARGEST, z, np.nan)
        extended = offsets_of(lengths + T)
        old = rows_between(extended[:-1], np.full(self.n_series, T))
        new = rows_between(extended[:-1] + T, lengths)
        rows = np.empty(extended[-1])
        rows[old], rows[new] = self.values.ravel(), z
        p = self.known.shape[2]
        regressors = np.empty((extended[-1], p))
        regressors[old] = self.known.reshape(old.size, p)
        step = rows_between(np.zeros(self.n_series, dtype=np.int64), lengths)
        regressors[new] = self._future(lengths.max(initial=0))[series_of_row, step]
        batch = Batch(rows, extended, regressors)
        bounded = without_outliers(batch, self.fences, n_known=T)[new]
        if not self.network.spec.is_raw:
            batch = replace(batch, values=settled(batch, self.fences, n_known=T))
        along = predict_along(
            self.network,
            batch,
            self.units,
            self.ceilings,
            self.pending,
        )
        last = extended[1:, None] + np.arange(-T, 0)
        ends = along.values[last]
        is_lost = np.isnan(z) & ~np.isnan(values)
        ends[np.unique(series_of_row[is_lost])] = np.nan
        later = replace(
            self,
            units=self.units.after(lengths),
            values=ends,
            ceilings=along.ceilings,
            pending=along.pending,
            ranges=self.ranges.widened(bounded, series_of_row),
            known=regressors[last],
            future=np.empty((self.n_series, 0, p)),
        )
        each = self.scaling.take(series_of_row)
        deviations = self.network.deviation * along.spreads[new]
        return (
            later,
            each.unscale(along.predictions[new]),
            each.unscale_difference(deviations),
        )

    def doubts(self, horizon: int) -> dict[int, UnreliableForecastWarning]:
        """Say of which series the forecast of the next values leaves them behind, by position."""
        return left_notes(self.ranges, self._scaled_forecast(horizon))

    @cached_property
    def _forecasts(self) -> dict[int, np.ndarray]:
        """Forecasts by their horizons, for a request looks at one more than once."""
        return {}

    def _scaled_forecast(self, horizon: int) -> np.ndarray:
        if horizon not in self._forecasts:
            self._forecasts[horizon] = forecast_from(
                self.network,
                self.values,
                self.known,
                self._future(horizon),
                self.units,
                horizon,
                self.ceilings,
                self.pending,
            )
        return self._forecasts[horizon]

    def _spreads(self) -> np.ndarray:
        """Return the spreads of the last windows, in scaled units."""
        return self.units.spreads(self.values)

    def _future(self, horizon: int) -> np.ndarray:
        """Return regressors of the next steps, (N, horizon, p); zeros where they are unknown."""
        future = np.zeros((self.n_series, horizon, self.known.shape[2]))
        known = self.future[:, :horizon]
        future[:, : known.shape[1]] = np.nan_to_num(known)
        return future


# Series at their ends, whatever follows them.
State = WindowState | WholeState


def too_short(
    batch: Batch, window: int, n_ahead: int, name: Callable[[int], str]
) -> dict[int, ValueError]:
    """Return which series do not fill a window from their first observed value on."""
    trimmed, _ = from_first_observed(batch)
    most = trimmed.lengths - n_ahead - (batch.n_series == 1)  # lest there be a single window
    return {
        i: ValueError(
            f"{name(i)} has {trimmed.lengths[i]} time steps from its first value on, and a window "
            f"takes {window}: set window to {max(most[i], 2)} "
            "or less, or give a longer series"
        )
        for i in np.flatnonzero(trimmed.lengths < window).tolist()
    }


def fit_windows(
    spec: WindowSpec | LagSpec, batch: Batch, static: StaticRead | None = None
) -> tuple[WindowState, np.ndarray, np.ndarray, dict[int, UserWarning]]:
    """Train one network on series, none of them too short.

    Trees may read what static columns say of them.

    Returns
    -------
    state : WindowState
        At their ends.
    predictions, deviations : (R,) arrays
        One step ahead; NaN before there is a window.
    notes : dict
        What the user should know of single series, by position.
    """
    if spec.is_raw:
        scaling = Scaling.none(batch.n_series)
        columns = RegressorScaling.none(batch.regressors.shape[1])
    else:
        scaling, columns = Scaling.of(batch), RegressorScaling.of(batch.regressors)
    each = scaling.take(batch.series_of_row)
    scaled = Batch(each.scale(batch.values), batch.offsets, columns.scale(batch.regressors))
    seen = Seen.of(batch, scaling, columns, scaled, is_raw=spec.is_raw)
    return _fitted(spec, seen, Units.of(seen.trimmed), spec.train, static)


def fit_members(
    rule: Rule,
    batch: Batch,
    course: Course = PLAIN,
    before: MembersNetwork | None = None,
    static: StaticRead | None = None,
) -> tuple[WindowState, np.ndarray, np.ndarray, dict[int, UserWarning]]:
    """Train the members that a rule chooses on series, as `fit_windows` trains one network.

    Or go on with those that there were before. They may read what static columns say.
    """
    seen = Seen.by_members(batch)
    seasons, kinds, _ = find_seasons(seen.trimmed.values, seen.trimmed.offsets, rule.period)
    members = () if before is None else before.members
    if before is not None and before.spec.columns != rule.columns:
        raise ValueError(
            "warm_start goes on with members that read the same regressors and static columns: "
            "give those of the fit before, or set warm_start=False to train others"
        )
    spec = (
        rule.choose(seen.trimmed, kinds) if before is None else rule.keep(seen.trimmed, before.spec)
    )
    units = _units_of(spec, seen, seasons)

    def train(whole: Batch, units: Units) -> MembersNetwork:
        return spec.train(whole, units, course, members)

    *found, notes = _fitted(spec, seen, units, train, static)
    if before is None and rule.is_kept_from_ratios(seen.trimmed, kinds):
        wrong = seen.rows[np.flatnonzero(seen.trimmed.values <= 0.0)]
        notes = both(notes, units_notes(batch, wrong))
    return (*found, notes)  # type: ignore[return-value]


def follow(
    trained: State, batch: Batch, static: np.ndarray | None = None
) -> tuple[State, np.ndarray, np.ndarray, dict[int, UserWarning]]:
    """Follow other series with what was trained, as the fits do that train.

    Parameters
    ----------
    trained : WindowState or WholeState
        At the ends of the series that it was trained on.
    batch : Batch
        None of `cannot_follow`.
    static : (N, S) array or None
        What static columns say of them.
    """
    if isinstance(trained, WholeState):
        return follow_whole(trained.network, batch)
    network = trained.network
    if isinstance(network, MembersNetwork):
        seen = Seen.by_members(batch, trained.columns)
        seasons, _, _ = find_seasons(seen.trimmed.values, seen.trimmed.offsets, network.spec.period)
        units = _units_of(network.spec, seen, seasons)
    else:
        is_raw = network.spec.is_raw
        scaling = Scaling.none(batch.n_series) if is_raw else Scaling.of(batch)
        each = scaling.take(batch.series_of_row)
        regressors = trained.columns.scale(batch.regressors)
        scaled = Batch(each.scale(batch.values), batch.offsets, regressors)
        seen = Seen.of(batch, scaling, trained.columns, scaled, is_raw=is_raw)
        units = Units.of(seen.trimmed)
    known = trained.static
    read = None if known is None or static is None else StaticRead.by(known, static)
    state, *found = _fitted(network.spec, seen, units, lambda whole, units: network, read)
    return (replace(state, past=trained.past), *found)  # type: ignore[return-value]


def cannot_follow(
    trained: Sequence[State],
    period: int,
    batch: Batch,
    name: Callable[[int], str],
    static: np.ndarray | None = None,
) -> dict[int, ValueError]:
    """Return why series cannot be followed with what was trained on others, by position."""
    one = trained_for(trained, period)
    if one is None:
        own = f"a season of {period} steps" if period > 1 else "no season, or is too short for one"
        why = (
            f"has {own}, and networks were trained on series with period {periods_of(trained)}: "
            "set period to say that it is of these, or fit the forecaster to series like it"
        )
        return {i: ValueError(f"{name(i)} {why}") for i in range(batch.n_series)}
    n_regressors = one.n_regressors
    if batch.regressors.shape[1] != n_regressors:
        raise ValueError(
            f"there are {batch.regressors.shape[1]} regressors, and what was trained reads "
            f"{n_regressors}"
        )
    if isinstance(one, WholeState):
        return {}
    return _of_no_category(one, static, name) | _unlike_those_trained(one, batch, name)


def _of_no_category(
    one: WindowState, static: np.ndarray | None, name: Callable[[int], str]
) -> dict[int, ValueError]:
    """Return which series are of categories that what was trained has not seen."""
    if one.static is None and one.units.static is None:
        return {}
    if one.static is None or static is None or static.shape[1] != one.static.center.size:
        raise ValueError(
            "what was trained has read static columns, and those of these series are not given as "
            "they were then: give the same static columns to a panel, or fit it anew"
        )
    return {
        i: ValueError(
            f"{name(i)} has a category in its static columns that no series with its period had "
            "among those trained on: fit a panel with such series, or set period to take it for "
            "one of another period"
        )
        for i in np.flatnonzero(never_told(one.static, static)).tolist()
    }


def _unlike_those_trained(
    one: WindowState, batch: Batch, name: Callable[[int], str]
) -> dict[int, ValueError]:
    """Return which series are too short to be read, or not positive where ratios are read."""
    spec = one.network.spec
    if not isinstance(spec, MembersSpec):
        n_read = spec.features.window if isinstance(spec, LagSpec) else spec.window
        lengths = from_first_observed(batch)[0].lengths
        return {
            i: ValueError(
                f"{name(i)} has {lengths[i]} time steps from its first value on, and what was "
                f"trained reads {n_read}: give longer series, or fit with less to read"
            )
            for i in np.flatnonzero(lengths < n_read).tolist()
        }
    if all(member.reading.units != "ratio" for member in spec.members):
        return {}
    lowest = np.fmin.reduceat(batch.values, batch.offsets[:-1])
    return {
        i: ValueError(
            f"{name(i)} has a value of {lowest[i]:g}, and the members were trained on series of "
            "positive values, as ratios to their level: fit with units='std'"
        )
        for i in np.flatnonzero(lowest <= 0.0).tolist()
    }


def trained_for(trained: Sequence[State], period: int) -> State | None:
    """Return what was trained for series of a period; what is no network of members is for all."""
    for one in trained:
        if _period_of(one) in (None, period):
            return one
    return None


def periods_of(trained: Sequence[State]) -> str:
    """Name the seasons that networks were trained for."""
    return " or ".join(map(str, sorted({_period_of(state) or 1 for state in trained})))


def _period_of(state: State) -> int | None:
    """Return the season that what was trained is for; None of what is no network of members."""
    if isinstance(state, WholeState):
        return state.network.period
    spec = state.network.spec
    return spec.period if isinstance(spec, MembersSpec) else None


def _units_of(spec: MembersSpec, seen: Seen, seasons: Seasons) -> Units:
    """Return the units of windows, with the seasons of the series if a member takes them off."""
    units = replace(Units.of(seen.trimmed), is_fixed=False)
    if any(one.is_adjusted for one in spec.members):
        return replace(units, seasons=seasons.after(-spec.window))
    return units


def _fitted(
    spec: WindowSpec | LagSpec | MembersSpec,
    seen: Seen,
    units: Units,
    train: Callable[[Batch, Units], Any],
    static: StaticRead | None = None,
) -> tuple[WindowState, np.ndarray, np.ndarray, dict[int, UserWarning]]:
    batch, trimmed, T = seen.batch, seen.trimmed, spec.window
    units = replace(units, static=None if static is None else static.read)
    whole, place = spec.padded(trimmed)
    network = train(whole, units)
    along = predict_along(network, whole, units)  # type: ignore[arg-type]
    last = whole.offsets[1:, None] + np.arange(-T, 0)
    state = WindowState(
        network,
        seen.scaling,
        seen.columns,
        units.after(whole.lengths - T),
        along.values[last],
        along.ceilings,
        along.pending,
        seen.fences,
        Ranges.of(seen.bounded, seen.zero),
        whole.regressors[last],
        np.empty((batch.n_series, 0, batch.regressors.shape[1])),
        None if isinstance(spec, MembersSpec) else PastErrors(spec.of_past(), whole, units),
        None if static is None else static.scaling,
    )
    predictions, deviations = np.full((2, batch.values.size), np.nan)
    ahead = along.predictions[place]
    first = np.arange(ahead.size) - trimmed.offsets[:-1][trimmed.series_of_row] < spec.n_unseen
    ahead[first] = np.nan  # what was put before a series is made of these
    predictions[seen.rows] = ahead
    deviations[seen.rows] = np.where(first, np.nan, network.deviation * along.spreads[place])
    worse = naive_notes(trimmed, along.values[place], ahead)
    is_of_members = isinstance(spec, MembersSpec)
    notes: dict[int, UserWarning] = {**worse}
    if is_of_members:
        notes = of_most(worse, batch.n_series)
    notes |= value_notes(seen, is_raw=spec.is_raw)
    if network.is_naive:
        notes = {i: fallback_note() for i in range(batch.n_series)}
    each = seen.scaling.take(batch.series_of_row)
    return state, each.unscale(predictions), each.unscale_difference(deviations), notes


@dataclass(frozen=True)
class WindowModel(FittedModel):
    """Series that a network follows: columns, or with `offsets` those of a panel.

    Attributes
    ----------
    series : (M,) array
        Which series are in the state.
    state : WindowState or WholeState
    n_series : int
    failures, notes
    """

    series: np.ndarray
    state: State
    n_series: int
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()

    def effect(self, regressors: np.ndarray, offsets: np.ndarray | None = None) -> np.ndarray:
        """Return zeros: the network reads regressors, they add nothing; NaN for failures."""
        if offsets is None:
            return np.zeros((len(regressors), self.n_series))
        total = np.full(len(regressors), np.nan)
        rows, _ = rows_of(offsets, self.series)
        total[rows] = 0.0
        return total

    def with_regressors(
        self, regressors: np.ndarray, offsets: np.ndarray | None = None
    ) -> WindowModel:
        """Return the model that knows regressors of the next steps of each series."""
        if offsets is None:
            batch = Batch.of_columns(np.empty((len(regressors), self.n_series)), regressors)
            regressors, offsets = batch.regressors, batch.offsets
        rows, own = rows_of(offsets, self.series)
        return replace(self, state=self.state.informed(regressors[rows], own))

    def advance(
        self, values: np.ndarray, offsets: np.ndarray | None = None, n_jobs: int | None = None
    ) -> tuple[WindowModel, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        batch = Batch.of_either(values, offsets)
        found = np.full((2, batch.values.size), np.nan)
        rows, own = rows_of(batch.offsets, self.series)
        state, found[0, rows], found[1, rows] = self.state.advance(batch.values[rows], own)
        is_finite = np.isfinite(state.values).all(axis=1)
        failures = dict(self.failures) | {int(i): too_large() for i in self.series[~is_finite]}
        if offsets is None and failures:
            raise too_large()
        kept = np.flatnonzero(is_finite)
        if kept.size < is_finite.size:
            state = state.take(kept)
        later = WindowModel(self.series[kept], state, self.n_series, failures)
        predictions, deviations = (laid_out(one, self.n_series, offsets) for one in found)
        return later, predictions, deviations

    def forecast(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        return self._of_all(self.state.forecast(horizon))

    def deviation(self, horizon: int, n_jobs: int | None = None) -> np.ndarray:
        """Return standard deviations of the errors of `forecast`, (horizon, N)."""
        return self._of_all(self.state.deviation(horizon))

    def quantiles(
        self, horizon: int, quantiles: np.ndarray, n_jobs: int | None = None
    ) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        return self._of_all(self.state.quantiles(horizon, quantiles))

    def doubts(self, horizon: int) -> dict[int, Warning]:
        """Say which forecasts run away; see `FittedModel.doubts`."""
        return {int(self.series[i]): note for i, note in self.state.doubts(horizon).items()}

    def alone(self, i: int) -> WindowModel:
        """Return the model of the series at a position."""
        state = self.state.take(np.flatnonzero(self.series == i))
        return WindowModel(np.zeros(1, dtype=np.int64), state, 1)

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures of columns, (horizon, n_paths, N)."""
        return self.state.simulate(horizon, n_paths, random_state)

    def _of_all(self, of_some: np.ndarray) -> np.ndarray:
        """Put numbers of each series in their columns, NaN for failures."""
        result = np.full((*of_some.shape[1:], self.n_series), np.nan)
        result[..., self.series] = np.moveaxis(of_some, 0, -1)
        return result


def too_large() -> ValueError:
    """Say that values cannot be computed with."""
    return ValueError(
        "the values are too large beside those that the forecaster was fitted to: the state would "
        "not be finite"
    )
