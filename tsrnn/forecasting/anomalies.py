"""Values of series that no forecast expects: each against a fit that has not seen the others.

What is wild in a series is in a fit to it, too: in the parameters, in the size that errors are
taken to have, and in the predictions of what follows. So the fit is repeated without the values
that were flagged, which are missing to it, and all are scored again, until the same are flagged.

Values that stay where the first of them went are no anomalies but a new level. Where two in a row
are flagged on one side, a stretch of `_STRETCH` + 1 values is hidden from the next fit. If all of it
lies on that side, none half as far out as their median, and that not far within the bounds, then
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

from tsrnn._compute.threads import one_blas_thread
from tsrnn.forecasting.fitted_model import FittedModel
from tsrnn.forecasting.scores import Yardstick, errors_in_units, judged, largest_of

if TYPE_CHECKING:
    from tsrnn.forecasting.forecaster import Forecaster

# Values in a row that may be anomalies; one more is a new level.
_STRETCH = 5

# In scales of usual errors: what is hidden from the next fit, and how far out the median of a new
# level is, for its own errors are among those by which the scale was learned.
_WILD, _STAYS = 3.0, 2.25

# Fits at most, how many of them may hide more than before, and the share of a series that may be
# hidden from one.
_MOST_PASSES, _OPEN_PASSES, _MOST_HIDDEN = 7, 3, 0.25

FEWEST_VALUES = 10
"""Values that a series must have."""


class Scored(NamedTuple):
    """What is expected of values (n, k), bounds about it, and scores; NaN where nothing is.

    And how many scales of usual errors they are off.
    """

    expected: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    score: np.ndarray
    size: np.ndarray

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Scored:
        return cls(*np.full((5, *shape), np.nan))


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
    scored = Scored.empty(values.shape)
    left = np.arange(values.shape[1])
    learns_from_all = forecaster._learns_from_all()
    for number in range(_MOST_PASSES):
        taken = search.of_series(left)
        with one_blas_thread():
            if number == 0 and fitted is not None:
                ahead = _Run.made(fitted._model, fitted._seen[0], values, regressors)
            else:
                ahead = _Run.of(forecaster, taken, regressors)
            back = _Run.of(forecaster, taken.reversed(), regressors[::-1])
        found = _joined(ahead, back, taken, forecaster._taken_period() or 1, level)
        for part, new in zip(scored, found, strict=True):
            part[:, left] = new
        changed = search.learn(left, ahead, found.size, may_grow=number < _OPEN_PASSES)
        if not changed.any():
            break
        left = np.arange(values.shape[1]) if learns_from_all else left[changed]
    with np.errstate(invalid="ignore"):
        return scored, np.abs(scored.score) > ndtri(0.5 + 0.5 * level)


@dataclass
class _Search:
    """What is known so far of series (n, k).

    Attributes
    ----------
    values : array
    adjusted : array
        Less the steps.
    hidden : bool array
        What the next fit does not see.
    steps : array
        Added to what is expected, on the scale of errors: 0 while a step is new.
    is_step : bool array
        The values that a step is told by.
    is_tried : bool array
        Where stretches begin that were hidden as a whole.
    """

    values: np.ndarray
    adjusted: np.ndarray
    hidden: np.ndarray
    steps: np.ndarray
    whole_steps: np.ndarray
    is_step: np.ndarray
    is_tried: np.ndarray

    @classmethod
    def start(cls, values: np.ndarray) -> _Search:
        nothing = [np.zeros(values.shape, dtype) for dtype in (bool, float, float, bool, bool)]
        return cls(values, values.copy(), *nothing)

    def of_series(self, series: np.ndarray) -> _Search:
        return _Search(*[part[:, series] for part in vars(self).values()])

    def reversed(self) -> _Search:
        return _Search(*[part[::-1] for part in vars(self).values()])

    @property
    def seen(self) -> np.ndarray:
        """What a fit is to see."""
        return np.where(self.hidden, np.nan, self.adjusted)

    def learn(
        self, series: np.ndarray, run: _Run, size: np.ndarray, *, may_grow: bool
    ) -> np.ndarray:
        """Learn from errors in scales (n, k) of some series what to hide: of which that changed, (k,).

        Where it may not grow, values are only taken from what is hidden.
        """
        changed = np.zeros(series.size, dtype=bool)
        stepped = np.zeros(series.size, dtype=bool)
        for place, i in enumerate(series.tolist()):
            rows = np.flatnonzero(~np.isnan(self.values[:, i]))
            hidden, begun = self._stretches(i, rows, size[rows, place])
            hidden &= self.hidden[rows, i] | may_grow
            for first in begun:
                self._take_step(i, rows[first:], run.errors[:, place])
            stepped[place] = bool(begun)
            changed[place] = bool(begun) or (hidden != self.hidden[rows, i]).any()
            self.hidden[rows, i] = hidden
        if stepped.any():
            own = series[stepped]
            adjusted = run.less(self.whole_steps[:, series])[:, stepped]
            # What a method needs to be positive stays so.
            kept = (self.values[:, own] <= 0.0).any(axis=0) | ~(adjusted <= 0.0).any(axis=0)
            for part in (self.steps, self.whole_steps, self.is_step):
                part[:, own[~kept]] = 0
            self.adjusted[:, own] = np.where(kept, adjusted, self.values[:, own])
        return changed

    def _stretches(
        self, i: int, rows: np.ndarray, size: np.ndarray
    ) -> tuple[np.ndarray, list[int]]:
        """Return what to hide of the observed values of a series, and where steps begin."""
        flagged = (np.abs(size) > _WILD) & ~self.is_step[rows, i]
        hidden, begun, longest = flagged.copy(), [], _STRETCH + 1
        for first, stop in _stretches_of(np.where(flagged, np.sign(size), 0.0)):
            window = slice(first, first + longest)
            if stop - first < 2 or first + longest > rows.size:
                continue
            if self.hidden[rows[window], i].all():
                if _stays(size[window]):
                    begun.append(first)
                    hidden[first : max(stop, first + longest)] = False
            else:
                hidden[first + _STRETCH : stop] = False
                if not self.is_tried[rows[first], i]:
                    self.is_tried[rows[first], i] = True
                    hidden[window] = True
        most = int(_MOST_HIDDEN * rows.size)
        if np.count_nonzero(hidden) > most:
            wildest = np.argsort(np.where(hidden, -np.abs(size), 0.0), kind="stable")[:most]
            hidden[:] = False
            hidden[wildest] = True
        return hidden, begun

    def _take_step(self, i: int, rows: np.ndarray, errors: np.ndarray) -> None:
        """Take the observed values from the first of these rows on for a new level."""
        step = float(np.median(errors[rows[: _STRETCH + 1]]))
        self.whole_steps[rows[0] :, i] += step
        self.steps[rows[_STRETCH] :, i] += step
        self.is_step[rows[:_STRETCH], i] = True


@dataclass(frozen=True)
class _Run:
    """A fit, and the errors of all values, hidden ones too.

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

    def less(self, steps: np.ndarray) -> np.ndarray:
        """Return the values less steps, which are on the scale of errors."""
        moved = self.model.values_at(self.errors - steps, self.remembered) + self.effect
        plain = self.model.values_at(self.errors, self.remembered) + self.effect
        return np.where(steps == 0.0, plain, moved)

    def scored(self, search: _Search, level: float) -> Scored:
        """Score the values."""
        errors = self.errors - search.steps
        known = np.where(search.is_step, np.nan, errors)
        yardstick = Yardstick.of(known, self.units)
        distances = yardstick.distances(level, self.units)

        def at(beyond: np.ndarray) -> np.ndarray:
            return self.model.values_at(search.steps + beyond, self.remembered) + self.effect

        expected = self.remembered[0] + self.effect
        expected = np.where(search.steps == 0.0, expected, at(np.zeros_like(distances)))
        sizes = yardstick.sizes(errors, self.units)
        sizes = judged(self.model, search.values, self.remembered, sizes)
        return Scored(expected, at(-distances), at(distances), yardstick.scores(sizes), sizes)


def _joined(ahead: _Run, back: _Run, search: _Search, period: int, level: float) -> Scored:
    """Score values by one fit, and the first of each series by that to the reversed one."""
    scored = ahead.scored(search, level)
    reverse = back.scored(search.reversed(), level)
    observed = ~np.isnan(search.values)
    count = np.cumsum(observed, axis=0)
    known = observed & np.isfinite(scored.expected)
    n_unknown = count[known.argmax(axis=0), np.arange(count.shape[1])] - 1
    n_first = np.minimum(np.maximum(n_unknown, period + 2), count[-1] // 2)
    is_first = (count <= n_first) & np.isfinite(reverse.expected[::-1])
    return Scored(
        *(np.where(is_first, b[::-1], a) for a, b in zip(scored, reverse, strict=True))
    )


def _stretches_of(signs: np.ndarray) -> list[tuple[int, int]]:
    """Return where stretches of equal signs other than 0 begin, and the places after them."""
    edges = np.flatnonzero(np.diff(signs, prepend=0.0, append=0.0))
    return [
        (int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True) if signs[a] != 0.0
    ]


def _stays(size: np.ndarray) -> bool:
    """Tell whether values that a fit has not seen are a new level."""
    far = np.sign(size[0]) * size
    return bool(np.median(far) > _STAYS and far.min() > 0.5 * np.median(far))


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
