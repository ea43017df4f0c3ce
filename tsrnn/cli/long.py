"""The work of `tsrnn forecast --id`: a panel of the series of a file."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.wording import Message
from tsrnn._time.season_length import season_in_words
from tsrnn.cli.csv_errors import UsageError, quoted
from tsrnn.cli.csv_long import LongFile
from tsrnn.cli.csv_table import MISSING
from tsrnn.cli.steps import (
    filled_words,
    in_options,
    is_asked,
    joint_words,
    refuse_without_dates,
    with_days,
)
from tsrnn.exceptions import UnfinishedStepWarning
from tsrnn.forecasting.backtesting import bound_names
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.panel.differ import most_steps
from tsrnn.panel.errors import AllFailedError, CellError, CellProblem
from tsrnn.panel.fill import StepRules
from tsrnn.panel.forecaster import FrameFit, PanelForecaster, fit_frame

_MOST_TOLD = 5  # series whose failures or notes are told one by one


# What a panel calls the columns of its tables, which its own names may be no others of: the command
# has other tables, and takes any name of a file that is not in these.
_ALIAS = "the forecast"
_OF_PANELS = ("cutoff", "reason", "exception", "note", "n_filled", _ALIAS)


@dataclass(frozen=True)
class LongForecasts:
    """The forecasts of a file.

    Attributes
    ----------
    table : DataFrame
        A line a series and step, columns as for a single series.
    told : list of str
        What was done about missing lines, and what the user should know of single series.
    n_left_out : int
        How many series are not in the table.
    periods : dict
        Those that were taken of the dates by series, where the forecaster looks for a season.
    """

    table: pd.DataFrame
    message: list[str]
    n_left_out: int
    periods: Mapping[Hashable, int] = field(default_factory=dict)

    def common_period(self, series: Iterable[Hashable]) -> int:
        """Return the period of all of some series; 1 where they have several, or none."""
        found = {self.periods.get(one, 1) for one in series}
        return found.pop() if len(found) == 1 else 1


def forecast_long(
    given: LongFile,
    forecaster: Forecaster,
    horizon: int,
    percents: Sequence[float],
    rules: StepRules,
    n_jobs: int,
) -> LongForecasts:
    """Forecast the series of a file."""
    series, date, _ = given.frame.columns
    names = [_unlike_ours(name) for name in given.frame.columns]
    frame = given.frame.set_axis(names, axis=1)
    if is_asked(rules) and not given.has_dates:
        refuse_without_dates()
    rules, message = with_days(rules, pd.Index(given.frame[date]))
    panel = PanelForecaster(
        forecaster,
        id_col=names[0],
        time_col=names[1],
        target_col=names[2],
        freq=rules.freq,
        fill=rules.fill,
        aggregate=rules.aggregate,
        alias=_ALIAS,
        n_jobs=n_jobs,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)  # told below, by the names of the file
        try:
            fit = fit_frame(panel, frame)
        except AllFailedError as error:
            words = f"all {error.n_series} series failed; the first, {error.series!r}: "
            raise UsageError(words + _in_words(error.failure, given)) from error
        except ValueError as error:
            raise UsageError(in_options(error)) from error
    try:
        table = panel.predict(horizon, level=list(percents))
    except ValueError as error:
        raise UsageError(f"--horizon {horizon} is too far ahead: {error}") from error
    bounds = [name for percent in percents for name in bound_names(percent)]
    table.columns = [series, date, "forecast", *bounds]
    message += _of_steps(panel, fit, frame, rules)
    message += [str(one.message) for one in caught if one.category is UnfinishedStepWarning]
    message += _seasons_told(panel, fit)
    table, beyond = _without_infinities(table)
    failures = [(name, _in_words(failure, given)) for name, failure in fit.failed] + beyond
    notes = [(name, in_options(note)) for name, note in fit.notes]
    message += _message(failures, "left out: ") + _message(notes, "")
    periods = panel.period_.to_dict() if fit.sought_season else {}
    return LongForecasts(table, message, len(failures), periods)


def _unlike_ours(name: str) -> str:
    """Return what a panel is told that a column of the file is called."""
    is_ours = name in _OF_PANELS or name.startswith(f"{_ALIAS}-")
    return f"{name} of the file" if is_ours else name


def _without_infinities(table: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Take out series whose forecasts floats cannot hold: the others, and why these are not."""
    ids = table.iloc[:, 0]
    wrong = ids.isin(ids[np.isinf(table.iloc[:, 2:]).any(axis=1)])
    reason = "the forecast is beyond the largest numbers: give values in larger units"
    failures = [(name, reason) for name in ids[wrong].unique()]
    if wrong.all():
        raise UsageError(f"all {len(failures)} series failed: {reason}")
    return table[~wrong], failures


def _seasons_told(panel: PanelForecaster, fit: FrameFit) -> list[str]:
    """Tell which seasons were taken, and in how many series each."""
    if not fit.sought_season:
        return []
    seasons, kind = fit.fitted.grid.seasons()
    taken = zip(panel.period_, kind[fit.fitted.active], strict=True)
    words = pd.Series([season_in_words(period, seasons[i]) for period, i in taken])
    counts = words.value_counts()
    if len(counts) == 1:
        return [f"season: {words[0]}; --period overrides"]
    listed = ", ".join(f"{one} in {count} series" for one, count in counts.items())
    return [f"season: {listed}; --period overrides"]


def _of_steps(
    panel: PanelForecaster, fit: FrameFit, frame: pd.DataFrame, rules: StepRules
) -> list[str]:
    """Tell what was put together, and what was put in."""
    words = most_steps(fit.fitted.grid)
    filled = panel.filled_["n_filled"]
    n_lines = int(frame[panel.id_col].isin(fit.fitted.ids).sum())
    n_steps = int(fit.lengths.sum() - filled.sum())
    message = joint_words(n_lines, n_steps, words, rules)
    return message + filled_words(int(filled.sum()), words, len(filled), rules)


def _said_of(name: str, text: str) -> str:
    """Put the name of a series before what is said of it, or into it."""
    said = text.removeprefix("the series ")
    return f"series {name}: {text}" if said == text else f"series {name} {said}"


def _message(reasons: Sequence[tuple[Any, str]], what: str) -> list[str]:
    """Tell of the first series, and how many more there are."""
    message = [_said_of(quoted(name), f"{what}{reason}") for name, reason in reasons[:_MOST_TOLD]]
    n_more = len(reasons) - len(message)
    return (
        [*message, f"and {n_more} more series {what.rstrip(': ')}".rstrip()]
        if n_more > 0
        else message
    )


def _in_words(failure: Exception, given: LongFile) -> str:
    """Say why a series failed: by the lines of the file, and its cells as they are written."""
    if not isinstance(failure, CellError):
        return in_options(failure)
    line = given.lines[failure.row]
    if given.words is None or failure.problem not in _OF_DATES:
        return in_options(failure.message(f"on line {line}"))
    name, cell = quoted(given.words.name), given.words.iloc[failure.row]
    message = f"has no date on line {line}"
    if cell not in MISSING:
        message = f"{_OF_DATES[failure.problem].format(quoted(cell))} on line {line}"
    return in_options(Message("{message}{cure}", message=f"{name} {message}", cure=failure.cure))


# What is said of the cells that time stamps were read from.
_OF_DATES = {
    CellProblem.NO_STAMP: "must hold dates, but holds {}",
    CellProblem.REPEATED_STAMP: "holds {} a second time",
}
