"""Members that read series whole: trained by forecasts at every step, followed step by step.

A window trains one forecast; a series that is read once trains as many as it has steps (see
`tsrnn.causal`). What is kept of a series is the state of each member, so that further values cost a
few steps: the last six are read again, for what follows them may say that one was an outlier (see
`tsrnn.windows.recent`). Forecasts are medians over the members of the quantiles that their networks
say; between these, and beyond, others lie as those of normal distributions. Futures are drawn by a
normal copula: z_1, z_2, .. with standard normal distributions, each correlated with the one before
as the sums of a random walk are,

    z_h = sqrt((h - 1) / h) z_{h-1} + sqrt(1 / h) e_h,                                          (1)

and the value h steps ahead is the quantile that z_h is of a standard normal distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from tsrnn._compute.threads import in_threads
from tsrnn._input.ragged import Batch, offsets_of, rows_between
from tsrnn._input.scaling import Scaling
from tsrnn.causal.ahead import forecast_from
from tsrnn.causal.losses import CausalLoss
from tsrnn.causal.network import CausalNetwork, CausalSpec, CausalState
from tsrnn.causal.quantiles import at_levels, at_normal
from tsrnn.causal.readings import Reading, SeriesBatch
from tsrnn.causal.training import Course as Epochs
from tsrnn.causal.training import Panel, train
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting.season import find_seasons
from tsrnn.windows.course import Course, Onlookers
from tsrnn.windows.doubts import Ranges, left_notes, naive_notes, of_most, value_notes
from tsrnn.windows.level_losses import TAIL
from tsrnn.windows.recent import Recent, n_unsettled_from
from tsrnn.windows.rule import Rule
from tsrnn.windows.samples import filled, padded
from tsrnn.windows.seen import Seen
from tsrnn.windows.together import naive_errors
from tsrnn.windows.want import NothingToTrainOnError

# Scaled values beyond this have squares, and sums of them, that are not finite.
_LARGEST = 1e150

# Units of the one layer, and members where their number is left to us.
_HIDDEN, N_MEMBERS = 32, 6

# Steps of series that training looks at in all epochs, about; epochs at least; and steps of the
# optimiser at least, which are more epochs where there are few series.
_LOOKED_AT, _FEWEST_EPOCHS, _FEWEST_STEPS = 4_000_000, 2, 120

# With a season, without one, and of series that are cut into pieces: epochs at most, for beyond
# these what was learned of some hundred series was their own; series, or pieces, of a batch at
# most; and the largest learning rate.
_SEASONAL, _PLAIN, _LONG = (30, 32, 0.002), (15, 64, 0.003), (60, 16, 0.003)

# Changes that a unit is a mean of, for that of a long series is no longer what it was.
_MEMORY = 100.0

# Series of a batch at least, and the share of all between that and the most.
_SMALL_BATCH, _BATCHES = 8, 10

# Steps of a piece of a long series, in horizons, and those that it warms up by.
_LONGEST, _WARM = 200, 30

_CURE_OF_TRAINED = (
    "Look at the series, and compare the network with NaiveForecaster and EnsembleForecaster on "
    "values held back"
)

# The weight of the quantiles' loss where the OWA's, or the MASE's, is 1.
_OF_QUANTILES = 0.25


@dataclass(frozen=True)
class WholeMember:
    """A trained network that reads series whole.

    Attributes
    ----------
    network : CausalNetwork
    seed : int
    n_samples : int
        Steps that it was trained on.
    history : dict
        "loss" of each epoch.
    """

    network: CausalNetwork
    seed: int
    n_samples: int
    history: dict[str, list[float]]

    @property
    def spec(self) -> CausalSpec:
        """The spec of the network: its shape, and how it reads."""
        return self.network.spec


@dataclass(frozen=True)
class WholeNetwork:
    """Trained members.

    Attributes
    ----------
    members : tuple of WholeMember
        All of them read alike.
    period : int
    """

    members: tuple[WholeMember, ...]
    period: int

    is_naive = False
    window = "all"

    @property
    def n_ahead(self) -> int:
        """Values that are predicted together (H)."""
        return self.members[0].spec.reading.horizon

    @property
    def cure(self) -> str | None:
        """The advice about forecasts in doubt, where it is not the usual one.

        A network that is told of the frequencies of series has come trained, whatever they are:
        there is nothing about it to be chosen.
        """
        return _CURE_OF_TRAINED if self.members[0].spec.reading.n_static else None

    @property
    def n_windows(self) -> int:
        """Steps that the members were trained on."""
        return self.members[0].n_samples

    @property
    def kinds(self) -> tuple[str, ...]:
        """The cell of each member."""
        return tuple(one.spec.cell for one in self.members)


@dataclass(frozen=True)
class WholeState:
    """N series at the end of what was seen of them; their values come and go in their own units.

    Attributes
    ----------
    network : WholeNetwork
    states : tuple of CausalState
        Of the members, in scaled units.
    scaling : Scaling
    ranges : Ranges
        Of what was seen and is settled, in scaled units.
    is_lost : (N,) bool array
        Which have had values too large to be computed with.
    recent : Recent
        The last values, in scaled units.
    before : tuple of CausalState
        Of the members, before those of the last values that are not settled.
    """

    network: WholeNetwork
    states: tuple[CausalState, ...]
    scaling: Scaling
    ranges: Ranges
    is_lost: np.ndarray
    recent: Recent
    before: tuple[CausalState, ...]

    @property
    def n_series(self) -> int:
        """The number of series (N)."""
        return len(self.is_lost)

    @property
    def values(self) -> np.ndarray:
        """Numbers (N, 1) that are finite where the series can be computed with."""
        return np.where(self.is_lost, np.nan, 0.0)[:, None]

    def take(self, series: np.ndarray) -> WholeState:
        """Return the states of the series at these positions."""
        return replace(
            self,
            states=tuple(one.take(series) for one in self.states),
            scaling=self.scaling.take(series),
            ranges=self.ranges.take(series),
            is_lost=self.is_lost[series],
            recent=self.recent.take(series),
            before=tuple(one.take(series) for one in self.before),
        )

    def informed(self, regressors: np.ndarray, offsets: np.ndarray) -> WholeState:
        """Return itself: there are no regressors."""
        return self

    def forecast(self, horizon: int) -> np.ndarray:
        """Predict the next values, (N, horizon)."""
        return self.scaling.unscale(self._said(horizon)[:, :, self._spec.middle].T).T

    def deviation(self, horizon: int) -> np.ndarray:
        """Return half the width of intervals of 68 percent, (N, horizon)."""
        low, high = np.moveaxis(self._at(horizon, ndtr([-1.0, 1.0])), -1, 0)
        return self.scaling.unscale_difference(0.5 * (high - low).T).T

    def quantiles(self, horizon: int, quantiles: np.ndarray) -> np.ndarray:
        """Return quantiles of the next values, (N, horizon, n_quantiles)."""
        return self.scaling.unscale(self._at(horizon, quantiles).T).T

    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures, (horizon, n_paths, N), by (1)."""
        said = self._said(horizon)
        paths, z = np.empty((horizon, n_paths, self.n_series)), np.zeros((self.n_series, n_paths))
        for h in range(1, horizon + 1):
            new = random_state.standard_normal(z.shape)
            z = np.sqrt((h - 1) / h) * z + np.sqrt(1 / h) * new  # (1)
            for i, row in enumerate(z):
                paths[h - 1, :, i] = at_normal(said[i, h - 1], self._spec.levels, row)
        return self.scaling.unscale(paths)

    def advance(
        self, values: np.ndarray, offsets: np.ndarray
    ) -> tuple[WholeState, np.ndarray, np.ndarray]:
        """See further values (R,): the states then, predictions (R,) and their deviations.

        The last value is read as it is. Once others that follow say that it was an outlier, they
        are read as if it had lain nearer.
        """
        series = np.repeat(np.arange(self.n_series), np.diff(offsets))
        each = self.scaling.take(series)
        z = each.scale(values)
        lost = np.abs(z) > _LARGEST
        z = np.where(lost, np.nan, z)
        is_lost = self.is_lost.copy()
        is_lost[series[lost]] = True
        again = self.recent.then(z, offsets)
        read = [_in_two(one, again.values, again.offsets, again.n_settled) for one in self.before]
        predictions, deviations = _one_step(self._spec, [one.ahead[again.new] for one in read])
        settled = rows_between(again.offsets[:-1], again.n_settled)
        later = replace(
            self,
            states=tuple(one.last for one in read),
            ranges=self.ranges.widened(
                again.bounded[settled], np.repeat(np.arange(self.n_series), again.n_settled)
            ),
            is_lost=is_lost,
            recent=again.recent,
            before=tuple(one.first for one in read),
        )
        return later, each.unscale(predictions), each.unscale_difference(deviations)

    def doubts(self, horizon: int) -> dict[int, UnreliableForecastWarning]:
        """Say of which series the forecast of the next values leaves them behind, by position."""
        medians = self._said(horizon)[:, :, self._spec.middle]
        none = np.zeros(self.n_series + 1, dtype=np.int64)
        again = self.recent.then(np.empty(0), none)
        series = np.repeat(np.arange(self.n_series), np.diff(again.offsets))
        return left_notes(self.ranges.widened(again.bounded, series), medians, self.network.cure)

    @property
    def n_regressors(self) -> int:
        """The number of regressors that the members read."""
        return 0

    @property
    def _spec(self) -> CausalSpec:
        return self.network.members[0].spec

    @cached_property
    def _known(self) -> dict[int, np.ndarray]:
        """Quantiles by horizon, for a request looks at one more than once."""
        return {}

    def _said(self, horizon: int) -> np.ndarray:
        """Return medians of what the members say, (N, horizon, Q), in scaled units."""
        if horizon not in self._known:
            period = self.network.period
            of_each = [forecast_from(one, period, horizon) for one in self.states]
            self._known[horizon] = np.median(of_each, axis=0)
        return self._known[horizon]

    def _at(self, horizon: int, levels: np.ndarray) -> np.ndarray:
        return at_levels(self._said(horizon), self._spec.levels, levels)


# What a fit answers: the state, predictions and deviations one step ahead, and notes.
Found = tuple[WholeState, np.ndarray, np.ndarray, dict[int, UserWarning]]


class _InTwo(NamedTuple):
    """States after the first steps of each series and after the last, and quantiles (R, Q)."""

    first: CausalState
    last: CausalState
    ahead: np.ndarray


def _in_two(
    state: CausalState,
    values: np.ndarray,
    offsets: np.ndarray,
    n_first: np.ndarray,
    n_jobs: int | None = 1,
) -> _InTwo:
    """Read so many steps of each series, and then the others."""
    n_last = np.diff(offsets) - n_first
    ahead = np.empty((values.size, len(state.network.spec.levels)))
    rows = rows_between(offsets[:-1], n_first)
    first, ahead[rows] = state.follow(values[rows], offsets_of(n_first), n_jobs)
    rows = rows_between(offsets[:-1] + n_first, n_last)
    last, ahead[rows] = first.follow(values[rows], offsets_of(n_last), n_jobs)
    return _InTwo(first, last, ahead)


def _one_step(spec: CausalSpec, ahead: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return medians and deviations (R,) of one-step quantiles (R, Q) of each member."""
    said = np.median(ahead, axis=0)
    low, high = at_levels(said, spec.levels, ndtr([-1.0, 1.0])).T
    return said[:, spec.middle], 0.5 * (high - low)


def specs_of(rule: Rule, *, is_positive: bool) -> list[CausalSpec]:
    """Return the members for series whose values are all positive, or not."""
    m, h, wishes = rule.period, rule.horizon, rule.wishes
    n_pattern = min(h, m) if m > 1 else 0
    reading = Reading(h, m, n_pattern, memory=_MEMORY, reads_level=is_positive)
    return [
        CausalSpec(reading, (TAIL, 0.5, 1.0 - TAIL), wishes.kind(i, "gru"), (_HIDDEN,))
        for i in range(wishes.count(N_MEMBERS))
    ]


def fit_whole(rule: Rule, batch: Batch, course: Course) -> Found:
    """Train members on series that are read whole.

    Returns
    -------
    state : WholeState
        At their ends.
    predictions, deviations : (R,) arrays
        One step ahead; NaN before a value has been seen.
    notes : dict
        What the user should know of single series, by position.
    """
    return _read_along(batch, rule.period, lambda trimmed: _trained(rule, trimmed, course))


def follow_whole(
    network: WholeNetwork, batch: Batch, static: np.ndarray | None = None, n_jobs: int | None = 1
) -> Found:
    """Read other series with what was trained, as `fit_whole` does those that it trains on.

    Parameters
    ----------
    network : WholeNetwork
    batch : Batch
    static : (k,) array, optional
        What is read of each of the series at every step, where anything is.
    n_jobs : int or None
        Threads.
    """
    return _read_along(batch, network.period, lambda trimmed: network, static, n_jobs)


def _read_along(
    batch: Batch,
    period: int,
    train: Callable[[Batch], WholeNetwork],
    static: np.ndarray | None = None,
    n_jobs: int | None = 1,
) -> Found:
    seen = Seen.by_members(batch)
    trimmed = seen.trimmed
    network = train(trimmed)
    series = _series(trimmed, period, static)
    each = seen.scaling.take(batch.series_of_row)
    raw = replace(trimmed, values=each.scale(batch.values)[seen.rows])
    n_settled = n_unsettled_from(raw)
    begun = [one.network.begin(series.periods, series.static) for one in network.members]
    along = [_in_two(one, series.values, series.offsets, n_settled, n_jobs) for one in begun]
    state = WholeState(
        network,
        tuple(one.last for one in along),
        seen.scaling,
        Ranges.of(seen.bounded, seen.zero),
        np.zeros(batch.n_series, dtype=bool),
        Recent.of(raw, seen.fences),
        tuple(one.first for one in along),
    )
    ahead, spread = _one_step(network.members[0].spec, [one.ahead for one in along])
    worse = naive_notes(trimmed, filled(trimmed, period), ahead, network.cure)
    notes = of_most(worse, batch.n_series) if network.cure is None else dict(worse)
    notes |= value_notes(seen, is_raw=False)
    predictions, deviations = np.full((2, batch.values.size), np.nan)
    predictions[seen.rows], deviations[seen.rows] = ahead, spread
    return state, each.unscale(predictions), each.unscale_difference(deviations), notes


def _series(batch: Batch, period: int, static: np.ndarray | None = None) -> SeriesBatch:
    n = batch.n_series
    periods = np.full(n, period, dtype=np.int64)
    of_each = np.zeros((n, 0)) if static is None else np.tile(static, (n, 1))
    return SeriesBatch(batch.values, batch.offsets, periods, of_each)


def _trained(rule: Rule, batch: Batch, course: Course) -> WholeNetwork:
    """Train on scaled series, each of which begins with a value."""
    is_positive = not (batch.values <= 0.0).any()
    specs = specs_of(rule, is_positive=is_positive)
    longest = max(_LONGEST, 2 * rule.period)
    panel = Panel.of(specs[0].reading, _series(batch, rule.period), longest, _WARM)
    n_steps = int(np.maximum(batch.lengths - 1, 0).sum())
    if not n_steps:
        raise NothingToTrainOnError(
            "no series has a value and another one after it to train on: give longer series"
        )
    kind = _SEASONAL if rule.period > 1 else _PLAIN
    if panel.n_samples >= 2 * batch.n_series:
        kind = _LONG
    epochs = _epochs(panel.n_samples, n_steps, kind)
    loss = _loss(rule, batch, specs[0].levels, is_positive)
    stop = np.zeros(1, np.int8)
    with Onlookers(course, len(specs)) as onlookers:

        def train_one(i: int, spec: CausalSpec) -> WholeMember:
            hook, seed = onlookers.hook(i, spec.architecture)(epochs.n_epochs), rule.wishes.seed + i
            training = train(spec, panel, epochs, loss, seed=seed, hook=hook, stop=stop)
            network = CausalNetwork(spec, training.theta)
            return WholeMember(network, seed, n_steps, training.history)

        members: list[WholeMember] = []
        for one in in_threads(train_one, list(enumerate(specs)), rule.n_jobs, stop):
            onlookers.has_ended(len(members))
            members.append(one)
    return WholeNetwork(tuple(members), rule.period)


def _epochs(n_samples: int, n_steps: int, kind: tuple[int, int, float]) -> Epochs:
    """Return how training goes on so many pieces, of so many steps in all."""
    most_epochs, most_of_batch, rate = kind
    n_epochs = int(np.clip(round(_LOOKED_AT / n_steps), _FEWEST_EPOCHS, most_epochs))
    batch_size = int(np.clip(n_samples // _BATCHES, _SMALL_BATCH, most_of_batch))
    n_batches = -(-n_samples // batch_size)
    return Epochs(max(n_epochs, -(-_FEWEST_STEPS // n_batches)), batch_size, rate)


def _loss(rule: Rule, batch: Batch, levels: tuple[float, ...], is_positive: bool) -> CausalLoss:
    """Return the OWA's loss, or the MASE's of series that are not all positive."""
    if not is_positive:
        return CausalLoss(levels, _OF_QUANTILES, 1.0)
    m = rule.period
    seasons, _, _ = find_seasons(batch.values, batch.offsets, m)
    smape, mase = naive_errors(padded(batch, m, m)[0], m, rule.horizon, m, seasons)
    return CausalLoss(levels, _OF_QUANTILES / mase, 0.5 / mase, 0.5 / smape)
