"""Values of series that no forecast expects: each against a fit that has not seen the others.

What is wild in a series is in a fit to it, too: in the parameters, in the size that errors are
taken to have, and in the predictions of what follows. So the fit is repeated without the values
that were flagged, which are missing to it, and all are scored again, until the same are flagged.

Values that stay where the first of them went are no anomalies but a new level. Where two in a row
are flagged on one side, a stretch of `_STRETCH` + 1 values is hidden from the next fit. If all of
it lies on that side, none half as far out as their median, and that not far within the bounds, then
from there on the fit is to the series less the step. To what is expected the step is added once it
can be known: so the first `_STRETCH` values are flagged, and those after them are not.

The first values, by which a fit learns where the series begins, are scored by the same fit to the
reversed series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtri

from tsrnn.forecasting.fitted_model import FittedModel
from tsrnn.forecasting.scores import Yardstick, errors_in_units, judged, largest_of

if TYPE_CHECKING:
    from tsrnn.forecasting.forecaster import Forecaster

# Values in a row that may be anomalies; one more is a new level.
_STRETCH = 5

# In scales of usual errors: what is hidden from the next fit, and how far out the median of a new
# level is, for its own errors are among those by which the scale was learned. And the score of what
# stays hidden, that of 99 percent: where tails are heavy, a value three scales out may be usual.
_WILD, _STAYS, _UNLIKELY = 3.0, 2.25, 2.576

# Fits at most, how many of them from the last step on may hide more than before, and the share of a
# series that may be hidden from one.
_MOST_PASSES, _OPEN_PASSES, _MOST_HIDDEN = 9, 3, 0.25

FEWEST_VALUES = 10
"""Values that a series must have."""


class Scored(NamedTuple):
    """Predictions of values (n, k), bounds of usual ones, scores, and errors in scales of these."""

    expected: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    score: np.ndarray
    size: np.ndarray


def find_anomalies(
    forecaster: Forecaster,
    values: np.ndarray,
    regressors: np.ndarray,
    level: float,
    fitted: Forecaster | None = None,
) -> tuple[Scored, np.ndarray]:
    """Score each value of series, and tell which are anomalies.

    Parameters
    ----------
    forecaster : Forecaster
        With its season settled.
    values : (n, k) array
    regressors : (n, p) array
    level : float
    fitted : Forecaster, optional
        The same as it was fitted to the series.

    Returns
    -------
    scored : Scored
    is_anomaly : (n, k) bool array
    """
    search = _Search.start(values)
    scored = Scored(*np.full((5, *values.shape), np.nan))
    left = np.arange(values.shape[1])
    learns_from_all, turns = forecaster._learns_from_all(), _can_be_turned(forecaster)
    for number in range(_MOST_PASSES):
        taken = search.of_series(left)
        if number == 0 and fitted is not None:
            ahead = _Run.made(fitted._model, fitted._seen[0], values, regressors)
        else:
            ahead = _Run.of(forecaster, taken, regressors)
        found = ahead.scored(taken, level)
        if turns:
            turned = taken.turned()
            back = _Run.of(forecaster, turned, regressors[::-1]).scored(turned, level)
            found = _joined(found, back, values[:, left], forecaster._taken_period() or 1)
        for part, new in zip(scored, found, strict=True):
            part[:, left] = new
        changed = search.learn(left, ahead, found)
        if not changed.any():
            break
        left = np.arange(values.shape[1]) if learns_from_all else left[changed]
    with np.errstate(invalid="ignore"):
        return scored, np.abs(scored.score) > ndtri(0.5 + 0.5 * level)


@dataclass
class _Search:
    """Series (n, k), and what is known of them so far.

    Attributes
    ----------
    values : array
    adjusted : array
        Less the steps to new levels.
    hidden : bool array
        Those that the next fit does not see.
    steps : array
        The level less that of the adjusted series, on the scale of errors.
    told : array
        As much of it as is added to what is expected: it takes `_STRETCH` values to tell a step.
    is_told : bool array
        Those values.
    is_tried : bool array
        Where stretches begin that were hidden as a whole since the last step.
    n_fits : (1, k) int array
        How many there were since then.
    """

    values: np.ndarray
    adjusted: np.ndarray
    hidden: np.ndarray
    steps: np.ndarray
    told: np.ndarray
    is_told: np.ndarray
    is_tried: np.ndarray
    n_fits: np.ndarray

    @classmethod
    def start(cls, values: np.ndarray) -> _Search:
        """Return what is known before the first fit."""
        nothing = [np.zeros(values.shape, dtype) for dtype in (bool, float, float, bool, bool)]
        first = np.zeros((1, values.shape[1]), np.int64)
        return cls(values, values.copy(), *nothing, first)  # type: ignore[call-arg]

    def of_series(self, series: np.ndarray) -> _Search:
        """Return a copy of some series."""
        return _Search(*[part[:, series] for part in vars(self).values()])

    def turned(self) -> _Search:
        """Return the reversed series."""
        return _Search(*[part[::-1] for part in vars(self).values()])

    @property
    def seen(self) -> np.ndarray:
        """The values that a fit is to see."""
        return np.where(self.hidden, np.nan, self.adjusted)

    def learn(self, series: np.ndarray, run: _Run, found: Scored) -> np.ndarray:
        """Learn from the scores of some series which values to hide.

        After some fits, or where nothing is new, those stay that are unlikely.

        Returns
        -------
        changed : (k,) bool array
            Of which series something is new.
        """
        changed, stepped = np.zeros((2, series.size), dtype=bool)
        for place, i in enumerate(series.tolist()):
            rows = np.flatnonzero(~np.isnan(self.values[:, i]))
            before = self.hidden[rows, i]
            is_predicted = ~np.isnan(run.errors[rows, place])
            hidden, begun = self._stretches(i, rows, found.size[rows, place], is_predicted)
            self.n_fits[0, i] += 1
            if begun is not None:
                stepped[place] = True
                self._take_step(i, rows[begun:], run.errors[:, place])
            elif self.n_fits[0, i] > _OPEN_PASSES or np.array_equal(hidden, before):
                self.n_fits[0, i] = _OPEN_PASSES
                hidden &= before & (np.abs(found.score[rows, place]) > _UNLIKELY)
            changed[place] = stepped[place] or not np.array_equal(hidden, before)
            self.hidden[rows, i] = hidden
        if stepped.any():
            self._adjust(series[stepped], run.moved(self.steps[:, series])[:, stepped])
        return changed

    def _adjust(self, series: np.ndarray, moved: np.ndarray) -> None:
        """Take steps off series, but where that makes positive ones negative: a method may mind."""
        values, steps = self.values[:, series], self.steps[:, series]
        adjusted = np.where(steps == 0.0, values, moved)
        kept = (values <= 0.0).any(axis=0) | ~(adjusted <= 0.0).any(axis=0)
        for part in (self.steps, self.told, self.is_told):
            part[:, series[~kept]] = 0
        self.adjusted[:, series] = np.where(kept, adjusted, values)

    def _stretches(
        self, i: int, rows: np.ndarray, sizes: np.ndarray, is_predicted: np.ndarray
    ) -> tuple[np.ndarray, int | None]:
        """Return what to hide of the observed values of a series, and where a step begins, if any.

        It is the first one, by which later values are measured in the next fit. Values without a
        prediction from those before them, for which that of the reversed series stands, begin none.
        """
        flagged = (np.abs(sizes) > _WILD) & ~self.is_told[rows, i]
        hidden, longest = flagged.copy(), _STRETCH + 1
        for first in np.flatnonzero(self.is_tried[rows, i]).tolist():
            window = slice(first, first + longest)
            is_told = first + longest <= rows.size and is_predicted[window].all()
            if is_told and self.hidden[rows[window], i].all() and _stays(sizes[window]):
                hidden[first:] = False
                return hidden, first
        for first, stop in _stretches_of(np.where(flagged, np.sign(sizes), 0.0)):
            if stop - first >= 2:
                hidden[first + _STRETCH : stop] = False
                if not self.is_tried[rows[first], i]:
                    self.is_tried[rows[first], i] = True
                    hidden[first : first + longest] = True
        most = int(_MOST_HIDDEN * rows.size)
        if np.count_nonzero(hidden) > most:
            wildest = np.argsort(np.where(hidden, -np.abs(sizes), 0.0), kind="stable")[:most]
            hidden[:] = False
            hidden[wildest] = True
        return hidden, None

    def _take_step(self, i: int, rows: np.ndarray, errors: np.ndarray) -> None:
        """Take the observed values from the first of these rows on for a new level."""
        first = rows[: _STRETCH + 1]
        step = float(np.median(errors[first] - self.told[first, i]))
        self.steps[rows[0] :, i] += step
        self.told[rows[_STRETCH] :, i] += step
        self.is_told[rows[:_STRETCH], i] = True
        self.is_tried[:, i], self.n_fits[0, i] = False, 0


@dataclass(frozen=True)
class _Run:
    """A fit with the errors of all values, hidden ones too.

    Attributes
    ----------
    model : FittedModel
    remembered : tuple of (n, k) arrays
    effect : (n, k) array
        Of regressors.
    errors, units : (n, k) arrays
    """

    model: FittedModel
    remembered: tuple[np.ndarray, ...]
    effect: np.ndarray
    errors: np.ndarray
    units: np.ndarray

    @classmethod
    def of(cls, forecaster: Forecaster, search: _Search, regressors: np.ndarray) -> _Run:
        """Fit to what is not hidden."""
        model, predictions, deviations, _ = forecaster.fit_model(search.seen, regressors)
        remembered = forecaster._remembered(model, predictions, deviations)
        return cls.made(model, remembered, search.values, regressors)

    @classmethod
    def made(
        cls,
        model: FittedModel,
        remembered: tuple[np.ndarray, ...],
        values: np.ndarray,
        regressors: np.ndarray,
    ) -> _Run:
        """Return what a fitted model says of values, from what was kept of seeing them."""
        effect = model.effect(regressors)
        net = values - effect
        errors, units = errors_in_units(model, net, remembered, largest_of(values))
        return cls(model, remembered, effect, errors, units)

    def moved(self, steps: np.ndarray) -> np.ndarray:
        """Return the values less steps, which are on the scale of errors."""
        return self.model.values_at(self.errors - steps, self.remembered) + self.effect

    def scored(self, search: _Search, level: float) -> Scored:
        """Score the values."""
        errors = self.errors - search.told
        yardstick = Yardstick.of(np.where(search.is_told, np.nan, errors), self.units)
        distances = yardstick.distances(level, self.units)

        def at(beyond: np.ndarray | float) -> np.ndarray:
            return self.model.values_at(search.told + beyond, self.remembered) + self.effect

        plain = self.remembered[0] + self.effect
        expected = np.where(search.told == 0.0, plain, at(0.0))
        sizes = yardstick.sizes(errors, self.units)
        sizes = judged(self.model, search.values, self.remembered, sizes)
        return Scored(expected, at(-distances), at(distances), yardstick.scores(sizes), sizes)


def _can_be_turned(forecaster: Forecaster) -> bool:
    """Tell whether a fit to the reversed series is one of the same kind.

    It is not where the state is given that the series begins with, which then is not learned.
    """
    parts = forecaster.get_params(deep=True)
    given = [value for name, value in parts.items() if name.endswith("initial_state")]
    return all(value is None or isinstance(value, str) for value in given)


def _joined(ahead: Scored, back: Scored, values: np.ndarray, period: int) -> Scored:
    """Join scores with those of the reversed series, which the first values of each have.

    By them the level, the trend and the season are learned, or they are not predicted at all.
    """
    count = np.cumsum(~np.isnan(values), axis=0)
    is_known = ~np.isnan(values) & np.isfinite(ahead.expected)
    n_before = count[is_known.argmax(axis=0), np.arange(values.shape[1])] - 1
    # A fit would begin with wild values, of which there may be a whole stretch, and take the level
    # after them for a new one.
    n_least = max(period + 2, _STRETCH + 1)
    n_first = np.minimum(np.maximum(n_before, n_least), count[-1] // 2)
    is_first = (count <= n_first) & np.isfinite(back.expected[::-1])
    parts = zip(ahead, back, strict=True)
    return Scored(*(np.where(is_first, late[::-1], early) for early, late in parts))


def _stretches_of(signs: np.ndarray) -> list[tuple[int, int]]:
    """Return where stretches of equal signs other than 0 begin, and the places after them."""
    edges = np.flatnonzero(np.diff(signs, prepend=0.0, append=0.0))
    return [(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True) if signs[a] != 0.0]


def _stays(sizes: np.ndarray) -> bool:
    """Tell whether values that a fit has not seen are a new level."""
    far = np.sign(sizes[0]) * sizes
    return bool(np.median(far) > _STAYS and far.min() >= 0.5 * np.median(far))


def refuse_short(values: np.ndarray) -> None:
    """Refuse series (n, k) with too few values.

    Raises
    ------
    ValueError
    """
    for i, n_observed in enumerate(np.count_nonzero(~np.isnan(values), axis=0).tolist()):
        if n_observed < FEWEST_VALUES:
            which = "y" if values.shape[1] == 1 else f"series {i} of y"
            raise ValueError(
                f"{which} has {n_observed} value(s) that are not missing: {FEWEST_VALUES} at least "
                "are needed to tell a usual value from an unusual one"
            )
