"""Fitted models of combinations: their members at the ends of columns, or of a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from tsrnn._input.notes import warn_user
from tsrnn._input.ragged import counted
from tsrnn._input.wording import Message
from tsrnn.compose.combining import (
    Span,
    Used,
    geometric_mean,
    mean,
    median,
    shares,
    unweighted,
    usable,
)
from tsrnn.compose.past_errors import CombinedErrors, growth, quantile_factors
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting.fitted_model import Either, FittedModel, Notes
from tsrnn.forecasting.infinities import beyond_floats
from tsrnn.forecasting.looped_panel import SERIES_ERRORS

# Whose forecast it is where members without a weight are left alone.
NO_WEIGHTS = "no member with a weight is left: the others have all the same weight"

# Of values that a float hardly holds.
_quietly = np.errstate(over="ignore", invalid="ignore")

_INFINITE = "the forecast of the member {name!r} is not finite: it is left out from step {step} on"
_RUNS_AWAY = (
    "the forecast of the member {name!r} runs away from step {step} on, outside of the series by "
    "more than three times its range: it is held nearer to it"
)


@dataclass(frozen=True)
class Member:
    """One of the forecasters of a combination, as it was fitted.

    Attributes
    ----------
    place : int
        Which of them.
    model : FittedModel or PanelModel
    series : (k,) array
        The series that it has; of a panel they are all, and those it failed for its failures.
    reads : bool
        Whether it takes regressors.
    ahead : (n, k) array or None
        What regressors of the next steps add, if they are known; NaN beyond them.
    """

    place: int
    model: Either
    series: np.ndarray
    reads: bool
    ahead: np.ndarray | None = None

    @property
    def present(self) -> np.ndarray:
        """The series that it can forecast."""
        lost = list(getattr(self.model, "failures", ()))
        return np.delete(self.series, lost) if lost else self.series

    def with_regressors(self, regressors: np.ndarray, *offsets: np.ndarray) -> Member:
        """Return the member that knows regressors of the next time steps."""
        if not self.reads:
            return self
        model = self.model.with_regressors(regressors, *offsets)
        effect = model.effect(regressors, *offsets)
        return replace(self, model=model, ahead=_by_step(effect, *offsets))

    def alone(self, i: int) -> Member:
        """Return the member of the series at a position among all of a panel."""
        ahead = None if self.ahead is None else self.ahead[:, [i]]
        return Member(self.place, self.model.alone(i), np.zeros(1, np.int64), self.reads, ahead)

    def forecast(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Predict the next steps, with what regressors add, (horizon, k)."""
        forecast = self.model.forecast(horizon, *n_jobs)
        if self.ahead is None:
            return forecast
        effect = np.full_like(forecast, np.nan)
        effect[: len(self.ahead)] = self.ahead[:horizon]
        return forecast + effect

    def spread(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return deviations of the next steps, (horizon, k); of a combination its units.

        These are in the proportion of its deviations, which would be learned by fits of their own.
        """
        of = self.model.unit if isinstance(self.model, EnsembleModel) else self.model.deviation
        return of(horizon, *n_jobs)

    def advance(self, values: np.ndarray, *panel: Any) -> tuple[Member, np.ndarray, np.ndarray]:
        """See further values of all series: the member then, predictions, their deviations."""
        own = values if panel else values[:, self.series]
        effect: np.ndarray | float = 0.0
        if self.ahead is not None:
            effect = self.ahead[: len(own)]
            if panel:
                series, step = counted(np.diff(panel[0]))
                effect = self.ahead[step, series]
        model, predictions, deviations = self.model.advance(own - effect, *panel)
        return replace(self, model=model, ahead=None), predictions + effect, deviations


def _by_step(rows: np.ndarray, *offsets: np.ndarray) -> np.ndarray:
    """Lay rows of the next steps of each series of a panel beside each other, NaN where none."""
    if not offsets:
        return rows
    lengths = np.diff(offsets[0])
    laid = np.full((lengths.max(initial=0), lengths.size), np.nan)
    series, step = counted(lengths)
    laid[step, series] = rows
    return laid


@dataclass(frozen=True)
class EnsembleModel(FittedModel):
    """Members, and how they are combined.

    Attributes
    ----------
    names : tuple of str
    members : tuple of Member
        One for each name at most that has a series.
    n_series : int
    is_median : bool
    weights : (M, N) array
        Of each name and series.
    span : Span
    past : CombinedErrors
    dropped : tuple of (str, int, str)
        The names of members that are left out, the series, and the reasons.
    known : (n, N) bool array or None
        For which of the next steps regressors are known, where there are any.
    failures, notes
    """

    names: tuple[str, ...]
    members: tuple[Member, ...]
    n_series: int
    is_median: bool
    weights: np.ndarray
    span: Span
    past: CombinedErrors
    dropped: tuple[tuple[str, int, str], ...] = ()
    known: np.ndarray | None = None
    failures: Mapping[int, Exception] = field(default_factory=dict)
    notes: Notes = ()

    @cached_property
    def present(self) -> np.ndarray:
        """The members that there are for each series, (M, N)."""
        present = np.zeros((len(self.names), self.n_series), dtype=bool)
        for one in self.members:
            present[one.place, one.present] = True
        return present

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that move with the series."""
        weights = self.weights[:, 0] if self.n_series == 1 else self.weights
        return {"dropped_": told(self.dropped, self.n_series), "weights_": weights}

    def named_weights(self) -> dict[str, np.ndarray]:
        """Return the weights of members in each series, (N,) arrays by their names."""
        return dict(zip(self.names, self.weights, strict=True))

    def effect(self, regressors: np.ndarray, *offsets: np.ndarray) -> np.ndarray:
        """Return zeros: what regressors add is in the members' forecasts; NaN for failures."""
        if not offsets:
            return np.zeros((len(regressors), self.n_series))
        nothing = np.zeros(self.n_series)
        nothing[list(self.failures)] = np.nan
        return np.repeat(nothing, np.diff(offsets[0]))

    def with_regressors(self, regressors: np.ndarray, *offsets: np.ndarray) -> EnsembleModel:
        """Return the model that knows regressors of the next time steps, NaN where unknown."""
        if not regressors.shape[1]:
            return self
        members = tuple(one.with_regressors(regressors, *offsets) for one in self.members)
        are_known = _by_step(~np.isnan(regressors).any(axis=1) * 1.0, *offsets) == 1.0
        if not offsets:
            are_known = np.repeat(are_known[:, None], self.n_series, axis=1)
        return replace(self, members=members, known=are_known)

    def advance(self, values: np.ndarray, *panel: Any) -> tuple[Any, np.ndarray, np.ndarray]:
        """See further values: the model then, one-step predictions, their deviations."""
        shape = (len(self.names), *values.shape)
        predictions, deviations = np.full((2, *shape), np.nan)
        members, dropped = [], list(self.dropped)
        for one in self.members:
            where = (..., slice(None)) if panel else (slice(None), one.series)
            before = one.present
            try:
                later, *found = one.advance(values, *panel)
            except SERIES_ERRORS as error:
                reasons = {int(i): str(error) for i in before}
            else:
                members.append(later)
                predictions[one.place][where], deviations[one.place][where] = found
                lost = np.setdiff1d(before, later.present).tolist()
                reasons = {i: str(later.model.failures[i]) for i in lost}
            dropped += [(self.names[one.place], i, reasons[i]) for i in reasons]
        series = counted(np.diff(panel[0]))[0] if panel else np.arange(values.size) % self.n_series
        span = self.span.after(values.ravel(), series)
        parts = {"members": tuple(members), "span": span, "dropped": tuple(dropped)}
        moved = replace(self, **parts, known=None, notes={} if panel else ())  # type: ignore[arg-type]
        whole = moved.without_lost().with_shares()
        if not panel and whole.failures:
            raise next(iter(whole.failures.values()))
        without = unweighted(self.weights, whole.present).any()
        _tell_newly_dropped(dropped[len(self.dropped) :], self.n_series, bool(without))
        weights = whole.weights[:, series] if panel else whole.weights
        return whole, self.combined(predictions, weights), self.spread(deviations, weights)

    def without_lost(self) -> EnsembleModel:
        """Return the model with the series that no member has among its failures."""
        failures = dict(self.failures)
        for i in np.flatnonzero(~self.present.any(axis=0)).tolist():
            if i not in failures:
                reasons = [f"{name}: {why}" for name, k, why in self.dropped if k == i]
                failures[i] = ValueError(f"every member fails: {'; '.join(reasons)}")
        return replace(self, failures=failures) if len(failures) > len(self.failures) else self

    def with_shares(self) -> EnsembleModel:
        """Return the model with weights of the members that there are, of sum 1."""
        return replace(self, weights=shares(self.weights, self.present))

    def forecast(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Predict the next steps, (horizon, N)."""
        _, used = self._forecasts(horizon, *n_jobs)
        return self.combined(used.forecasts, self.weights)

    @_quietly
    def unit(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return the units that past errors are told in, (horizon, N)."""
        _, used = self._forecasts(horizon, *n_jobs)
        deviations = np.full((len(self.names), horizon, self.n_series), np.nan)
        for one in self.members:
            deviations[one.place][:, one.series] = one.spread(horizon, *n_jobs)
        apart = used.forecasts - self.forecast(horizon, *n_jobs)
        size = np.fmax.reduce(np.abs(apart), axis=0)  # squares may be beyond numbers
        size = np.where(size > 0.0, size, 1.0)
        between = size * np.sqrt(mean((apart / size) ** 2, self.weights))
        is_known = np.isfinite(used.forecasts) & np.isfinite(deviations)
        spread = geometric_mean(np.where(is_known, deviations, np.nan))
        return (spread + 0.5 * between) * growth(horizon, self.span.count)

    def deviation(self, horizon: int, *n_jobs: int | None) -> np.ndarray:
        """Return how far off 68 percent of forecast errors are at most, (horizon, N)."""
        level = np.full((1, horizon), ndtr(1.0))
        return self._errors(level, *n_jobs)[:, 0]

    @_quietly
    def quantiles(self, horizon: int, quantiles: np.ndarray, *n_jobs: int | None) -> np.ndarray:
        """Return quantiles of the next values, (horizon, n_quantiles, N)."""
        levels = np.repeat(quantiles[:, None], horizon, axis=1)
        ahead = self.forecast(horizon, *n_jobs)[:, None] + self._errors(levels, *n_jobs)
        return beyond_floats(ahead)

    @_quietly
    def _errors(self, levels: np.ndarray, *n_jobs: int | None) -> np.ndarray:
        """Return quantiles of errors at levels (n_quantiles, horizon), as `quantiles` does."""
        factors = quantile_factors(self.past.of(*n_jobs), levels).T
        unit = self.past.floored(self.unit(levels.shape[1], *n_jobs), *n_jobs)
        return factors[:, :, None] * unit[:, None]

    def doubts(self, horizon: int) -> Mapping[int, Warning]:
        """Return which members' forecasts are left out, and what these say of others."""
        _, used = self._forecasts(horizon)
        texts: dict[int, list[str]] = {}
        for what, steps in ((_INFINITE, used.infinite), (_RUNS_AWAY, used.run_away)):
            for place, i in np.argwhere(steps).tolist():
                text = what.format(name=self.names[place], step=steps[place, i])
                texts.setdefault(i, []).append(text)
        for one in self.members:
            for k, note in one.model.doubts(horizon).items():
                i = int(one.series[k])
                is_own = np.isfinite(used.forecasts) & ~used.held
                if is_own[one.place, :, i].all():
                    text = Message("{note} (member {name})", note=note, name=self.names[one.place])
                    texts.setdefault(i, []).append(text)
        return {i: UnreliableForecastWarning(_joined(lines)) for i, lines in texts.items()}

    def alone(self, i: int) -> EnsembleModel:
        """Return the model of the series at a position of a panel."""
        return replace(
            self,
            members=tuple(one.alone(i) for one in self.members if i in one.present),
            n_series=1,
            weights=self.weights[:, [i]],
            span=self.span.alone(i),
            past=self.past.alone(i),
            dropped=tuple((name, 0, why) for name, k, why in self.dropped if k == i),
            known=None if self.known is None else self.known[:, [i]],
            failures={},
            notes={},
        )

    @_quietly
    def simulate(
        self, horizon: int, n_paths: int, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw futures of columns: the forecast, and errors whose quantiles are those predicted.

        An error is resampled by its rank. Ranks of one path are those of a random walk: with z_h
        the mean of h normal numbers, times the root of h, that of its probability.
        """
        steps = random_state.standard_normal((horizon, n_paths * self.n_series)).cumsum(axis=0)
        ranks = ndtr(steps / np.sqrt(np.arange(1, horizon + 1))[:, None])
        resampled = quantile_factors(self.past.of(), ranks.T, exact=False).T
        unit = self.past.floored(self.unit(horizon))
        errors = resampled.reshape(horizon, n_paths, self.n_series) * unit[:, None]
        return beyond_floats(self.forecast(horizon)[:, None] + errors)

    def combined(self, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Combine members' numbers (M, .., N), NaN where there is none: (.., N)."""
        return median(values) if self.is_median else mean(values, weights)

    def spread(self, deviations: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the mean of members' deviations (M, .., N) that are finite, (.., N)."""
        return mean(np.where(np.isfinite(deviations), deviations, np.nan), weights)

    @cached_property
    def _found(self) -> dict[int, tuple[np.ndarray, Used]]:
        """Forecasts of the last horizon, for a request looks at them more than once."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what was fitted, without what a request left behind."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def _forecasts(self, horizon: int, *n_jobs: int | None) -> tuple[np.ndarray, Used]:
        """Return forecasts of all members, (M, horizon, N), and which of them are combined."""
        if horizon not in self._found:
            forecasts = np.full((len(self.names), horizon, self.n_series), np.nan)
            for one in self.members:
                forecasts[one.place][:, one.series] = one.forecast(horizon, *n_jobs)
            known = np.ones((horizon, self.n_series), dtype=bool)
            if self.known is not None:
                known[:] = False
                known[: len(self.known)] = self.known[:horizon]
            used = usable(forecasts, self.present & (self.weights > 0.0), self.span, known)
            self._found.clear()
            self._found[horizon] = forecasts, used
        return self._found[horizon]


def _joined(lines: Sequence[str]) -> Message:
    """Make one text of several."""
    fields = {f"line_{k}": line for k, line in enumerate(lines)}
    return Message("; ".join(f"{{{name}}}" for name in fields), **fields)


def told(dropped: tuple[tuple[str, int, str], ...], n_series: int) -> dict[str, str]:
    """Return why members are left out, by their names; of several series which ones."""
    reasons: dict[str, list[str]] = {}
    for name, i, reason in dropped:
        reasons.setdefault(name, []).append(reason if n_series == 1 else f"series {i}: {reason}")
    return {name: "; ".join(lines) for name, lines in reasons.items()}


def _tell_newly_dropped(
    dropped: list[tuple[str, int, str]], n_series: int, without_weights: bool
) -> None:
    """Warn of members that could not be moved on through further values."""
    if dropped:
        name, i, reason = dropped[0]
        series = sorted({i for _, i, _ in dropped})
        where = "" if n_series == 1 else f" of {len(series)} of {n_series} series, first series {i}"
        also = f"; {NO_WEIGHTS}" if without_weights else ""
        warn_user(
            f"the member {name!r} cannot be moved on through the new values{where}, and is left "
            f"out from here on: {reason}{also}",
            UnreliableForecastWarning,
        )
