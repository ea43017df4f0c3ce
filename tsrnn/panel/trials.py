"""Trials of candidates: forecasts of held-back windows, compared on the rows that all forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from tsrnn.exceptions import InvalidParameterError
from tsrnn.metrics import evaluate
from tsrnn.metrics.frames import measurable
from tsrnn.metrics.table import needs_of

ROWS = ["series", "cutoff", "time", "y"]
NO_FORECASTS = pd.DataFrame(columns=[*ROWS, "forecast"])
_MOST_FAILED = 0.5  # of what is forecast by some candidate


class Trial(NamedTuple):
    """Forecasts of a candidate, or the reason that there are none.

    Attributes
    ----------
    params : dict
        What is special about the candidate.
    rows : DataFrame
        A row a forecast: the columns series, cutoff, time and y. None of a candidate that failed.
    forecasts : DataFrame
        Beside them: the column forecast, and bounds as "-lo-80", "-hi-80".
    seconds : float
    n_failed : int
        How many series failed.
    failure : str
        The reason of the first, "" where there is none.
    notes : sequence of Warning
        What users are to know besides.
    """

    params: Mapping[str, Any]
    rows: pd.DataFrame
    forecasts: pd.DataFrame
    seconds: float
    n_failed: int
    failure: str
    notes: Sequence[Warning]

    @property
    def has_failed(self) -> bool:
        """Whether there are no forecasts."""
        return not len(self.rows)

    def without_forecasts(self, failure: str) -> Trial:
        """Return the trial as one that has failed."""
        return self._replace(
            rows=self.rows[:0], forecasts=self.forecasts[:0], failure=self.failure or failure
        )


class Past(NamedTuple):
    """Series that scaled errors are measured by, and their period, as for `evaluate`."""

    y_train: Any
    period: int | Literal["auto"]


class Comparison(NamedTuple):
    """Scores of trials.

    Attributes
    ----------
    trials : list of Trial
        With those as failed that could not be compared.
    scores : DataFrame
        A row a trial, a column a metric; NaN where there are none.
    n_series : int
        How many series they are compared on.
    left_out : list of str
        Series that were left out of the comparison, in words.
    """

    trials: list[Trial]
    scores: pd.DataFrame
    n_series: int
    left_out: list[str]


def compare(
    trials: Sequence[Trial],
    n_series: int,
    metrics: Sequence[str],
    past_of: Callable[[int], Past],
) -> Comparison:
    """Score trials on the rows that all of them forecast.

    Trials that lack more than half of what there is count as failed, and do not decide what the
    others are compared on.

    Parameters
    ----------
    trials : sequence of Trial
        One at least has forecasts.
    n_series : int
        How many series there are.
    metrics : sequence of str
        Names that `tsrnn.metrics.evaluate` knows.
    past_of : callable
        Returns, by the number of a trial, the series that scaled errors are measured by.

    Raises
    ------
    ValueError
        If there is nothing to compare them on.
    """
    known = set().union(*(trial.rows["series"] for trial in trials))
    trials = _without_sparse(trials)
    tried = [i for i, trial in enumerate(trials) if not trial.has_failed]
    rows, forecasts = _shared([trials[i] for i in tried])
    n_shared = _n_series(rows)
    left_out = [
        (n_series - len(known), "no candidate forecasts"),
        (len(known) - n_shared, "not every candidate forecasts values of"),
    ]
    past = past_of(tried[0])._asdict() if "train" in needs_of(metrics) else {}
    has_unit = measurable(rows, **past) if past else np.ones(len(rows), dtype=bool)
    if not has_unit.any():
        raise ValueError(
            "y does not change before the windows, which is what scaled errors are measured by: "
            "choose another metric, such as 'mae'"
        )
    if not has_unit.all():
        rows, forecasts = rows[has_unit], [one[has_unit] for one in forecasts]
        left_out += [(n_shared - _n_series(rows), "no change before the windows gives a unit to")]
    scores = _scores(rows, forecasts, metrics, past)
    scores = scores.set_axis(tried).reindex(range(len(trials)))
    words = [f"{what} {number}" for number, what in left_out if number]
    return Comparison(trials, scores, _n_series(rows), words)


def _without_sparse(trials: Sequence[Trial]) -> list[Trial]:
    """Mark trials as failed that lack most of the forecasts that others have."""
    numbers = [int(trial.rows["y"].notna().sum()) for trial in trials]
    if not max(numbers):
        raise ValueError("y has no value in the windows held back: nothing tells candidates apart")
    least = (1.0 - _MOST_FAILED) * max(numbers)
    return [
        trial if number >= least or trial.has_failed else trial.without_forecasts("few forecasts")
        for trial, number in zip(trials, numbers, strict=True)
    ]


def _shared(trials: Sequence[Trial]) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return the rows that all trials forecast, of which y is known, and the forecasts there."""
    first = trials[0].rows
    if all(trial.rows is first for trial in trials):
        has_value = first["y"].notna().to_numpy()
        return first[has_value], [trial.forecasts[has_value] for trial in trials]
    seen = [trial.rows[trial.rows["y"].notna()] for trial in trials]
    labels = [pd.MultiIndex.from_frame(rows[ROWS[:3]]) for rows in seen]
    shared = reduce(lambda one, other: one.intersection(other, sort=False), labels)
    if not len(shared):
        raise ValueError(
            "there is no series that all candidates forecast: leave out of the grid what fails, "
            "or what changes the time steps"
        )
    places = [one.get_indexer(shared) for one in labels]
    rows = [one.iloc[place] for one, place in zip(seen, places, strict=True)]
    for other in rows[1:]:
        if not np.array_equal(rows[0]["y"], other["y"]):
            raise InvalidParameterError(
                "grid must not change the values that forecasts are held against, as aggregate and "
                "fill do: their errors cannot be compared"
            )
    forecasts = [trial.forecasts.loc[one.index] for trial, one in zip(trials, rows, strict=True)]
    return rows[0], forecasts


def _scores(
    rows: pd.DataFrame,
    forecasts: Sequence[pd.DataFrame],
    metrics: Sequence[str],
    past: dict[str, Any],
) -> pd.DataFrame:
    """Score forecasts that lie side by side, (n_trials, n_metrics)."""
    names = {
        f"{number}{str(name).removeprefix('forecast')}": one[name].to_numpy()
        for number, one in enumerate(forecasts)
        for name in one
    }
    frame = pd.concat([rows.reset_index(drop=True), pd.DataFrame(names)], axis=1)
    return evaluate(frame, metrics, **past).drop(columns="model")


def _n_series(rows: pd.DataFrame) -> int:
    return rows["series"].nunique()
