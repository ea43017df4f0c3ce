"""The structure that suits each series best, of all that it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tsrnn._input.ragged import Batch
from tsrnn.smoothing.fit import unnamed
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.search.task import Settings
from tsrnn.smoothing.shares import n_to_learn
from tsrnn.smoothing.spec import FitSpec
from tsrnn.smoothing.structure import Structure

Criterion = Literal["aic", "aicc", "bic", "backtest"]

# What is held back to compare forecasts by: a period, or so many values; a quarter at most.
_HELD_BACK = 6

# Beside longer seasons nothing is chosen from trends without damping, nor from factors.
_LONG_SEASON = 12

# Beside seasons of more than so many steps a trend without damping must be better by so much of an
# information criterion.
_SHORT_SEASON, _FOR_NO_DAMPING = 4, 4.0

# Criteria closer than this are the same: a search leaves about as much. Of errors it is a share.
_TIE = 1e-6


@dataclass(frozen=True)
class Candidates:
    """The structures that are chosen from, and a criterion.

    Attributes
    ----------
    structures : tuple of Structure
        The first of those that are equally good is chosen.
    criterion : str
        One of `Criterion`.
    rates : dict
        Of the prior, by parameter.
    settings : Settings
    penalties : tuple of float
        What is added to an information criterion of each structure before they are compared.
    """

    structures: tuple[Structure, ...]
    criterion: str
    rates: Mapping[str, float]
    settings: Settings
    penalties: tuple[float, ...]


@dataclass(frozen=True)
class Selection:
    """Candidates beside each other.

    Attributes
    ----------
    structures : tuple of Structure
    scores : dict of (n_candidates, N) arrays
        By name; infinite where a candidate was left out.
    reasons : (n_candidates, N) object array
        Why; empty where it was not.
    compared : (n_candidates, N) array
        What is lowest for the structure that is chosen: the criterion and the penalty.
    penalties : (n_candidates,) array
    chosen : (N,) int array
        -1 where none was left in.
    found : dict
        For each structure the series that it was fitted to, and the numbers of that.
    """

    structures: tuple[Structure, ...]
    scores: dict[str, np.ndarray]
    reasons: np.ndarray
    compared: np.ndarray
    penalties: np.ndarray
    chosen: np.ndarray
    found: dict[Structure, tuple[np.ndarray, dict[str, np.ndarray]]]

    def leave_out(self, i: int, reason: str, criterion: str) -> None:
        """Choose another structure for series i than the one that was chosen."""
        c = self.chosen[i]
        self.reasons[c, i] = reason
        for scores in self.scores.values():
            scores[c, i] = np.inf
        self.compared[c, i] = np.inf
        is_left = self.reasons[:, i] == ""
        self.chosen[i] = lowest(self.compared[:, i], criterion) if is_left.any() else -1


def lowest(compared: np.ndarray, criterion: str) -> np.ndarray:
    """Return the first of those that are lowest along the first axis, but for rounding.

    With alpha = 0 additive and multiplicative errors about a level are one model: the unit of the
    series must not choose between them. The first are the additive, and the simple.
    """
    best = compared.min(axis=0)
    slack = _TIE * (np.abs(best) if criterion == "backtest" else 1.0)
    with np.errstate(invalid="ignore"):  # infinity less infinity
        return np.argmax(compared <= best + np.where(np.isfinite(best), slack, 0.0), axis=0)


def all_structures(period: int) -> tuple[Structure, ...]:
    """Return what can be chosen from: every error, trend and season."""
    seasons = [None] if period == 1 else [None, "add", "mul"]
    trends = [(None, False), ("add", False), ("add", True)]
    return tuple(
        Structure(error, trend, damped, seasonal, period if seasonal else 1)
        for seasonal in seasons
        for error in ("add", "mul")
        for trend, damped in trends
    )


def usual_structures(period: int) -> tuple[Structure, ...]:
    """Return what is chosen from unless the user says otherwise.

    Additive errors do not grow with a multiplicative season, and their likelihood has poor optima.
    On held-back values of M4's hourly series errors were by 20 percent smaller without trends that
    are not damped, and by 12 more without factors. `benchmarks/selection_choice.py` prints that.
    """

    def is_usual(one: Structure) -> bool:
        if period > _LONG_SEASON and (is_undamped(one) or one.seasonal == "mul"):
            return False
        return one.error == "mul" or one.seasonal != "mul"

    return tuple(filter(is_usual, all_structures(period)))


def usual_penalties(period: int) -> tuple[float, ...]:
    """Return those of the usual structures.

    Of steps as short as months those trends last that are damped, if the series does not say
    otherwise aloud: on held-back values of M3's monthly series errors were by 4 percent smaller
    with a penalty of 4, and no smaller without such trends. Yearly and quarterly series need them.
    """
    size = _FOR_NO_DAMPING if period > _SHORT_SEASON else 0.0
    return tuple(size * is_undamped(one) for one in usual_structures(period))


def is_undamped(one: Structure) -> bool:
    """Tell whether a structure has a trend that is not damped."""
    return one.trend is not None and not one.damped


def select(candidates: Candidates, batch: Batch, n_jobs: int | None = None) -> Selection:
    """Fit every structure to every series that allows it, and choose by a criterion."""
    structures, criterion = candidates.structures, candidates.criterion
    further = ("backtest",) if criterion == "backtest" else ()
    names = ("loglik", "aic", "aicc", "bic", *further)
    shape = (len(structures), batch.n_series)
    scores = {name: np.full(shape, np.inf) for name in names}
    reasons = np.full(shape, "", dtype=object)
    quick = replace(candidates.settings, effort="quick")
    known: dict[Structure, tuple[np.ndarray, dict[str, np.ndarray]]] = {}
    for c, structure in enumerate(structures):
        spec = FitSpec.learning_all(structure, candidates.rates, quick)
        reasons[c] = against_fitting(spec, batch)
        series = np.flatnonzero(reasons[c] == "")
        if not series.size:
            continue
        subset = batch.take(series)
        related = _related(structure, series, known)
        fit = fit_batch(spec, subset, unnamed, n_jobs, related=related)
        known[structure] = series, fit.numbers
        for name in ("loglik", "aic", "aicc", "bic"):
            best = np.inf if name == "loglik" else -np.inf
            scores[name][c, series] = np.where(fit.is_exact, best, fit.numbers[f"{name}_"])
        if criterion == "backtest":
            scores["backtest"][c, series] = backtest_errors(spec, subset, n_jobs)
        against = {k: str(error) for k, error in fit.failures.items()}
        for k, reason in (fit.unreasonable | against).items():
            reasons[c, series[k]] = reason
            for name in names:
                scores[name][c, series[k]] = np.inf
    # A series that is followed exactly has no finite criterion: the first, and simplest, does it.
    compared = np.where(np.isnan(scores[criterion]), np.inf, scores[criterion])
    penalties = np.array(candidates.penalties) * (criterion != "backtest")
    compared += penalties[:, None]
    chosen = lowest(compared, criterion)
    chosen[(reasons != "").all(axis=0)] = -1
    return Selection(structures, scores, reasons, compared, penalties, chosen, known)


def _related(
    structure: Structure,
    series: np.ndarray,
    known: Mapping[Structure, tuple[np.ndarray, dict[str, np.ndarray]]],
) -> list[dict[str, np.ndarray]]:
    """Return what structures next to this one, with the same season, found for all its series."""
    if structure.seasonal is None and not structure.is_relative:
        return []  # a grid search says where the optimum is
    neighbours = [replace(structure, error="add")]
    neighbours += [replace(structure, damped=False)] if structure.damped else []
    neighbours += [replace(structure, trend=None, damped=False)]
    return [
        found
        for neighbour in dict.fromkeys(neighbours)
        if neighbour != structure and neighbour in known
        for found in [found_for(series, neighbour, *known[neighbour], like=structure)]
        if found is not None
    ]


def found_for(
    series: np.ndarray,
    structure: Structure,
    fitted: np.ndarray,
    numbers: dict[str, np.ndarray],
    *,
    like: Structure,
) -> dict[str, np.ndarray] | None:
    """Return what a structure found for some series, to start another one like it from.

    None if it was not fitted to all of them.
    """
    place = np.searchsorted(fitted, series)
    place[place == fitted.size] = 0
    if not np.array_equal(fitted[place], series):
        return None
    states = numbers["initial_state_"][place]
    if structure.trend is None and like.cell.n_state > 1:
        states = np.insert(states, 1, 0.0, axis=1)
    found = {one.name: numbers[f"{one.name}_"][place] for one in structure.cell.parameters}
    if "coef_" in numbers:
        found["coefficients"] = numbers["coef_"][place]
    return {**found, "states": states}


def against_fitting(spec: FitSpec, batch: Batch) -> np.ndarray:
    """Return why each series rules a structure out, (N,); empty where it does not."""
    structure = spec.structure
    reasons = np.full(batch.n_series, "", dtype=object)
    n_observed = batch.count_observed()
    needed = n_to_learn(spec, batch) + 1 + 2  # the variance, and two to spare
    if structure.seasonal is not None:
        needed = np.maximum(needed, 2 * structure.period)
    for i in np.flatnonzero(n_observed < needed).tolist():
        reasons[i] = f"{n_observed[i]} observed values: {needed[i]} are needed"
    if structure.is_positive:
        reasons[batch.sums(batch.values <= 0.0) > 0] = "not all values are positive"
    return reasons


def backtest_errors(spec: FitSpec, batch: Batch, n_jobs: int | None = None) -> np.ndarray:
    """Return the mean absolute errors of forecasts of what is held back, (N,)."""
    lengths = batch.lengths
    n_back = np.maximum(np.minimum(max(spec.structure.period, _HELD_BACK), lengths // 4), 1)
    is_kept = batch.steps < (lengths - n_back)[batch.series_of_row]
    offsets = np.concatenate([[0], np.cumsum(lengths - n_back)]).astype(np.int64)
    kept = Batch(batch.values[is_kept], offsets, batch.regressors[is_kept])
    enough = np.flatnonzero(against_fitting(spec, kept) == "")
    errors = np.full(batch.n_series, np.inf)
    if not enough.size:
        return errors
    fit = fit_batch(spec, kept.take(enough), unnamed, n_jobs)
    forecasts = fit.model.forecast(int(n_back.max())).T
    ahead = Batch(batch.values[~is_kept], np.r_[0, np.cumsum(n_back)], batch.regressors[~is_kept])
    ahead = ahead.take(enough)
    forecast = forecasts[ahead.series_of_row, ahead.steps]
    missed = np.abs(ahead.values - fit.model.effect(ahead) - forecast)
    seen = ~np.isnan(missed)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = ahead.sums(np.where(seen, missed, 0.0)) / ahead.sums(seen)
    errors[enough] = np.where(np.isfinite(means), means, np.inf)
    return errors


def chosen_parts(selection: Selection, series: np.ndarray) -> list[tuple[Structure, np.ndarray]]:
    """Return each structure that was chosen, and for which of some series."""
    chosen = selection.chosen[series]
    return [
        (structure, series[chosen == c])
        for c, structure in enumerate(selection.structures)
        if (chosen == c).any()
    ]
