"""Several members on the same series: trained side by side, their forecasts' median taken.

They are what a `WindowNetwork` is to one regressor, and are called as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from tsrnn._compute.threads import in_threads
from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import Batch
from tsrnn._optim.watch import Training
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting.season import Seasons
from tsrnn.sequence.base import is_one_of_many
from tsrnn.windows.columns import NO_COLUMNS, Beside, ReadColumns, around, laid_ahead
from tsrnn.windows.course import PLAIN, Course, Onlookers
from tsrnn.windows.lags import Units, windows_before
from tsrnn.windows.level_losses import TAIL
from tsrnn.windows.members import (
    Member,
    MemberSpec,
    held_back_of,
    ridge_beside,
    samples_of,
    train_member,
)
from tsrnn.windows.samples import naive_scales, origins_of, padded

# Origins whose errors are kept, for futures to be drawn from.
_MOST_ERRORS = 10_000

# How far from the last value seen forecasts of forecasts may lie, in ceilings of units a step: so
# that what is repeated far ahead grows no faster than a line.
_REACH = 3.0


@dataclass(frozen=True)
class MembersSpec:
    """Members to train.

    Attributes
    ----------
    members : tuple of MemberSpec
    window : int
        Values that all are given (T); no member reads more. Where columns ahead are read, it is H -
        1 more than the longest of theirs: what was forecast of missing values is so forecast again
        once the columns of later steps are known.
    period : int
    n_jobs : int or None
        Threads.
    columns : ReadColumns
        What is read beside the values.
    """

    members: tuple[MemberSpec, ...]
    window: int
    period: int
    n_jobs: int | None = None
    columns: ReadColumns = NO_COLUMNS

    is_raw = False

    @property
    def n_ahead(self) -> int:
        """Values that are predicted together (H)."""
        return self.members[0].n_ahead

    @property
    def n_unseen(self) -> int:
        """Values at the beginning of a series that nothing is predicted of."""
        return self.period

    @property
    def reads_ahead(self) -> bool:
        """Whether columns of the steps ahead are read."""
        return bool(self.columns.known)

    def regressors_at(self, batch: Batch, rows: np.ndarray, n_less: int = 0) -> np.ndarray:
        """Return the columns around windows before rows, (n, T + H, C), of `n_less` fewer steps."""
        T, H = self.window - n_less, self.n_ahead
        if not self.columns.n_beside:
            return np.empty((len(rows), T + H, 0))
        return around(batch, rows, T, H)

    def laid_ahead(self, known: np.ndarray, future: np.ndarray) -> np.ndarray:
        """Return the columns of windows (n, T, C) and of the steps that follow, in a row."""
        return laid_ahead(known, future, self.columns, self.n_ahead)

    def regressors_from(self, laid: np.ndarray, step: int) -> np.ndarray:
        """Return what of these is read with windows that end so many steps later."""
        return laid[:, max(step, 0) : step + self.window + self.n_ahead]

    def padded(self, batch: Batch) -> tuple[Batch, np.ndarray]:
        """Return the series with a window of values before them, and where their rows are."""
        return padded(batch, self.window, self.period)

    def train(
        self,
        batch: Batch,
        units: Units,
        course: Course = PLAIN,
        before: Sequence[Member] = (),
    ) -> MembersNetwork:
        """Train on series that were padded, in scaled units; see `tsrnn.windows.network.train`.

        Parameters
        ----------
        batch : Batch
        units : Units
        course : Course
        before : sequence of Member
            Members of these specs, if training goes on from them.

        Warns
        -----
        ConvergenceWarning
            If Ctrl-C ended it once a member had come through an epoch, or a member became worse.
        UnreliableForecastWarning
            If what was held back is forecast no better than by ridge regression.
        """
        T, seasons = self.window, units.seasons
        trimmed = _without_padding(batch, T)
        seasons = None if seasons is None else seasons.after(T)
        naive = naive_errors(batch, T, self.n_ahead, self.period, seasons)
        data = trimmed, seasons, units.change, units.static
        with Onlookers(course, len(self.members)) as onlookers:
            members = self._trained(data, naive, course, onlookers, before)
        spec = replace(self, members=tuple(one.spec for one in members))
        network = MembersNetwork(spec, members, np.zeros((1, self.n_ahead)), 0.0)
        errors = _errors(network, batch, units)
        deviation = float(np.sqrt(np.mean(errors[:, 0] ** 2)))
        network = replace(network, errors=errors, deviation=deviation)
        if course.holds_back:
            tell_floor(network, batch, units, data)
        return network

    def _trained(
        self,
        data: tuple[Batch, Seasons | None, np.ndarray, np.ndarray | None],
        naive: tuple[float, float],
        course: Course,
        onlookers: Onlookers,
        before: Sequence[Member],
    ) -> tuple[Member, ...]:
        """Train members side by side; those that there are where it is interrupted."""
        stop = np.zeros(1, np.int8)
        trained: dict[int, tuple[Member, Training]] = {}
        spare = self.n_ahead if course.holds_back else 0

        def train_one(i: int, spec: MemberSpec) -> None:
            if stop[0]:
                raise KeyboardInterrupt
            samples = samples_of(spec, *data, spare)
            held_back = held_back_of(spec, *data) if course.holds_back else None
            hook_of = onlookers.hook(i, spec.architecture())
            start = before[i] if before else None
            trained[i] = train_member(spec, samples, naive, stop, held_back, hook_of, start)
            if trained[i][1].was_interrupted:
                stop[0] = 1

        jobs = list(enumerate(self.members))
        try:
            for i, _ in enumerate(in_threads(train_one, jobs, self.n_jobs, stop)):
                onlookers.has_ended(i)
        except KeyboardInterrupt:
            if not trained:
                raise
            stop[0] = 1
        if stop[0] and is_one_of_many():
            raise KeyboardInterrupt("training was interrupted")
        in_order = [trained[i] for i in sorted(trained)]
        _tell_how_it_ended(in_order, len(jobs), was_interrupted=bool(stop[0]))
        return tuple(member for member, _ in in_order)


def _tell_how_it_ended(
    trained: Sequence[tuple[Member, Training]], n_members: int, *, was_interrupted: bool
) -> None:
    from sklearn.exceptions import ConvergenceWarning

    if was_interrupted:
        warn_user(
            f"training was interrupted: {len(trained)} of {n_members} members had come through an "
            "epoch at least, and are kept with the best weights so far",
            ConvergenceWarning,
        )
        return
    worse = [i for i, (_, training) in enumerate(trained) if training.warning is not None]
    if worse:
        warn_user(
            f"training came to nothing better than what it began with in {len(worse)} of "
            f"{n_members} members, the first of them member {worse[0]}: their best weights seen "
            "are kept",
            ConvergenceWarning,
        )


@dataclass(frozen=True)
class MembersNetwork:
    """Trained members.

    Attributes
    ----------
    spec : MembersSpec
    members : tuple of Member
    errors : (n, H) array
        Of windows that were trained on, in the spreads of `Units`.
    deviation : float
        Root mean square of the errors one step ahead.
    """

    spec: MembersSpec
    members: tuple[Member, ...]
    errors: np.ndarray
    deviation: float

    is_naive = False

    @property
    def n_windows(self) -> int:
        """The most windows that a member was trained on."""
        return max(one.n_samples for one in self.members)

    def forecast(
        self, windows: np.ndarray, units: Units, regressors: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the medians of the members' points and quantiles, (3, n, H), after windows.

        The regressors are those around the windows, (n, T + H, C), where columns are read.
        """
        beside = None
        if not self.spec.columns.is_empty and regressors is not None:
            beside = Beside.of(regressors, units.static)
        of_each = [
            one.forecast(windows, units.change, units.seasons, beside) for one in self.members
        ]
        found = np.median(of_each, axis=0) if len(of_each) > 1 else of_each[0]
        # Beside ratios standard deviations may be read, and the median be the mean of two.
        below_zero = np.maximum(-found[0], 0.0)
        return found + np.where(self.stays_positive(windows)[:, None], below_zero, 0.0)

    def stays_positive(self, windows: np.ndarray) -> np.ndarray:
        """Tell of which windows (n, T) nothing below 0 is forecast, (n,): see `Reading`."""
        reads_ratios = any(one.spec.reading.units == "ratio" for one in self.members)
        return (windows.min(axis=1) >= 0.0) & reads_ratios

    def quantiles_from(
        self, forecasts: np.ndarray, first: np.ndarray, points: np.ndarray, quantiles: np.ndarray
    ) -> np.ndarray:
        """Return quantiles of the next steps, (n, horizon, n_quantiles).

        On either side they lie as those of a normal distribution that has the network's own
        quantile on that side. Beyond the H steps that it predicts their distances grow as those of
        a random walk.

        Parameters
        ----------
        forecasts : (3, n, H) array
            Of `forecast`.
        first : (n,) int array
            The step that `points` begin at, from 0: more than that where the last values of the
            windows are predictions themselves.
        points : (n, horizon) array
        quantiles : (n_quantiles,) array
        """
        H, steps = self.spec.n_ahead, first[:, None] + np.arange(points.shape[1])
        growth = np.sqrt(np.maximum((steps + 1.0) / H, 1.0))
        place = np.minimum(steps, H - 1)
        ends = forecasts[1:] - forecasts[:1]
        low, high = (growth * np.take_along_axis(np.abs(one), place, axis=1) for one in ends)
        scores = ndtri(quantiles) / ndtri(1.0 - TAIL)
        side = np.where(scores[:, None, None] < 0.0, low, high)
        return points[:, :, None] + np.moveaxis(scores[:, None, None] * side, 0, -1)

    @contextmanager
    def steps(self) -> Iterator[Callable[..., tuple[np.ndarray, np.ndarray]]]:
        """Lend `step`; see `WindowNetwork.steps`."""

        def step(
            windows: np.ndarray,
            regressors: np.ndarray,
            units: Units,
            ceilings: np.ndarray | None = None,
        ) -> tuple[np.ndarray, np.ndarray]:
            spread = units.spreads(windows)
            forecasts = self.forecast(windows, units, regressors)[0]
            if ceilings is not None:
                spread = np.minimum(spread, ceilings)
                reach = np.arange(1, self.spec.n_ahead + 1) * (_REACH * ceilings)[:, None]
                last = windows[:, -1:]
                forecasts = np.clip(forecasts, last - reach, last + reach)
            return forecasts, spread

        yield step


def _without_padding(batch: Batch, window: int) -> Batch:
    place = np.arange(batch.values.size) - batch.offsets[:-1][batch.series_of_row]
    kept = place >= window
    offsets = batch.offsets - window * np.arange(batch.n_series + 1)
    return Batch(batch.values[kept], offsets, batch.regressors[kept])


def naive_errors(
    batch: Batch, window: int, n_ahead: int, period: int, seasons: Seasons | None
) -> tuple[float, float]:
    """Return sMAPE and MASE of Naive2 on the last horizon of padded series, as far as known.

    Naive2 repeats the last value, seasonally adjusted where a season was found.
    """
    origins = origins_of(batch, window, n_ahead, 2, batch.n_series)
    if not origins.size:
        return 1.0, 1.0
    series = batch.series_of_row[origins]
    place = origins - batch.offsets[series] - window
    last, y = batch.values[origins - 1], batch.values[origins[:, None] + np.arange(n_ahead)]
    forecast = np.repeat(last[:, None], n_ahead, axis=1)
    if seasons is not None:
        factor, offset = seasons.take(series).after(place - 1).of_steps(0, n_ahead + 1)
        forecast = (last - offset[:, 0])[:, None] / factor[:, :1] * factor[:, 1:] + offset[:, 1:]
    scale = naive_scales(batch, window, period, origins)[:, None]
    distance, size = np.abs(forecast - y), np.abs(forecast) + np.abs(y)
    is_known = ~np.isnan(distance)
    ratios = 200.0 * distance[is_known & (size > 0.0)] / size[is_known & (size > 0.0)]
    is_scaled = is_known & (scale > 0.0)
    scaled = np.minimum((distance / np.where(scale > 0.0, scale, 1.0))[is_scaled], 50.0)
    both = [float(one.mean()) if one.size else 0.0 for one in (ratios, scaled)]
    first, second = (one if one > 0.0 else 1.0 for one in both)
    return first, second


def _errors(network: MembersNetwork, batch: Batch, units: Units) -> np.ndarray:
    """Return errors (n, H) of windows of padded series, in spreads: an even choice among many."""
    spec, T, H = network.spec, network.spec.window, network.spec.n_ahead
    rows = origins_of(batch, T, H, 1, batch.values.size)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, _MOST_ERRORS).astype(np.int64))]
    series = batch.series_of_row[rows]
    windows = windows_before(batch.values, rows, T)
    y = batch.values[rows[:, None] + np.arange(H)]
    is_whole = ~(np.isnan(windows).any(axis=1) | np.isnan(y).any(axis=1))
    of_each = units.take(series).after(rows - T - batch.offsets[series])
    spread = of_each.spreads(windows)
    kept = np.flatnonzero(is_whole & (spread > 0.0))
    if not kept.size:
        return np.zeros((1, spec.n_ahead))
    regressors = spec.regressors_at(batch, rows[kept])
    with network.steps() as step:
        forecasts, spread = step(windows[kept], regressors, of_each.take(kept))
    return (y[kept] - forecasts) / spread[:, None]


def tell_floor(
    network: MembersNetwork,
    batch: Batch,
    units: Units,
    data: tuple[Batch, Seasons | None, np.ndarray, np.ndarray | None],
) -> None:
    """Warn where networks forecast the last horizon, held back, no better than a linear map does.

    Parameters
    ----------
    network : MembersNetwork
    batch : Batch
        Padded.
    units : Units
    data
        The series without their padding, seasons of these, their mean changes, and what is static.
    """
    specs = [spec for spec in network.spec.members if spec.kind != "ridge"]
    if not specs:
        return
    spec, H = ridge_beside(specs[0]), network.spec.n_ahead
    stop, samples = np.zeros(1, np.int8), samples_of(spec, *data, H)
    ridge, _ = train_member(spec, samples, (1.0, 1.0), stop)
    floor = replace(network, members=(ridge,))
    origins = batch.offsets[1:] - H
    origins = origins[batch.lengths - network.spec.window >= H + 2]
    errors = [_mean_scaled_error(one, batch, units, origins) for one in (network, floor)]
    if errors[0] >= errors[1] > 0.0:
        warn_user(
            f"on the last horizon of the series, held back, members have a scaled error of "
            f"{errors[0]:.4g}, and a ridge regression on the same windows has {errors[1]:.4g}: the "
            "networks have learned nothing that a linear map does not say. Train on more or longer "
            "series, or take members='ridge'",
            UnreliableForecastWarning,
        )


def _mean_scaled_error(
    network: MembersNetwork, batch: Batch, units: Units, origins: np.ndarray
) -> float:
    """Return the MASE of forecasts from rows of padded series, as far as windows are known."""
    T, H = network.spec.window, network.spec.n_ahead
    windows = windows_before(batch.values, origins, T)
    is_whole = ~np.isnan(windows).any(axis=1)
    origins, windows = origins[is_whole], windows[is_whole]
    series = batch.series_of_row[origins]
    of_each = units.take(series).after(origins - T - batch.offsets[series])
    regressors = network.spec.regressors_at(batch, origins)
    points = network.forecast(windows, of_each, regressors)[0]
    scale = naive_scales(batch, T, network.spec.period, origins)[:, None]
    y = batch.values[origins[:, None] + np.arange(H)]
    errors = np.abs(y - points) / np.where(scale > 0.0, scale, np.nan)
    known = errors[~np.isnan(errors)]
    return float(np.minimum(known, 50.0).mean()) if known.size else 0.0
