"""A forecaster fitted to the series of a file, and what that tells in terms of the file."""

from __future__ import annotations

import pandas as pd

from tsrnn._time.season_length import Season
from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.csv_file import SeriesOfFile
from tsrnn.cli.steps import with_days
from tsrnn.exceptions import IrregularIndexError
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.panel.fill import StepRules


def fit_to_file(model: Forecaster, given: SeriesOfFile) -> Forecaster:
    """Fit a forecaster; tell of uneven dates in terms of the file."""
    try:
        return model.fit(given.y)
    except IrregularIndexError as error:
        row, column = error.row, given.y.index.name
        cure = "missing, or --fill 0 for zeros"
        if with_days(StepRules(aggregate="sum"), given.y.index)[1]:
            cure += "; --aggregate sum puts together the lines of a day"
        if isinstance(given.y.index, pd.DatetimeIndex) and (given.y.index.day_of_week < 5).all():
            cure += "; --freq rows takes the lines as the steps, such as trading days"
        before, after = given.y.index[row - 1 : row + 1].map(str)
        raise UsageError(
            f"column {column!r} must be evenly spaced, but after {before} on line "
            f"{given.lines[row - 1]} comes {after} on line {given.lines[row]}: where values are "
            "missing, put in a line for each, with its date and an empty cell, or say --fill "
            f"{cure}"
        ) from error


def season_of(model: Forecaster, y: pd.Series) -> Season:
    """Return the season of the time stamps of the series that a forecaster was fitted to."""
    return model._grid.season.among(int(y.count()))
