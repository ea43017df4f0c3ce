"""The work of `tsrnn forecast`: the series of a file forecast, one or many."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tsrnn._time.season_length import season_in_words
from tsrnn.cli.csv_dates import format_of_steps
from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.csv_file import SeriesOfFile, read_series
from tsrnn.cli.csv_long import read_long
from tsrnn.cli.fitting import fit_to_file, season_of
from tsrnn.cli.long import forecast_long
from tsrnn.cli.models import DEFAULT_MODEL, SEASONAL_MODELS, forecaster_of
from tsrnn.cli.options import (
    INCOMPLETE,
    check_numbers,
    jobs_of,
    refuse_long_season,
    source_of,
    spelling_of,
    tails_of,
)
from tsrnn.cli.output import (
    refuse_names_of_ours,
    refuse_to_overwrite,
    save_picture,
    tell,
    write_table,
)
from tsrnn.cli.steps import in_options, is_asked, rules_of, stepped
from tsrnn.compose.transform import TransformedForecaster
from tsrnn.forecasting.backtesting import bound_names
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.series_error import NumberedSeriesError
from tsrnn.panel.fill import StepRules
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.theta.forecaster import ThetaForecaster

MOST_LINES = 10_000_000  # of the forecasts of all series

_KINDS = {"add": "additive", "mul": "multiplicative", None: "no"}

# Which model was taken where none was named.
_DEFAULT_TOLD = f"model: {DEFAULT_MODEL}; --model names another"


def run_forecast(options: argparse.Namespace) -> int:
    """Forecast the series of a file, and tell what was taken for it."""
    check_numbers(options)
    refuse_to_overwrite(options.file, options.output, options.plot)
    is_named, options.model = options.model is not None, options.model or DEFAULT_MODEL
    forecaster, rules = forecaster_of(options), rules_of(options)
    message: list[str] = []
    source = source_of(options)
    if options.id is not None:
        return _several(options, forecaster, rules, source, is_named)
    if options.jobs is not None:
        raise UsageError("--jobs is for several series: leave it out, or name their column by --id")
    try:
        repeats = options.aggregate is not None
        columns = options.date, options.value
        given = read_series(options.file, *columns, spelling_of(options), repeats, rules.freq)
        refuse_names_of_ours([given.y.index.name], options.level)
        date_format = given.date_format
        if is_asked(rules):
            given, message = stepped(given, rules)
        refuse_long_season(options.period, len(given.y))
        model = fit_to_file(forecaster, given)
    except NumberedSeriesError as error:  # of which a file has no other
        raise UsageError(f"{source}: the series {in_options(error.reason)}") from error
    except (UsageError, ValueError) as error:  # ValueError: from the forecaster, of the data
        raise UsageError(f"{source}: {in_options(error)}") from error
    table = _table_in_time(model, options.horizon, options.level)
    if rules.aggregate is not None:
        date_format = format_of_steps(date_format, table.index)
    # First, so that a picture that fails does not take the numbers with it.
    _write(table, given, options.output, date_format)
    for line in [*given.notes, *message, *_of_model(options, is_named, model, given.y)]:
        tell(line)
    if options.plot:
        save_picture(given.y, model.fitted_values_, table, options.level, options.plot)
    return 0


def _several(
    options: argparse.Namespace,
    forecaster: Forecaster,
    rules: StepRules,
    source: str,
    is_named: bool,
) -> int:
    if options.plot:
        raise UsageError("--plot draws a single series: leave it out with --id")
    n_jobs = jobs_of(options)
    try:
        columns = options.id, options.date, options.value
        given = read_long(options.file, *columns, spelling_of(options), rules.freq)
        series = given.frame.iloc[:, 0]
        named = given.frame.columns[: 1 + given.has_dates]
        refuse_names_of_ours(named, options.level, given.has_dates)
        n_lines = options.horizon * series.nunique()
        if n_lines > MOST_LINES:
            raise UsageError(
                f"--horizon {options.horizon} makes {n_lines:,} lines of {series.nunique():,} "
                f"series: there may be {MOST_LINES:,}"
            )
        if rules.fill is None:
            refuse_long_season(options.period, int(series.value_counts().max()))
        forecasts = forecast_long(given, forecaster, options.horizon, options.level, rules, n_jobs)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from error
    date_format = given.date_format
    if rules.aggregate is not None:
        date_format = format_of_steps(date_format, pd.Index(forecasts.table.iloc[:, 1]))
    write_table(forecasts.table, options.output, index=False, date_format=date_format)
    model = [] if is_named else [_DEFAULT_TOLD]
    for line in [*given.notes, *model, *forecasts.message]:
        tell(line)
    return INCOMPLETE if forecasts.n_left_out else 0


def _table_in_time(model, horizon: int, percents: Sequence[float]) -> pd.DataFrame:
    """Return the table; tell of steps for which there are no dates in terms of the command."""
    try:
        table = table_of(model, horizon, percents)
    except ValueError as error:
        raise UsageError(f"--horizon {horizon} is too far ahead: {error}") from error
    if isinstance(table.index, pd.DatetimeIndex) and table.index[-1].year > 9999:
        raise UsageError(f"--horizon {horizon} goes beyond the last year of dates, 9999")
    if np.isinf(table).any(axis=None):
        raise UsageError("the forecast is beyond the largest numbers: give values in larger units")
    return table


def table_of(model, horizon: int, percents: Sequence[float]) -> pd.DataFrame:
    """Return forecasts and bounds, the columns named as in `lower-95`."""
    forecast = model.predict(horizon)
    tails = [tail for percent in percents for tail in tails_of(percent)]
    bounds = np.asarray(model.predict_quantiles(horizon, tails)).T
    names = [name for percent in percents for name in bound_names(percent)]
    columns = {"forecast": forecast.to_numpy(), **dict(zip(names, bounds, strict=True))}
    return pd.DataFrame(columns, index=forecast.index)


def _write(
    table: pd.DataFrame, given: SeriesOfFile, path: str | None, date_format: str | None
) -> None:
    """Write the table as CSV, dates as the file has them."""
    label = given.y.index.name
    if isinstance(given.y.index, pd.RangeIndex):
        table, label = table.set_axis(range(1, len(table) + 1)), "step"
    write_table(table, path, index_label=label, date_format=date_format)


def _of_model(
    options: argparse.Namespace, is_named: bool, model: Forecaster, y: pd.Series
) -> list[str]:
    """Say what was chosen for the user: the model, its season, its structure."""
    season = season_of(model, y)
    message = [] if is_named else [_DEFAULT_TOLD]
    if options.model in SEASONAL_MODELS and options.period in (None, "auto"):
        # The choice takes no season of which there are not two periods, whatever is said.
        chooses = season.is_short and options.model != "holt-winters"
        override = "" if chooses else "; --period overrides"
        message.append(f"season: {season_in_words(model.period_, season)}{override}")
    chosen = model.forecaster_ if isinstance(model, TransformedForecaster) else model
    if isinstance(chosen, AutoExpSmoothingRNN):
        message.append(f"chose {_in_words(chosen)}")
    if isinstance(chosen, ComplexExpSmoothingRNN) and model.period_ > 1:
        message.append(f"chose {chosen.seasonal_ or 'no'} season")
    if isinstance(chosen, ThetaForecaster) and model.period_ > 1:
        message.append(f"chose {_KINDS[chosen.seasonal_]} season")
    return message


def _in_words(model: AutoExpSmoothingRNN) -> str:
    """Say which structure was chosen."""
    chosen = model.selection_.loc[model.model_]
    trend = "no" if chosen["trend"] is None else "damped" if chosen["damped"] else "undamped"
    parts = f"{_KINDS[chosen['error']]} errors, {trend} trend, {_KINDS[chosen['seasonal']]} season"
    return f"{model.model_} ({parts})"
