"""The command `tsrnn`: a demonstration, and forecasts from CSV to CSV."""

from __future__ import annotations

import argparse
import re
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from tsrnn import __version__, datasets
from tsrnn._compute import code_cache
from tsrnn._compute.shipping import every_kernel, load
from tsrnn._time.season_length import season_in_words
from tsrnn.cli.backtesting import (
    Plan,
    add_windows,
    backtest_long,
    backtest_one,
    plan_of,
    refuse_names_of_backtests,
    scores_told,
    training_frame,
    written,
)
from tsrnn.cli.csv_dates import format_of_steps
from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.csv_file import SeriesOfFile, Spelling, read_series
from tsrnn.cli.csv_long import read_long
from tsrnn.cli.long import forecast_long
from tsrnn.cli.output import (
    print_out,
    refuse_names_of_ours,
    refuse_to_overwrite,
    save_picture,
    tell,
    telling_of_compilation,
    write_table,
)
from tsrnn.cli.steps import add_options, in_options, is_asked, rules_of, stepped, with_days
from tsrnn.compose.ensemble import EnsembleForecaster
from tsrnn.compose.transform import TransformedForecaster
from tsrnn.exceptions import IrregularIndexError
from tsrnn.forecasting.backtesting import bound_names
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.naive import NaiveForecaster
from tsrnn.forecasting.series_error import NumberedSeriesError
from tsrnn.metrics import mase, smape
from tsrnn.panel.fill import StepRules
from tsrnn.smoothing.auto import AutoExpSmoothingRNN
from tsrnn.smoothing.complex.forecaster import ComplexExpSmoothingRNN
from tsrnn.smoothing.croston import CrostonForecaster
from tsrnn.smoothing.double import DoubleExpSmoothingRNN
from tsrnn.smoothing.simple import SimpleExpSmoothingRNN
from tsrnn.smoothing.triple import TripleExpSmoothingRNN
from tsrnn.theta.forecaster import ThetaForecaster

MODELS = {
    "simple": SimpleExpSmoothingRNN,
    "ses": SimpleExpSmoothingRNN,
    "double": DoubleExpSmoothingRNN,
    "holt": DoubleExpSmoothingRNN,
    "damped": lambda: DoubleExpSmoothingRNN(damped=True),
    "croston": CrostonForecaster,
}
# These take the length of the season; all but the first find by themselves how it enters.
SEASONAL_MODELS = {
    "holt-winters": TripleExpSmoothingRNN,
    "auto": AutoExpSmoothingRNN,
    "complex": ComplexExpSmoothingRNN,
    "theta": ThetaForecaster,
    "ensemble": EnsembleForecaster,
}
DEFAULT_MODEL = "ensemble"

_KINDS = {"add": "additive", "mul": "multiplicative", None: "no"}

# Which model was taken where none was named.
_DEFAULT_TOLD = f"model: {DEFAULT_MODEL}; --model names another"

MOST_STEPS = 1_000_000  # of a forecast: more is a slip of the keyboard, or exhausts the memory
MOST_LINES = 10_000_000  # of the forecasts of all series
INCOMPLETE = 3  # the status where series were left out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's by default.

    Returns
    -------
    status : int
        0; 2 where something the user gave will not do; 3 where the table is written, but without
        some of the series; 130, as shells have it, after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings(record=True) as caught, telling_of_compilation():
        warnings.simplefilter("always", UserWarning)
        try:
            status = options.run(options)
        except UsageError as error:
            tell(str(error))
            return 2
        except MemoryError as error:
            tell(f"there is not enough memory for this: {error}")
            return 2
        except KeyboardInterrupt:
            tell("interrupted")
            return 130
    # Once, though a forecast and its bounds may both be warned of, and a backtest fits again.
    for text in dict.fromkeys(in_options(warning.message) for warning in caught):
        tell(f"warning: {re.sub('^(y|series 0) (?=has|is)', 'the series ', text)}")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tsrnn", description="Exponential smoothing and recurrent networks as one family."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="fit a real monthly series and show what comes out")
    demo.add_argument("--output", default="demo.png", help="the picture (%(default)s)")
    demo.set_defaults(run=_demo)

    warm_up = commands.add_parser(
        "warm-up", help="compile all that did not come compiled, as when an image is built"
    )
    warm_up.set_defaults(run=_warm_up)

    forecast = commands.add_parser("forecast", help="forecast a series of a CSV file")
    _add_file(forecast)
    forecast.add_argument(
        "--model",
        choices=[*MODELS, *SEASONAL_MODELS],
        help=f"the forecaster ({DEFAULT_MODEL}): simple or ses, double or holt, damped, "
        "croston (demand that is mostly 0), holt-winters (a season), auto (whichever of these but "
        "croston suits the series), complex (exponential smoothing of a complex number), theta "
        "(the theta method), ensemble (auto, complex and theta combined)",
    )
    _add_seasons(forecast)
    add_options(forecast)
    _add_spelling(forecast)
    forecast.add_argument("--output", metavar="OUT.csv", help="where to write (standard output)")
    forecast.add_argument("--plot", metavar="OUT.png", help="save a picture")
    forecast.set_defaults(run=_forecast)

    backtest = commands.add_parser(
        "backtest", help="forecast a series of a CSV file from points in its past, and score that"
    )
    _add_file(backtest)
    backtest.add_argument(
        "--model",
        nargs="+",
        choices=["naive", *MODELS, *SEASONAL_MODELS],
        default=["naive", DEFAULT_MODEL],
        help="forecasters as of tsrnn forecast, and naive, the last season or value (naive "
        f"{DEFAULT_MODEL})",
    )
    add_windows(backtest)
    _add_seasons(backtest)
    add_options(backtest)
    _add_spelling(backtest)
    backtest.add_argument("--output", metavar="OUT.csv", help="where to write (standard output)")
    backtest.set_defaults(run=_backtest)
    return parser


def _add_file(parser: argparse.ArgumentParser) -> None:
    """Add what says which series are read, and how far ahead they are forecast."""
    parser.add_argument(
        "file",
        metavar="FILE.csv",
        help="a line a time step below a line of column names, an empty cell for a missing value; "
        "- is standard input",
    )
    parser.add_argument("--horizon", type=int, default=12, help="steps ahead (%(default)s)")
    parser.add_argument("--date", metavar="COLUMN", help="column of dates (found by default)")
    parser.add_argument("--value", metavar="COLUMN", help="column of values (found by default)")
    parser.add_argument(
        "--id",
        metavar="COLUMN",
        help="column that names the series, in a file of several; each is forecast on its own",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="threads, with --id; -1 for all there are (1)"
    )


def _add_seasons(parser: argparse.ArgumentParser) -> None:
    """Add what models with a season take, and the levels of intervals."""
    parser.add_argument(
        "--period",
        type=_period,
        metavar="N",
        help="time steps of a season, for those from holt-winters on (by the dates: 12 for months)",
    )
    parser.add_argument(
        "--seasonal",
        choices=["add", "mul"],
        help="with holt-winters, a season that is added, or multiplied (add)",
    )
    parser.add_argument(
        "--level",
        type=float,
        nargs="+",
        default=[80.0, 95.0],
        metavar="PERCENT",
        help="levels of the intervals (80 95)",
    )
    for side in ("lower", "upper"):
        parser.add_argument(
            f"--{side}",
            type=float,
            metavar="BOUND",
            help=f"the {side} bound of forecasts and intervals, which are cut off at it",
        )


def _add_spelling(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file is written, where it does not tell."""
    parser.add_argument(
        "--decimal", metavar=".|,", help="the decimal mark; the other one separates thousands"
    )
    parser.add_argument(
        "--date-format", metavar="FORMAT", help='how dates are written, such as "%%d/%%m/%%Y"'
    )
    parser.add_argument(
        "--encoding", metavar="NAME", help="of the file, such as cp1252 (UTF-8, or UTF-16)"
    )


def _warm_up(options: argparse.Namespace) -> int:
    """Fill the folder of compiled code, so that no first forecast compiles."""
    kernels = every_kernel()
    compiled = [one for one in tqdm(kernels, unit="kernel", disable=None) if load(one)]
    kept = f"; {len(compiled)} compiled now, kept in {code_cache.folder()}" if compiled else ""
    print_out(f"{len(kernels)} kernels, {len(kernels) - len(compiled)} compiled before{kept}\n")
    return 0


def _demo(options: argparse.Namespace) -> int:
    """Hold back a year, fit the rest, compare; then fit all and forecast."""
    y = datasets.load_co2(adjusted=True)
    train, test = y.iloc[:-12], y.iloc[-12:]
    model, naive = DoubleExpSmoothingRNN().fit(train), NaiveForecaster().fit(train)
    lines = [
        "CO2 at Mauna Loa, monthly means in ppm, seasonally adjusted: "
        f"{y.index[0]:%Y-%m} to {y.index[-1]:%Y-%m}, {len(y)} values\n",
        "DoubleExpSmoothingRNN (Holt's method), learned on all but the last year:",
        f"  alpha {model.alpha_:.4f}   beta {model.beta_:.4f}   "
        f"level {model.state_[0]:.2f}   trend {model.state_[1]:.4f} a month\n",
        "held-back year   sMAPE %    MASE (of one-month changes)",
    ]
    for name, forecaster in {"Holt": model, "naive": naive}.items():
        ahead = forecaster.predict(12)
        lines.append(f"  {name:<14}{smape(test, ahead):8.4f}{mase(test, ahead, train):8.3f}")
    percents = [80.0, 95.0]
    table = _table(model.fit(y), 12, percents)
    print_out("\n".join([*lines, f"\n{table.round(2).to_string()}\n\n"]))
    shown = slice(-120, None)
    fitted = model.fitted_values_.iloc[shown]
    save_picture(y.iloc[shown], fitted, table, percents, options.output)
    print_out(f"picture: {options.output}\n")
    return 0


def _forecast(options: argparse.Namespace) -> int:
    _check_numbers(options)
    refuse_to_overwrite(options.file, options.output, options.plot)
    is_named, options.model = options.model is not None, options.model or DEFAULT_MODEL
    forecaster, rules, message = _forecaster(options), rules_of(options), []
    source = "standard input" if options.file == "-" else options.file
    if options.id is not None:
        return _forecast_several(options, forecaster, rules, source, is_named)
    if options.jobs is not None:
        raise UsageError("--jobs is for several series: leave it out, or name their column by --id")
    try:
        repeats = options.aggregate is not None
        columns = options.date, options.value
        given = read_series(options.file, *columns, _spelling(options), repeats, rules.freq)
        refuse_names_of_ours([given.y.index.name], options.level)
        date_format = given.date_format
        if is_asked(rules):
            given, message = stepped(given, rules)
        _refuse_long_season(options.period, len(given.y))
        model = _fit(forecaster, given)
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


def _forecast_several(
    options: argparse.Namespace,
    forecaster: Forecaster,
    rules: StepRules,
    source: str,
    is_named: bool,
) -> int:
    if options.plot:
        raise UsageError("--plot draws a single series: leave it out with --id")
    if options.jobs == 0:
        raise UsageError("--jobs must be a number of threads, or -1 for all there are; got 0")
    try:
        columns = options.id, options.date, options.value
        given = read_long(options.file, *columns, _spelling(options), rules.freq)
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
            _refuse_long_season(options.period, int(series.value_counts().max()))
        forecasts = forecast_long(
            given, forecaster, options.horizon, options.level, rules, options.jobs or 1
        )
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


def _backtest(options: argparse.Namespace) -> int:
    """Forecast from points in the past, and tell how well."""
    _check_numbers(options)
    plan, forecasters, rules = plan_of(options), _forecasters(options), rules_of(options)
    refuse_to_overwrite(options.file, options.output, None)
    source = "standard input" if options.file == "-" else options.file
    try:
        if options.id is not None:
            return _backtest_several(options, forecasters, rules, plan)
        if options.jobs is not None:
            raise UsageError("--jobs is for several series: name their column by --id")
        return _backtest_one(options, forecasters, rules, plan)
    except (UsageError, ValueError) as error:  # ValueError: from a forecaster, of the data
        raise UsageError(f"{source}: {in_options(error)}") from error


def _backtest_one(
    options: argparse.Namespace, forecasters: dict[str, Forecaster], rules: StepRules, plan: Plan
) -> int:
    columns = options.date, options.value
    given = read_series(
        options.file, *columns, _spelling(options), options.aggregate is not None, rules.freq
    )
    date_format, message = given.date_format, []
    if is_asked(rules):
        given, message = stepped(given, rules)
    _refuse_long_season(options.period, len(given.y))
    # The simplest forecaster tells uneven dates in terms of the file, and the season of the dates.
    season = _fit(NaiveForecaster(), given)._grid.season.among(int(given.y.count()))
    table = backtest_one(given.y, forecasters, plan)
    names, y = [given.y.index.name, given.y.name], given.y
    if isinstance(y.index, pd.RangeIndex):
        y, names[0] = y.set_axis(y.index + 1), "row"
        table = table.assign(cutoff=table["cutoff"] + 1, time=table["time"] + 1)
    if rules.aggregate is not None:
        date_format = format_of_steps(date_format, y.index)
    refuse_names_of_backtests(names, options.level)
    rows = written(table, names, plan)
    period = options.period if isinstance(options.period, int) else season.taken
    past = y.rename_axis("time").rename("y").reset_index()
    scores = scores_told(table, options.by, past, period, plan)
    write_table(rows, options.output, index=False, date_format=date_format)
    if season.taken > 1 and options.period in (None, "auto"):
        message.append(f"season: {season_in_words(season.taken, season)}; --period overrides")
    for line in [*given.notes, *message, *scores]:
        tell(line)
    return 0


def _backtest_several(
    options: argparse.Namespace, forecasters: dict[str, Forecaster], rules: StepRules, plan: Plan
) -> int:
    if options.jobs == 0:
        raise UsageError("--jobs must be a number of threads, or -1 for all there are; got 0")
    if options.max_train is not None:
        raise UsageError("--max-train is for a single series: leave it out with --id")
    columns = options.id, options.date, options.value
    given = read_long(options.file, *columns, _spelling(options), rules.freq)
    names = [*given.frame.columns]
    refuse_names_of_backtests(names, options.level)
    n_jobs = options.jobs or 1
    table, probe = backtest_long(given, forecasters, plan, rules, n_jobs)
    date_format = given.date_format
    if rules.aggregate is not None:
        date_format = format_of_steps(date_format, pd.Index(table["time"]))
    rows = written(table, names, plan)
    past = training_frame(given, table, rules)
    period = options.period
    if not isinstance(period, int):
        period = probe.common_period(table["unique_id"].unique())
    scores = scores_told(table, options.by, past, period, plan)
    write_table(rows, options.output, index=False, date_format=date_format)
    for line in [*given.notes, *probe.message, *scores]:
        tell(line)
    return INCOMPLETE if probe.n_left_out else 0


def _forecasters(options: argparse.Namespace) -> dict[str, Forecaster]:
    """Make the forecasters of a backtest by their names; options go to those that take them."""
    names = list(dict.fromkeys(options.model))
    if len(names) < len(options.model):
        raise UsageError(f"--model names {' '.join(options.model)}: give each once")
    takes = {
        "period": [name for name in names if name == "naive" or name in SEASONAL_MODELS],
        "seasonal": [name for name in names if name == "holt-winters"],
    }
    for option, models in takes.items():
        if getattr(options, option) is not None and not models:
            raise UsageError(f"--{option} is for models with a season, of which --model names none")
    made = {}
    for name in names:
        own = {option: None for option, models in takes.items() if name not in models}
        one = argparse.Namespace(**vars(options) | {"model": name} | own)
        made[name] = _forecaster(one)
    return made


def _yardstick(options: argparse.Namespace) -> Forecaster:
    """Return what repeats the last season, or the last value where the dates tell of none."""
    period = "auto" if options.period is None else options.period
    return NaiveForecaster(strategy="seasonal", period=period)


def _of_model(
    options: argparse.Namespace, is_named: bool, model: Forecaster, y: pd.Series
) -> list[str]:
    """Say what was chosen for the user: the model, its season, its structure."""
    season = model._grid.season.among(int(y.count()))
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


def _spelling(options: argparse.Namespace) -> Spelling:
    return Spelling(options.decimal, options.date_format, options.encoding)


def _refuse_long_season(period: int | str | None, n_steps: int) -> None:
    """Refuse a season that the data do not hold once, before anything of its size is made."""
    if isinstance(period, int) and period > n_steps:
        raise UsageError(
            f"--period {period} is longer than the series, which has {n_steps} steps: give the "
            "time steps of a season, such as 12 for months of a year"
        )


def _forecaster(options: argparse.Namespace) -> Forecaster:
    """Make the forecaster that is asked for, within the bounds that are."""
    bounds = {"lower": options.lower, "upper": options.upper}
    if bounds == dict.fromkeys(bounds):
        return _without_bounds(options)
    bounded = TransformedForecaster(_without_bounds(options), None, **bounds)
    try:
        bounded.validate_parameters()
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    return bounded


def _without_bounds(options: argparse.Namespace) -> Forecaster:
    """Make the forecaster that is named."""
    if options.model == "naive":
        return _yardstick(options)
    if options.model in MODELS:
        for option in ("period", "seasonal"):
            if getattr(options, option) is not None:
                raise UsageError(
                    f"--{option} is for models with a season: --model "
                    f"{' or '.join(SEASONAL_MODELS)}, not {options.model}"
                )
        return MODELS[options.model]()
    if options.model != "holt-winters" and options.seasonal is not None:
        chooses = (
            "adds seasons, and chooses by itself in which form"
            if options.model == "complex"
            else "chooses by itself whether a season is added or multiplied"
        )
        raise UsageError(f"--seasonal is for --model holt-winters: {options.model} {chooses}")
    if isinstance(options.period, int) and options.period < 2:
        raise UsageError(
            f"--period {options.period}: give the time steps of a season, 2 or more: 12 for months "
            "of a year, or auto for that of the dates"
        )
    given = {"period": options.period, "seasonal": options.seasonal}
    named = {name: value for name, value in given.items() if value is not None}
    return SEASONAL_MODELS[options.model](**named)


def _period(text: str) -> int | str:
    """Read --period."""
    if text == "auto":
        return text
    if "," in text:
        raise argparse.ArgumentTypeError(
            f"must be one season's number of time steps, got {text!r}: series with several seasons "
            "are for DeseasonalizedForecaster, in Python"
        )
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"must be a number of time steps, or auto, got {text!r}"
        ) from error


def _in_words(model: AutoExpSmoothingRNN) -> str:
    """Say which structure was chosen."""
    chosen = model.selection_.loc[model.model_]
    trend = "no" if chosen["trend"] is None else "damped" if chosen["damped"] else "undamped"
    parts = f"{_KINDS[chosen['error']]} errors, {trend} trend, {_KINDS[chosen['seasonal']]} season"
    return f"{model.model_} ({parts})"


def _check_numbers(options: argparse.Namespace) -> None:
    if options.horizon < 1:
        raise UsageError(f"--horizon must be at least 1, got {options.horizon}")
    if options.horizon > MOST_STEPS:
        raise UsageError(f"--horizon must be at most {MOST_STEPS:,} steps, got {options.horizon}")
    names = [bound_names(percent)[0] for percent in options.level]
    for percent, name in zip(options.level, names, strict=True):
        # The closest to 100 are 100 once they are probabilities.
        if not (percent > 0.0 and _tails(percent)[1] < 1.0):
            raise UsageError(f"--level is in percent, between 0 and 100, got {percent:g}")
        if percent < 1.0:
            raise UsageError(
                f"--level is in percent, from 1 up: write {100.0 * percent:g}, not {percent:g}"
            )
        if names.count(name) > 1:
            raise UsageError(f"--level names {percent:g} twice")


def _fit(model, given: SeriesOfFile):
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


def _table_in_time(model, horizon: int, percents: Sequence[float]) -> pd.DataFrame:
    """Return the table; tell of steps for which there are no dates in terms of the command."""
    try:
        table = _table(model, horizon, percents)
    except ValueError as error:
        raise UsageError(f"--horizon {horizon} is too far ahead: {error}") from error
    if isinstance(table.index, pd.DatetimeIndex) and table.index[-1].year > 9999:
        raise UsageError(f"--horizon {horizon} goes beyond the last year of dates, 9999")
    if np.isinf(table).any(axis=None):
        raise UsageError("the forecast is beyond the largest numbers: give values in larger units")
    return table


def _table(model, horizon: int, percents: Sequence[float]) -> pd.DataFrame:
    """Return forecasts and bounds, the columns named as in `lower-95`."""
    forecast = model.predict(horizon)
    tails = [tail for percent in percents for tail in _tails(percent)]
    bounds = np.asarray(model.predict_quantiles(horizon, tails)).T
    names = [name for percent in percents for name in bound_names(percent)]
    columns = {"forecast": forecast.to_numpy(), **dict(zip(names, bounds, strict=True))}
    return pd.DataFrame(columns, index=forecast.index)


def _tails(percent: float) -> tuple[float, float]:
    """Return the probabilities below the bounds of an interval."""
    half = 0.5 * (percent / 100.0)
    return 0.5 - half, 0.5 + half


def _write(
    table: pd.DataFrame, given: SeriesOfFile, path: str | None, date_format: str | None
) -> None:
    """Write the table as CSV, dates as the file has them."""
    label = given.y.index.name
    if isinstance(given.y.index, pd.RangeIndex):
        table, label = table.set_axis(range(1, len(table) + 1)), "step"
    write_table(table, path, index_label=label, date_format=date_format)
