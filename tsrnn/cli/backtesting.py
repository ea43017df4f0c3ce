"""The work of `tsrnn backtest`: forecasts from the past of a file's series, and their scores."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._time.season_length import season_in_words
from tsrnn.cli.csv_dates import format_of_steps
from tsrnn.cli.csv_errors import UsageError, quoted
from tsrnn.cli.csv_file import read_series
from tsrnn.cli.csv_long import LongFile, read_long
from tsrnn.cli.fitting import fit_to_file, season_of
from tsrnn.cli.long import LongForecasts, forecast_long
from tsrnn.cli.models import forecasters_of
from tsrnn.cli.options import (
    INCOMPLETE,
    check_numbers,
    jobs_of,
    refuse_long_season,
    source_of,
    spelling_of,
)
from tsrnn.cli.output import refuse_names_of_ours, refuse_to_overwrite, tell, write_table
from tsrnn.cli.steps import in_options, is_asked, rules_of, stepped, with_days
from tsrnn.forecasting.backtesting import backtest, bound_names
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.naive import NaiveForecaster
from tsrnn.forecasting.series_error import NumberedSeriesError
from tsrnn.metrics import evaluate
from tsrnn.panel.fill import StepRules
from tsrnn.panel.forecaster import PanelForecaster

_MOST_TOLD = 5  # series that are left out, told one by one
_NAMES = {"mae": "MAE", "smape": "sMAPE", "mase": "MASE"}


@dataclass(frozen=True)
class Plan:
    """Points to forecast from: how many, how far apart, what each fit sees, levels in percent."""

    horizon: int
    n_windows: int
    step_size: int
    refit: bool
    max_train: int | None
    percents: Sequence[float]

    @property
    def n_tested(self) -> int:
        """The number of steps at the end that are forecast."""
        return self.horizon + self.step_size * (self.n_windows - 1)

    @property
    def words(self) -> str:
        """The plan in words."""
        windows = "1 window" if self.n_windows == 1 else f"{self.n_windows} windows"
        return f"{windows} of {self.horizon} step{'s' if self.horizon > 1 else ''}"


def add_windows(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is forecast from where, and how it is scored."""
    parser.add_argument(
        "--windows", type=int, default=5, metavar="N", help="points to forecast from (%(default)s)"
    )
    parser.add_argument(
        "--step-size", type=int, metavar="N", help="steps between them (as --horizon)"
    )
    parser.add_argument(
        "--no-refit", action="store_true", help="fit at the first point alone, and move on from it"
    )
    parser.add_argument(
        "--max-train", type=int, metavar="N", help="steps that a fit sees at most (all before it)"
    )
    parser.add_argument(
        "--by",
        choices=["model", "step", "cutoff"],
        default="model",
        help="what scores are told by (%(default)s)",
    )


def plan_of(options: argparse.Namespace) -> Plan:
    """Read these options."""
    step_size = options.horizon if options.step_size is None else options.step_size
    max_train = options.max_train
    for name, value, least in (
        ("windows", options.windows, 1),
        ("step-size", step_size, 1),
        ("max-train", 2 if max_train is None else max_train, 2),
    ):
        if value < least:
            raise UsageError(f"--{name} must be at least {least}, got {value}")
    refit = not options.no_refit
    return Plan(options.horizon, options.windows, step_size, refit, max_train, options.level)


def refuse_names_of_backtests(names: Sequence[str], percents: Sequence[float]) -> None:
    """Refuse columns whose names the table of a backtest gives to columns of its own."""
    refuse_names_of_ours(names, percents)
    for name in names:
        if name in ("model", "cutoff", "step"):
            raise UsageError(
                f"the column {name!r} has the name of a column of backtests: give it another"
            )


def backtest_one(y: pd.Series, forecasters: Mapping[str, Forecaster], plan: Plan) -> pd.DataFrame:
    """Forecast the windows of a series by each forecaster, one below the other."""
    if len(y) < plan.n_tested + 2:
        raise UsageError(
            f"the series has {len(y)} steps, too few: {plan.words} take the last {plan.n_tested}, "
            "and two before them; set --windows, --horizon or --step-size lower"
        )
    try:
        frames = [
            backtest(
                forecaster,
                y,
                horizon=plan.horizon,
                n_windows=plan.n_windows,
                step_size=plan.step_size,
                refit=plan.refit,
                max_train=plan.max_train,
                level=[percent / 100.0 for percent in plan.percents] or None,
            ).assign(model=name)
            for name, forecaster in forecasters.items()
        ]
    except NumberedSeriesError as error:  # of which a file has no other
        raise UsageError(f"the series {in_options(error.reason)}") from error
    return pd.concat(frames, ignore_index=True)


def backtest_long(
    given: LongFile,
    forecasters: Mapping[str, Forecaster],
    plan: Plan,
    rules: StepRules,
    n_jobs: int,
) -> tuple[pd.DataFrame, LongForecasts]:
    """Forecast the windows of all series of a file: a frame, and what became of the file.

    The columns are those of `backtest_one`, and unique_id.
    """
    # What will not do is found, and told in terms of the file, by a forecast of the simplest kind.
    probe = forecast_long(given, NaiveForecaster(strategy="seasonal"), 1, [80.0], rules, n_jobs)
    ids, date, _ = given.frame.columns
    rules, _ = with_days(rules, pd.Index(given.frame[date]))
    frame = given.frame[given.frame[ids].isin(probe.table.iloc[:, 0])]
    frame = frame.set_axis(["unique_id", "ds", "y"], axis=1)
    tables: list[pd.DataFrame] = []
    reasons: dict[Any, Any] = {}
    for name, forecaster in forecasters.items():
        panel = PanelForecaster(
            forecaster,
            freq=rules.freq,
            fill=rules.fill,
            aggregate=rules.aggregate,
            alias="forecast",
            n_jobs=n_jobs,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # told below
            try:
                table = panel.cross_validation(
                    frame,
                    plan.horizon,
                    plan.n_windows,
                    plan.step_size,
                    plan.refit,
                    plan.percents or None,
                )
            except ValueError as error:
                raise UsageError(in_options(error)) from error
        tables.append(table.assign(model=name))
        failed = panel.cross_validation_failures_
        reasons |= dict(zip(failed["unique_id"], failed["reason"], strict=True))
    table = pd.concat(tables, ignore_index=True)
    table = table[~table["unique_id"].isin(list(reasons))]
    if not len(table):
        raise UsageError(f"all series failed; the first: {next(iter(reasons.values()))}")
    told = [f"series {quoted(name)}: left out: {why}" for name, why in reasons.items()]
    if len(told) > _MOST_TOLD:
        told[_MOST_TOLD:] = [f"and {len(told) - _MOST_TOLD} more series left out"]
    n_left_out = probe.n_left_out + len(reasons)
    probe = replace(probe, message=[*probe.message, *told], n_left_out=n_left_out)
    return _as_of_one(table, plan), probe


def _as_of_one(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Give a frame of a panel the columns of that of a series, with the steps of each window."""
    names = {"ds": "time"}
    for percent in plan.percents:
        ours = [f"forecast-{side}-{percent:g}" for side in ("lo", "hi")]
        names |= dict(zip(ours, bound_names(percent), strict=True))
    steps = np.tile(np.arange(1, plan.horizon + 1), len(table) // plan.horizon)
    return table.rename(columns=names).assign(step=steps)


def written(table: pd.DataFrame, names: Sequence[str], plan: Plan) -> pd.DataFrame:
    """Return the frame as it is written: `names` are those of the file, of its columns in order.

    Of several series the first is that of the series. Without dates rows are counted from 1.
    """
    of_series = ["unique_id"] if "unique_id" in table else []
    bounds = [name for percent in plan.percents for name in bound_names(percent)]
    columns = ["model", *of_series, "cutoff", "step", "time", "y", "forecast", *bounds]
    return table[columns].rename(columns=dict(zip([*of_series, "time", "y"], names, strict=True)))


def scores_told(
    table: pd.DataFrame,
    by: str,
    past: pd.DataFrame | None,
    period: int,
    plan: Plan,
) -> list[str]:
    """Score the models: a line each, or each and step or cutoff, below one that says of what.

    `past` is what scaled errors are measured by, as of `training_frame`; None leaves them out.
    """
    if table["y"].isna().all():
        raise UsageError(
            f"the steps of {plan.words} have no value to score forecasts by, among the last "
            f"{plan.n_tested} of the file; set --windows, --horizon or --step-size higher"
        )
    without_unit = [] if past is None else _without_unit(past, table, period)
    metrics = ["mae", "smape"] + (["coverage"] if plan.percents else [])
    keys = [] if by == "model" else [by]
    scaled = {}
    if past is not None and not without_unit:
        metrics, scaled = [*metrics, "mase"], {"y_train": past, "period": period}
    scores = evaluate(table, metrics, keys, **scaled)
    of_period = f"; MASE of period {period}" if "mase" in scores else ""
    of_period = f"; no MASE: {without_unit[0]}" if without_unit else of_period
    marks = {f"coverage-{percent:g}": f"in {percent:g}%" for percent in plan.percents}
    shown = pd.DataFrame({"model": scores["model"], **{key: scores[key] for key in keys}})
    for name in ("mae", "smape", "mase"):
        if name in scores:
            shown[_NAMES[name]] = scores[name].map("{:.4g}".format)
    for name, mark in marks.items():
        shown[mark] = scores[name].map("{:.1%}".format)
    return [f"scores of {plan.words}{of_period}", *shown.to_string(index=False).splitlines()]


def _without_unit(past: pd.DataFrame, table: pd.DataFrame, period: int) -> list[str]:
    """Tell of series without two values a period apart up to the first point."""
    several = "unique_id" in table
    key = "unique_id" if several else np.zeros(len(past), dtype=np.int64)
    own = "unique_id" if several else np.zeros(len(table), dtype=np.int64)
    firsts, told = table.groupby(own)["cutoff"].min(), []
    for name, rows in past.sort_values("time", kind="stable").groupby(key):
        known = rows.loc[rows["time"] <= firsts[name], "y"]
        if known.diff(period).isna().all():
            which = f"series {quoted(name)}" if several else "the series"
            apart = f"{period} step{'s' if period > 1 else ''} apart"
            told.append(f"{which} has no two values {apart} up to the first point")
    return told


def training_frame(given: LongFile, table: pd.DataFrame, rules: StepRules) -> pd.DataFrame | None:
    """Return what scaled errors are measured by; None where lines are not the steps."""
    if is_asked(rules):
        return None
    frame = given.frame.set_axis(["unique_id", "time", "y"], axis=1)
    return frame[frame["unique_id"].isin(table["unique_id"])]


def run_backtest(options: argparse.Namespace) -> int:
    """Forecast from points in the past, and tell how well."""
    check_numbers(options)
    plan, forecasters, rules = plan_of(options), forecasters_of(options), rules_of(options)
    refuse_to_overwrite(options.file, options.output, None)
    source = source_of(options)
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
        options.file, *columns, spelling_of(options), options.aggregate is not None, rules.freq
    )
    date_format = given.date_format
    message: list[str] = []
    if is_asked(rules):
        given, message = stepped(given, rules)
    refuse_long_season(options.period, len(given.y))
    # The simplest forecaster tells uneven dates in terms of the file, and the season of the dates.
    season = season_of(fit_to_file(NaiveForecaster(), given), given.y)
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
    n_jobs = jobs_of(options)
    if options.max_train is not None:
        raise UsageError("--max-train is for a single series: leave it out with --id")
    columns = options.id, options.date, options.value
    given = read_long(options.file, *columns, spelling_of(options), rules.freq)
    names = [*given.frame.columns]
    refuse_names_of_backtests(names, options.level)
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
