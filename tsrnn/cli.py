"""The command `tsrnn`: a demonstration, and forecasts from CSV to CSV."""

from __future__ import annotations

import argparse
import re
import sys
import warnings
from collections.abc import Sequence

import pandas as pd

from tsrnn import __version__, datasets
from tsrnn._csv import SeriesOfFile, UsageError, read_series
from tsrnn.metrics import mase, smape
from tsrnn.naive import NaiveForecaster
from tsrnn.smoothing import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN

MODELS = {
    "simple": SimpleExpSmoothingRNN,
    "double": DoubleExpSmoothingRNN,
    "damped": lambda: DoubleExpSmoothingRNN(damped=True),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line's by default.

    Returns
    -------
    status : int
        0, or 2 where something the user gave will not do.
    """
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            options.run(options)
        except UsageError as error:
            print(f"tsrnn: {error}", file=sys.stderr)
            return 2
    for warning in caught:
        print(f"tsrnn: warning: {warning.message}", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tsrnn", description="Exponential smoothing and recurrent networks as one family."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="fit a real monthly series and show what comes out")
    demo.add_argument("--output", default="demo.png", help="the picture (%(default)s)")
    demo.set_defaults(run=_demo)

    forecast = commands.add_parser("forecast", help="forecast a series of a CSV file")
    forecast.add_argument(
        "file",
        metavar="FILE.csv",
        help="a line a time step below a line of column names, an empty cell for a missing value; "
        "- is standard input",
    )
    forecast.add_argument("--horizon", type=int, default=12, help="steps ahead (%(default)s)")
    forecast.add_argument("--date", metavar="COLUMN", help="column of dates (found by default)")
    forecast.add_argument("--value", metavar="COLUMN", help="column of values (found by default)")
    forecast.add_argument(
        "--model", choices=MODELS, default="damped", help="the forecaster (%(default)s)"
    )
    forecast.add_argument(
        "--level",
        type=float,
        nargs="+",
        default=[80.0, 95.0],
        metavar="PERCENT",
        help="levels of the intervals (80 95)",
    )
    forecast.add_argument("--output", metavar="OUT.csv", help="where to write (standard output)")
    forecast.add_argument("--plot", metavar="OUT.png", help="save a picture")
    forecast.set_defaults(run=_forecast)
    return parser


def _demo(options: argparse.Namespace) -> None:
    """Hold back a year, fit the rest, compare; then fit all and forecast."""
    y = datasets.load_co2(adjusted=True)
    train, test = y.iloc[:-12], y.iloc[-12:]
    model, naive = DoubleExpSmoothingRNN().fit(train), NaiveForecaster().fit(train)
    print(
        f"CO2 at Mauna Loa, monthly means in ppm, seasonally adjusted: "
        f"{y.index[0]:%Y-%m} to {y.index[-1]:%Y-%m}, {len(y)} values\n\n"
        f"DoubleExpSmoothingRNN (Holt's method), learned on all but the last year:\n"
        f"  alpha {model.alpha_:.4f}   beta {model.beta_:.4f}   "
        f"level {model.state_[0]:.2f}   trend {model.state_[1]:.4f} a month\n\n"
        f"held-back year   sMAPE %    MASE (of one-month changes)"
    )
    for name, forecaster in {"Holt": model, "naive": naive}.items():
        predictions = forecaster.predict(12)
        print(f"  {name:<14}{smape(test, predictions):8.4f}{mase(test, predictions, train):8.3f}")
    model.fit(y)
    print(f"\n{_table(model, 12, [80.0, 95.0]).round(2).to_string()}\n")
    _save_picture(model, 12, [80.0, 95.0], options.output, last=120)
    print(f"picture: {options.output}")


def _forecast(options: argparse.Namespace) -> None:
    if options.horizon < 1:
        raise UsageError(f"--horizon must be at least 1, got {options.horizon}")
    for level in options.level:
        if not 0.0 < level < 100.0:
            raise UsageError(f"--level is in percent, between 0 and 100, got {level:g}")
    source = "standard input" if options.file == "-" else options.file
    try:
        given = read_series(options.file, options.date, options.value)
        model = _fit(MODELS[options.model](), given)
        table = _table(model, options.horizon, options.level)
    except (UsageError, ValueError) as error:  # ValueError: from the forecaster, of the data
        raise UsageError(f"{source}: {error}") from error
    if isinstance(table.index, pd.DatetimeIndex) and table.index[-1].year > 9999:
        raise UsageError(f"--horizon {options.horizon} goes beyond the last year of dates, 9999")
    if options.plot:
        _save_picture(model, options.horizon, options.level, options.plot)
    if not isinstance(given.y.index, pd.RangeIndex):
        label = given.y.index.name
    else:
        table.index, label = range(1, len(table) + 1), "step"
    try:
        table.to_csv(options.output or sys.stdout, index_label=label, date_format=given.date_format)
    except OSError as error:
        raise UsageError(f"cannot write {options.output}: {error}") from error


def _fit(model, given: SeriesOfFile):
    """Fit a forecaster; tell of uneven dates in terms of the file."""
    try:
        return model.fit(given.y)
    except ValueError as error:
        uneven = re.match(r"the time index is irregular: .* \(row (\d+)\)", str(error))
        if uneven is None:
            raise
        row, column = int(uneven[1]), given.y.index.name
        before, after = given.y.index[row - 1 : row + 1].map(str)
        raise UsageError(
            f"column {column!r} must be evenly spaced, but after {before} on line "
            f"{given.lines[row - 1]} comes {after} on line {given.lines[row]}: where values are "
            "missing, put in a line for each, with its date and an empty cell"
        ) from error


def _table(model, horizon: int, percents: Sequence[float]) -> pd.DataFrame:
    """Return forecasts and bounds, the columns named as in `lower-95`."""
    columns = {"forecast": model.predict(horizon)}
    for percent in percents:
        interval = model.predict_interval(horizon, level=percent / 100.0)
        columns[f"lower-{percent:g}"] = interval["lower"]
        columns[f"upper-{percent:g}"] = interval["upper"]
    return pd.DataFrame(columns)


def _save_picture(
    model, horizon: int, percents: Sequence[float], path: str, last: int | None = None
) -> None:
    # Not by pyplot, which would choose a backend and keep the figure.
    from matplotlib.figure import Figure

    from tsrnn.plotting import ForecastDisplay

    figure = Figure(figsize=(9, 4), layout="constrained")
    levels = [percent / 100.0 for percent in percents]
    ForecastDisplay.from_estimator(model, horizon, level=levels, last=last, ax=figure.add_subplot())
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:  # ValueError: a format that matplotlib does not write
        raise UsageError(f"cannot write {path}: {error}") from error
