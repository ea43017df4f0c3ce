"""Parameters chosen by the errors of past forecasts: of one series, several, or a panel of many."""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler
from tqdm import tqdm

from tsrnn._input.frames import opened
from tsrnn._input.notes import warn_user
from tsrnn._input.validation import check_choice, check_count, check_flag
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.backtesting import Rows, backtest, check_forecaster
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import SERIES_ERRORS
from tsrnn.metrics.table import METRICS, needs_of
from tsrnn.panel.forecaster import PanelForecaster
from tsrnn.panel.forms import long_frame
from tsrnn.panel.frame import Columns, FrameNames, Panel, read_panel
from tsrnn.panel.regular import regular_part
from tsrnn.panel.trials import NO_FORECASTS, ROWS, Comparison, Past, Trial, compare

_LONG = ("unique_id", "ds", "y")  # what the columns of a panel are called by default
_OF_FAILURES = r"\d+ of \d+ series failed and are left out, see cross_validation_failures_"
_OF_NOTES = ", see cross_validation_notes_"
_ROUNDING = 1e-9  # errors that differ by less, as shares, are the same
_NO_LOSSES = ("bias", "coverage")  # of which neither the smallest nor the largest is best


class Tuned(NamedTuple):
    """Hold what `tune` has found.

    Attributes
    ----------
    best : estimator
        The best candidate, fitted to all of the series.
    table : DataFrame
        A row a candidate, the best one first; see `tune`.
    """

    best: Any
    table: pd.DataFrame


def tune(
    forecaster: Any,
    grid: Any,
    y: Any,
    X: Any = None,
    *,
    horizon: int,
    n_windows: int = 3,
    metric: str | Sequence[str] = "mase",
    verbose: bool = False,
    **windows: Any,
) -> Tuned:
    """Choose parameters of a forecaster by the errors of its past forecasts.

    Each candidate of a grid forecasts the last values of the series from points before them, as
    `tsrnn.backtest` and `PanelForecaster.cross_validation` do, and the one with the smallest error
    is fitted to all of the series. Of many series one candidate is chosen for all, by the mean of
    their errors.

    Parameters
    ----------
    forecaster : forecaster, PanelForecaster or scikit-learn regressor
        Whatever `tsrnn.backtest` takes, or a `PanelForecaster`. It is cloned, and not changed.
    grid : dict of str to list, or list of such dicts
        Values to try, by the names of parameters, in all combinations; a list tries one dict after
        the other. Parts of a forecaster are named as in scikit-learn: ``forecaster__alpha`` is the
        alpha of a forecaster within another one or within a `PanelForecaster`. A `ParameterGrid` or
        a `ParameterSampler` of scikit-learn is taken as well: the latter draws some combinations
        from many.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_series), or DataFrame
        The series, as for `tsrnn.backtest`, or the frame of a panel, as for the `fit` of
        `PanelForecaster`. By one of these a forecaster of single series is fitted to a frame with
        the columns unique_id, ds and y, or with an index of series and time.
    X : array-like of shape (n_timesteps, n_features), optional
        Regressors of the series, as for `tsrnn.backtest`. Those of a long frame are columns of it.
    horizon : int
        Steps to forecast from each point: as many as will be asked for.
    n_windows : int, default=3
        How many points.
    metric : str or sequence of str, default="mase"
        The error that is to be small, one of those of `tsrnn.metrics.evaluate`, but for "bias" and
        "coverage". Of several it is the first, and the others are in the table, too. "mase" and
        other scaled ones let series of unlike sizes count alike. Those of intervals and quantiles
        need `level`.
    verbose : bool, default=False
        Whether to show a bar of progress.
    **windows
        Further arguments of `tsrnn.backtest`, or for a panel of `PanelForecaster.cross_validation`,
        such as `step_size`, `refit` and `level`.

    Returns
    -------
    tuned : Tuned
        A named tuple of `best`, the best candidate fitted to all of `y` (the first of those with
        the same error; a `PanelForecaster` for a panel), and `table`, a DataFrame with a row a
        candidate, the best first. Its index is the place in the grid, from 0. Its columns are

        - the parameters of the grid, with the candidate's values;
        - the metrics, called as by `tsrnn.metrics.evaluate`; NaN for a candidate that failed;
        - n_failed, how many series it failed for;
        - seconds, how long its forecasts took;
        - failure, the reason of the first failure, "" where there is none.

    Raises
    ------
    ValueError
        If the grid is empty or names parameters that there are not, all candidates fail, such as
        for a horizon that is too long, or there is nothing to compare them on.
    TypeError
        If `forecaster` is none, or an argument is not known.

    Warns
    -----
    UserWarning
        If candidates fail, series are left out of the comparison, or there are notes on fits.

    Notes
    -----
    All candidates are compared on the same forecasts: series that one of them fails for, or that
    do not change before a window, so that errors have no unit, are left out for all. A candidate
    that fails for more than half of what others forecast counts as failed.

    The error of the best candidate is a little too good an estimate of what is to come: it is the
    smallest of several. To judge tuning itself, hold values back from `tune`.

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN, tune
    >>> from tsrnn.datasets import load_co2
    >>> y = load_co2(adjusted=True)
    >>> grid = {"damped": [False, True], "prior": [None, "cautious"]}
    >>> best, table = tune(DoubleExpSmoothingRNN(), grid, y, horizon=12)
    >>> best
    DoubleExpSmoothingRNN(prior='cautious')
    >>> table.reset_index()[["candidate", "damped", "prior", "mase"]].round(3)
       candidate damped     prior   mase
    0          1  False  cautious  0.184
    1          0  False      None  0.188
    2          3   True  cautious  0.188
    3          2   True      None  0.193
    """
    horizon, n_windows = check_count("horizon", horizon), check_count("n_windows", n_windows)
    check_flag("verbose", verbose)
    metrics = _metrics(metric, windows)
    source = _source(forecaster, y, X)
    source.check(windows)
    candidates = _candidates(forecaster, grid)
    windows = {source.horizon_name: horizon, "n_windows": n_windows, **windows}
    trials: list[Trial] = []
    for params, candidate in tqdm(candidates, "tune", unit="candidate", disable=not verbose):
        trials.append(_tried(source, params, candidate, windows, trials))
    _refuse_all_failed(trials)
    found = compare(trials, source.n_series, metrics, lambda i: source.past(candidates[i][1]))
    table = _table(candidates, found)
    _warn(found, source.n_series)
    return Tuned(source.fit(clone(candidates[table.index[0]][1])), table)


def _metrics(metric: Any, windows: Mapping[str, Any]) -> list[str]:
    """Read the names of metrics, of which the first one is to be small."""
    metrics = [metric] if isinstance(metric, str) or not isinstance(metric, Iterable) else [*metric]
    for name in metrics:
        check_choice("metric", name, METRICS)
    if not metrics or len(set(metrics)) < len(metrics):
        raise InvalidParameterError(f"metric must be different names, one at least, got {metrics}")
    if metrics[0] in _NO_LOSSES:
        raise InvalidParameterError(
            f"metric {metrics[0]!r} is no loss that the best candidate has least of: choose by "
            "another, such as 'mase', or 'winkler_score' for intervals, and name it behind that"
        )
    level = windows.get("level")
    if needs_of(metrics) & {"interval", "quantiles"}:
        if level is None:
            raise ValueError(
                f"metric {metrics} looks at intervals: give their level, as backtest takes it, or "
                "for a panel cross_validation"
            )
        if "interval" in METRICS[metrics[0]].needs and np.size(level) > 1:
            raise ValueError(f"level must be a single one to choose by {metrics[0]!r}, got {level}")
    elif level is not None:
        raise ValueError(f"level is given, but none of the metrics {metrics} looks at intervals")
    return metrics


def _candidates(forecaster: Any, grid: Any) -> list[tuple[dict[str, Any], Any]]:
    """Make an unfitted estimator of each combination of a grid."""
    if not isinstance(grid, ParameterGrid | ParameterSampler):
        if not isinstance(grid, Mapping | list | tuple):
            raise TypeError(
                "grid must be a dict of lists, such as {'damped': [False, True]}, or a list of "
                f"such, got {grid!r}"
            )
        grid = ParameterGrid(grid)
    candidates = []
    for params in grid:
        params = {name: clone(value, safe=False) for name, value in params.items()}
        candidate = clone(forecaster)
        try:
            candidate.set_params(**params)
        except (ValueError, AttributeError) as error:
            hint = _part_of(forecaster, params)
            raise ValueError(f"grid does not suit the forecaster: {error}{hint}") from error
        candidates.append((params, candidate))
    if not any(params for params, _ in candidates):
        raise ValueError("grid names no parameter: give lists of values, one parameter at least")
    return candidates


def _part_of(forecaster: Any, params: Mapping[str, Any]) -> str:
    """Say which parameters of a grid are those of the forecaster within one."""
    known = forecaster.get_params()
    meant = [f"forecaster__{name}" for name in params if name not in known]
    meant = [name for name in meant if name in known]
    return f" {meant[0]!r} is that of the forecaster within." if meant else ""


@dataclass(frozen=True)
class _Series:
    """One series or several side by side, and how they are forecast."""

    given: Any
    y: Any
    X: Any
    rows: Rows

    horizon_name = "horizon"

    @classmethod
    def read(cls, given: Any, X: Any) -> _Series:
        y, _ = opened(given, "y")
        return cls(given, y, X, Rows.read(y, X))

    @property
    def n_series(self) -> int:
        return self.rows.n_series

    def check(self, windows: Mapping[str, Any]) -> None:
        """Refuse arguments that a backtest does not know."""
        _refuse_unknown(windows, backtest, ("forecaster", "y", "X", "horizon", "n_windows"))

    def forecast(self, model: Any, windows: Mapping[str, Any]) -> tuple[pd.DataFrame, int, str]:
        """Backtest a candidate: the frame, with whose failures there are none."""
        frame = backtest(model, self.y, self.X, **windows).drop(columns="step")
        if "series" not in frame:
            frame.insert(0, "series", 0)
        level = windows.get("level")
        names: dict[Hashable, str]
        if level is not None and np.ndim(level) == 0:
            names = {"lower": f"-lo-{100.0 * level:g}", "upper": f"-hi-{100.0 * level:g}"}
        else:
            names = {one: str(one).replace("lower", "-lo").replace("upper", "-hi") for one in frame}
        return frame.rename(columns=names), 0, ""

    def past(self, model: Any) -> Past:
        """Return the series that scaled errors are measured by."""
        names = self.rows.names if self.rows.n_series > 1 else None
        return Past(pd.DataFrame(self.rows.values, self.rows.index, names), "auto")

    def fit(self, model: Any) -> Any:
        """Fit a candidate to all there is."""
        if isinstance(model, Forecaster):  # which answers as it is asked
            return model.fit(self.given) if self.X is None else model.fit(self.X, self.given)
        return self.rows.fit(model, 0, self.rows.n_timesteps)


@dataclass(frozen=True)
class _Frame:
    """A panel in a frame of any form, and how it is forecast."""

    df: Any
    ids: pd.Index

    horizon_name = "h"

    @classmethod
    def read(cls, forecaster: Any, df: Any) -> _Frame:
        panel, _ = _values_of(df, _panel_of(forecaster)._columns(), repeats=True)
        return cls(df, panel.ids)

    @property
    def n_series(self) -> int:
        return len(self.ids)

    def check(self, windows: Mapping[str, Any]) -> None:
        """Refuse arguments that a cross-validation does not know."""
        method = PanelForecaster.cross_validation
        _refuse_unknown(windows, method, ("self", "df", "h", "n_windows"))

    def forecast(self, model: Any, windows: Mapping[str, Any]) -> tuple[pd.DataFrame, int, str]:
        """Cross-validate a candidate: the frame, how many series fail, and why the first does."""
        panel = _panel_of(model)
        if not isinstance(panel.forecaster, Forecaster):
            raise InvalidParameterError(
                f"forecaster must be a single one, got {panel.forecaster!r}: one of several is "
                "chosen by a grid, as in {'forecaster': [NaiveForecaster(), ThetaForecaster()]}"
            )
        columns = panel._columns()
        names = [columns.id, columns.time, "cutoff", columns.target]
        frame, _ = long_frame(panel.cross_validation(self.df, **windows), columns, "y")
        name, *bounds = [one for one in frame.columns if one not in names]
        frame = frame[[*names, name, *bounds]]
        bounds = [bound.removeprefix(name) for bound in bounds]
        frame.columns = ["series", "time", "cutoff", "y", "forecast", *bounds]
        failures = panel.cross_validation_failures_
        first = failures.iloc[:1, :2].itertuples(index=False)
        return frame, len(failures), "".join(f"{name!r}: {why}" for name, why in first)

    def past(self, model: Any) -> Past:
        """Return the series that scaled errors are measured by, on the steps of a candidate."""
        panel = _panel_of(model)
        columns, rules = panel._columns(), panel._rules()
        whole, failures = _values_of(self.df, columns, repeats=rules.aggregate is not None)
        part = regular_part(whole, failures, rules, columns.time).panel
        y = pd.DataFrame(
            {
                "series": part.ids.take(np.repeat(np.arange(len(part.ids)), part.lengths)),
                "time": part.codec.write(part.ordinals),
                "y": part.values,
            }
        )
        return Past(y, 1 if rules.by_rows else "auto")

    def fit(self, model: Any) -> PanelForecaster:
        """Fit a candidate to all there is."""
        return _panel_of(model).fit(self.df)


def _source(forecaster: Any, y: Any, X: Any) -> _Series | _Frame:
    """Read the series, and find out whether they are those of a panel."""
    is_panel = isinstance(forecaster, PanelForecaster)
    if not is_panel:
        check_forecaster(forecaster)
    if not is_panel and not _names_series(y):
        return _Series.read(y, X)
    if X is not None:
        raise TypeError("X must be left out: regressors of a long frame are columns of it")
    if not is_panel and not isinstance(forecaster, Forecaster):
        raise TypeError(
            f"forecaster must be one of this package for a long frame, got {forecaster!r}: "
            "regressors of scikit-learn's become forecasters by WindowForecaster(regressor, lags)"
        )
    return _Frame.read(forecaster, y)


def _names_series(y: Any) -> bool:
    """Tell whether a frame says in its rows which series they are of."""
    y, _ = opened(y, "y")
    has_levels = isinstance(y, pd.Series | pd.DataFrame) and isinstance(y.index, pd.MultiIndex)
    return has_levels or (isinstance(y, pd.DataFrame) and set(_LONG) <= set(y.columns))


def _values_of(df: Any, columns: Columns, *, repeats: bool) -> tuple[Panel, dict[int, Exception]]:
    """Read the series of a frame of any form, and leave its further columns alone."""
    df, _ = long_frame(df, columns, "y")
    further = df.columns if isinstance(df, pd.DataFrame) else ()
    return read_panel(df, columns, [], repeats=repeats, names=FrameNames("y"), ignored=further)


def _panel_of(forecaster: Any) -> PanelForecaster:
    is_panel = isinstance(forecaster, PanelForecaster)
    return forecaster if is_panel else PanelForecaster(forecaster)


def _refuse_unknown(
    given: Mapping[str, Any], method: Callable[..., Any], taken: Sequence[str]
) -> None:
    """Refuse arguments that a method does not know, or that `tune` gives itself."""
    known = [name for name in inspect.signature(method).parameters if name not in taken]
    for name in given:
        if name not in known:
            raise TypeError(
                f"tune has no argument {name!r}; what {method.__name__} takes beside is "
                f"{', '.join(known)}"
            )


def _tried(
    source: _Series | _Frame,
    params: dict[str, Any],
    candidate: Any,
    windows: Mapping[str, Any],
    others: Sequence[Trial],
) -> Trial:
    """Forecast the windows by a candidate."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("ignore", message=_OF_FAILURES)  # which the table tells
        try:
            frame, n_failed, failure = source.forecast(candidate, windows)
        except SERIES_ERRORS as error:
            frame, n_failed, failure = NO_FORECASTS, source.n_series, str(error)
    seconds = time.perf_counter() - start
    notes = [_told_of_fits(one.message) for one in caught if isinstance(one.message, Warning)]
    rows = frame[ROWS]
    for other in others:  # so that the same is not kept a hundred times
        if rows.equals(other.rows):
            rows = other.rows
            break
    return Trial(params, rows, frame.drop(columns=ROWS), seconds, n_failed, failure, notes)


def _told_of_fits(note: Warning) -> Warning:
    """Leave out of notes on fits where they are listed, which is in no panel that users have."""
    words = str(note)
    return type(note)(words.replace(_OF_NOTES, "", 1)) if _OF_NOTES in words else note


def _refuse_all_failed(trials: Sequence[Trial]) -> None:
    """Raise where no candidate is left."""
    if all(trial.has_failed for trial in trials):
        raise ValueError(
            f"all {len(trials)} candidates failed; the first, {dict(trials[0].params)}: "
            f"{trials[0].failure}"
        )


def _table(candidates: Sequence[tuple[dict[str, Any], Any]], found: Comparison) -> pd.DataFrame:
    """Lay candidates out, the best one first."""
    names = list(dict.fromkeys(name for params, _ in candidates for name in params))
    taken = [candidate.get_params() for _, candidate in candidates]
    columns = {
        name: pd.Series([params.get(name) for params in taken], dtype=object) for name in names
    }
    table = pd.DataFrame(
        {
            **columns,
            **{str(name): values for name, values in found.scores.items()},
            "n_failed": [trial.n_failed for trial in found.trials],
            "seconds": [trial.seconds for trial in found.trials],
            "failure": [trial.failure for trial in found.trials],
        }
    ).rename_axis("candidate")
    score = found.scores.iloc[:, 0]
    # The first of those that are as good but for rounding.
    best = int(np.flatnonzero(score <= score.min() * (1.0 + _ROUNDING))[0])
    order = np.argsort(score.to_numpy(), kind="stable")  # with NaN at the end
    return table.iloc[[best, *order[order != best]]]


def _warn(found: Comparison, n_series: int) -> None:
    """Tell which candidates failed, what was left out, and what their fits warned of, once."""
    notes = {(type(note), str(note)): note for trial in found.trials for note in trial.notes}
    for note in notes.values():
        warn_user(note, type(note))
    failed = [trial for trial in found.trials if trial.has_failed]
    if failed:
        warn_user(
            f"{len(failed)} of {len(found.trials)} candidates failed, see the table; the first, "
            f"{dict(failed[0].params)}: {failed[0].failure}"
        )
    if found.left_out:
        warn_user(
            f"candidates are compared on {found.n_series} of {n_series} series: "
            f"{', '.join(found.left_out)}; see n_failed and failure in the table"
        )
