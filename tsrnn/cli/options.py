"""The options that both a forecast and a backtest take: added, read and checked."""

from __future__ import annotations

import argparse

from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.csv_file import Spelling
from tsrnn.forecasting.backtesting import bound_names

MOST_STEPS = 1_000_000  # of a forecast: more is a slip of the keyboard, or exhausts the memory
INCOMPLETE = 3  # the status where series were left out


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add what says which series are read, and how far ahead they are forecast."""
    parser.add_argument(
        "file",
        metavar="FILE.csv",
        help="a line a time step below a line of column names, an empty cell for a missing value; "
        "- is standard input",
    )
    parser.add_argument("--horizon", type=_horizon, default=12, help="steps ahead (%(default)s)")
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


def add_seasons(parser: argparse.ArgumentParser) -> None:
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
        type=_percent,
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


def add_spelling(parser: argparse.ArgumentParser) -> None:
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


def _horizon(text: str) -> int:
    """Read --horizon."""
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"must be a number of time steps, such as 30 for a month of days, got {text!r}"
        ) from error


def _percent(text: str) -> float:
    """Read one of --level."""
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"takes percents with spaces between them, such as --level 80 95, got {text!r}"
        ) from error


def check_numbers(options: argparse.Namespace) -> None:
    """Refuse horizons and levels that make no sense."""
    if options.horizon < 1:
        raise UsageError(f"--horizon must be at least 1, got {options.horizon}")
    if options.horizon > MOST_STEPS:
        raise UsageError(f"--horizon must be at most {MOST_STEPS:,} steps, got {options.horizon}")
    names = [bound_names(percent)[0] for percent in options.level]
    for percent, name in zip(options.level, names, strict=True):
        # The closest to 100 are 100 once they are probabilities.
        if not (percent > 0.0 and tails_of(percent)[1] < 1.0):
            raise UsageError(f"--level is in percent, between 0 and 100, got {percent:g}")
        if percent < 1.0:
            raise UsageError(
                f"--level is in percent, from 1 up: write {100.0 * percent:g}, not {percent:g}"
            )
        if names.count(name) > 1:
            raise UsageError(f"--level names {percent:g} twice")


def tails_of(percent: float) -> tuple[float, float]:
    """Return the probabilities below the bounds of an interval."""
    half = 0.5 * (percent / 100.0)
    return 0.5 - half, 0.5 + half


def source_of(options: argparse.Namespace) -> str:
    """Return what the file is called in what the user is told."""
    return "standard input" if options.file == "-" else options.file


def jobs_of(options: argparse.Namespace) -> int:
    """Return in how many threads the series of a file of several are computed."""
    if options.jobs == 0:
        raise UsageError("--jobs must be a number of threads, or -1 for all there are; got 0")
    return options.jobs or 1


def spelling_of(options: argparse.Namespace) -> Spelling:
    """Return what the options say of how the file is written."""
    return Spelling(options.decimal, options.date_format, options.encoding)


def refuse_long_season(period: int | str | None, n_steps: int) -> None:
    """Refuse a season that the data do not hold once, before anything of its size is made."""
    if isinstance(period, int) and period > n_steps:
        raise UsageError(
            f"--period {period} is longer than the series, which has {n_steps} steps: give the "
            "time steps of a season, such as 12 for months of a year"
        )
