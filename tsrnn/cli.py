"""The command `tsrnn`: a demonstration, and forecasts from CSV to CSV."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from tsrnn import datasets
from tsrnn.metrics import mase, smape
from tsrnn.smoothing import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN

MODELS = {
    "simple": SimpleExpSmoothingRNN,
    "double": DoubleExpSmoothingRNN,
    "damped": lambda: DoubleExpSmoothingRNN(damped=True),
}


class UsageError(Exception):
    """What the user can mend: a file, a column, a value."""


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
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="fit a real monthly series and show what comes out")
    demo.add_argument("--output", default="tsrnn_demo.png", help="the picture (%(default)s)")
    demo.set_defaults(run=_demo)

    forecast = commands.add_parser("forecast", help="forecast a series of a CSV file")
    forecast.add_argument(
        "file", metavar="FILE.csv", help="a row a time step, in order; - is stdin"
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
        help="levels of the intervals in percent (80 95)",
    )
    forecast.add_argument("--output", metavar="OUT.csv", help="where to write (standard output)")
    forecast.add_argument("--plot", metavar="OUT.png", help="save a picture")
    forecast.set_defaults(run=_forecast)
    return parser


def _demo(options: argparse.Namespace) -> None:
    """Hold back a year, fit the rest, compare; then fit all and forecast."""
    y = datasets.load_co2(adjusted=True)
    train, test = y.iloc[:-12], y.iloc[-12:]
    model = DoubleExpSmoothingRNN().fit(train)
    naive = np.full(12, train.iloc[-1])
    print(
        f"CO2 at Mauna Loa, monthly means in ppm, seasonally adjusted: "
        f"{y.index[0]:%Y-%m} to {y.index[-1]:%Y-%m}, {len(y)} values\n\n"
        f"DoubleExpSmoothingRNN (Holt's method), learned on all but the last year:\n"
        f"  alpha {model.alpha_:.4f}   beta {model.beta_:.4f}   "
        f"level {model.state_[0]:.2f}   trend {model.state_[1]:.4f} a month\n\n"
        f"held-back year   sMAPE %    MASE (of one-month changes)"
    )
    for name, predictions in {"Holt": model.predict(12).to_numpy(), "naive": naive}.items():
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
    y = _read_csv(options.file, options.date, options.value)
    try:
        model = MODELS[options.model]().fit(y)
        table = _table(model, options.horizon, options.level)
    except ValueError as error:
        raise UsageError(f"{options.file}: {error}") from error
    try:
        table.to_csv(options.output or sys.stdout)
        if options.plot:
            _save_picture(model, options.horizon, options.level, options.plot)
    except (OSError, ValueError) as error:  # ValueError: a format that matplotlib does not write
        raise UsageError(f"cannot write: {error}") from error


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
    import matplotlib

    matplotlib.use("Agg")
    from tsrnn.plotting import ForecastDisplay

    levels = [percent / 100.0 for percent in percents]
    display = ForecastDisplay.from_estimator(model, horizon, level=levels, last=last)
    display.figure_.savefig(path, dpi=150)


def _read_csv(path: str, date: str | None, value: str | None) -> pd.Series:
    """Read the series of a CSV file: its values, with its dates as the index."""
    try:
        frame = pd.read_csv(sys.stdin if path == "-" else Path(path), skipinitialspace=True)
    except FileNotFoundError as error:
        raise UsageError(f"no such file: {path}") from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UsageError(f"{path} is not a readable CSV file: {error}") from error
    if frame.empty:
        raise UsageError(f"{path} has no rows")
    for option, column in (("--date", date), ("--value", value)):
        if column is not None and column not in frame.columns:
            raise UsageError(
                f"{path} has no column {column!r} for {option}: it has {', '.join(frame.columns)}"
            )
    date = date or _find_dates(frame, value)
    value = value or _find_values(frame, date, path)
    y = pd.Series(_numbers(frame[value], path), name=value)
    if date is not None:
        y.index = pd.DatetimeIndex(_dates(frame[date], path), name=date)
    return y


def _find_dates(frame: pd.DataFrame, value: str | None) -> str | None:
    """Return the first column of words that all read as dates; a year column counts by name."""
    for column in frame.columns:
        if column == value:
            continue
        if pd.api.types.is_numeric_dtype(frame[column]):
            if str(column).strip().lower() == "year":
                return column
        elif _as_dates(frame[column]).notna().all():
            return column
    return None


def _find_values(frame: pd.DataFrame, date: str | None, path: str) -> str:
    """Return the one column of numbers."""
    numeric = [
        column
        for column in frame.columns
        if column != date and pd.api.types.is_numeric_dtype(frame[column])
    ]
    if len(numeric) == 1:
        return numeric[0]
    others = [column for column in frame.columns if column != date]
    if not numeric and len(others) == 1:
        return others[0]
    found = (
        f"several columns of numbers ({', '.join(numeric)})" if numeric else "no column of numbers"
    )
    raise UsageError(f"{path} has {found}: name one with --value")


def _numbers(column: pd.Series, path: str) -> pd.Series:
    """Return a column as floats, empty cells missing."""
    numbers = pd.to_numeric(column, errors="coerce")
    words = np.flatnonzero(numbers.isna() & column.notna())
    if words.size:
        row = words[0]
        raise UsageError(
            f"{path}: column {column.name!r} must hold numbers, but line {row + 2} holds "
            f"{column.iloc[row]!r}"
        )
    return numbers.astype(float)


def _as_dates(column: pd.Series) -> pd.Series:
    """Read a column as dates, NaT where it is none."""
    with warnings.catch_warnings():
        # pandas tells when it guesses a format row by row; what it cannot read is NaT.
        warnings.simplefilter("ignore", UserWarning)
        return pd.to_datetime(column.astype(str), errors="coerce")


def _dates(column: pd.Series, path: str) -> pd.Series:
    dates = _as_dates(column)
    if dates.isna().any():
        row = int(np.flatnonzero(dates.isna())[0])
        raise UsageError(
            f"{path}: column {column.name!r} must hold dates, but line {row + 2} holds "
            f"{column.iloc[row]!r}"
        )
    return dates
