"""Panels of many series: long frames in, long frames out, every series fitted on its own."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, Self, get_args

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.frames import is_frame
from tsrnn._input.notes import together, warn_user
from tsrnn._input.ragged import others
from tsrnn._input.validation import (
    at_this_moment,
    check_choice,
    check_count,
    check_flag,
    check_jobs,
    forget_fit,
    replaced_when_done,
)
from tsrnn.exceptions import InvalidParameterError, UnfinishedStepWarning
from tsrnn.features.hosts import names_beside
from tsrnn.forecasting.backtesting import refit_every
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster, IntervalMethod
from tsrnn.panel.arguments import check_levels, check_names, interval_names, tails_of
from tsrnn.panel.backtest import rolling_windows, too_short_for_windows
from tsrnn.panel.calibration import calibration_scores, conformal_factors
from tsrnn.panel.features import with_time_features
from tsrnn.panel.fill import StepRules
from tsrnn.panel.frame import Columns, Panel
from tsrnn.panel.labels import Aggregate
from tsrnn.panel.reading import FrameRoles, ReadFrame, read_frame, read_further
from tsrnn.panel.report import (
    failure_table,
    filled_table,
    id_of,
    note_table,
    refuse_all_failed,
    warn_of_failures,
    warn_of_notes,
)
from tsrnn.panel.seasons import SettledPanel, season_notes, unseen_notes
from tsrnn.panel.state import FittedPanel, PanelRequest, SeenRows, regular_part
from tsrnn.panel.totals import check_panel_totals, last_rows, panel_total_quantiles


class FrameFit(NamedTuple):
    """Hold what became of a long frame that a panel was fitted to.

    Attributes
    ----------
    fitted : FittedPanel
    lengths : (n_series,) array
        Steps of the series in `fitted`, with those that were put in.
    failed : list
        The ids of series that failed, and why, as errors.
    notes : list
        The ids of series that there is something to know of, and what, as warnings.
    sought_season : bool
        Whether the length of the season was that of the time stamps.
    """

    fitted: FittedPanel
    lengths: np.ndarray
    failed: list[tuple[Hashable, Exception]]
    notes: list[tuple[Hashable, Warning]]
    sought_season: bool


class PanelForecaster(BaseEstimator):
    """Fit a forecaster to every series of a long frame.

    A long frame has one row a series and time step, in any order: a column that names the series,
    one of time stamps, and one of values; further columns are regressors known in advance. Each
    series is fitted on its own, has a regular grid of time stamps of its own, and may begin and
    end where it will.

    A series that will not do never stops the others: it is left out and listed in `failures_`, a
    warning says how many are, and the others are what they would be without it. Such are series
    with words or infinities for values, fewer than two values, missing, repeated or irregular time
    stamps, and regressors that are not known. `fill` and `aggregate` make series of irregular and
    repeated ones.

    Parameters
    ----------
    forecaster : Forecaster
        Such as `DoubleExpSmoothingRNN()`. It is cloned, and not changed.
    id_col, time_col, target_col : str
        What the columns are called.
    regressors : list or None
        Which further columns are regressors, known in advance. None takes all columns of numbers
        (and True and False) that are not static; an empty list none.
    static : list or None
        Which columns say the same in all rows of a series, such as its town, in words or numbers: a
        series of which they do not is a failure. They are kept in `static_`; no forecaster looks at
        them so far.
    freq : str, pandas offset, int or None
        What the time stamps of every series must follow, such as "D", "B" or "MS"; an integer
        where they are integers. None finds it for each series: equal steps, equal months (month
        ends, too), business days, and whatever else pandas can infer. With `fill` it is found as
        `tsrnn.fill_gaps` does. "rows" takes the rows of a series, in the order of their stamps, for
        its steps, whatever the stamps are, such as trading days: forecasts are numbered on from
        the number of rows.
    fill : None, number or "missing"
        What stands for the steps between the first and the last row of a series that have no row:
        a number, such as 0 for days without sales, or a missing value. None makes series with such
        gaps failures. It is for values alone: a series with gaps and regressors is a failure, for
        the regressors there are not known.
    aggregate : None, "sum", "mean" or "last"
        Makes one row of the rows of a series that fall into the same step of `freq`, such as
        sales of a day, labelled as pandas resamples: weeks, and steps that end a month, quarter or
        year, by their last day, others by their beginning. Missing values do not count; regressors
        must be the same in all rows of a step. Without `freq`, and with "rows", only equal stamps
        are one step. A step that has only begun counts as a whole one: an `UnfinishedStepWarning`
        tells where the last one looks like that.
    alias : str or None
        What to call the column of forecasts; the forecaster's class by default.
    conformal_windows : int
        How many windows at the ends of the series `method="conformal"` learns its intervals from.
    n_jobs : int or None
        Threads, as joblib counts them. Results do not depend on it.
    verbose : bool
        Whether to show a bar of progress.

    Attributes
    ----------
    failures_ : DataFrame
        Of the series that failed in `fit` or `update`: the columns `id_col`, reason, exception.
    notes_ : DataFrame
        What to know of the fits of others, such as too few values to learn all parameters from:
        the columns `id_col`, note. A series that lies with gaps on the steps that most others
        have, but is regular in itself, is noted as well.
    filled_ : DataFrame
        How many rows `fit` and `update` put into series: the columns `id_col`, n_filled.
    coef_ : DataFrame
        Coefficients of a `RegressionForecaster`: the columns `id_col`, column, coef, bse.
    period_ : Series
        By series the period that was taken in `fit`; where the forecaster has a season.
    static_ : DataFrame
        What the static columns say of each series: the columns `id_col` and those.
    ids_ : pandas.Index
        The series that can be predicted, sorted.
    cross_validation_failures_ : DataFrame
        As `failures_`, of the last `cross_validation`.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn import NaiveForecaster, PanelForecaster
    >>> months, years = ["2024-02-29", "2024-03-31", "2024-04-30"], ["2022-12-31", "2023-12-31"]
    >>> df = pd.DataFrame({
    ...     "unique_id": ["a", "a", "a", "b", "b"],
    ...     "ds": pd.to_datetime(months + years),
    ...     "y": [1.0, 2.0, 3.0, 10.0, 20.0],
    ... })
    >>> PanelForecaster(NaiveForecaster(strategy="drift"), alias="drift").fit(df).predict(2)
      unique_id         ds  drift
    0         a 2024-05-31    4.0
    1         a 2024-06-30    5.0
    2         b 2024-12-31   30.0
    3         b 2025-12-31   40.0
    """

    ids_: pd.Index
    failures_: pd.DataFrame
    notes_: pd.DataFrame
    cross_validation_failures_: pd.DataFrame
    period_: pd.Series
    feature_names_in_: np.ndarray

    def __init__(
        self,
        forecaster: Forecaster,
        *,
        id_col: Hashable = "unique_id",
        time_col: Hashable = "ds",
        target_col: Hashable = "y",
        regressors: Sequence[Hashable] | None = None,
        static: Sequence[Hashable] | None = None,
        freq: Any = None,
        fill: Any = None,
        aggregate: Aggregate | None = None,
        alias: str | None = None,
        conformal_windows: int = 2,
        n_jobs: int | None = None,
        verbose: bool = False,
    ) -> None:
        self.forecaster = forecaster
        self.id_col = id_col
        self.time_col = time_col
        self.target_col = target_col
        self.regressors = regressors
        self.static = static
        self.freq = freq
        self.fill = fill
        self.aggregate = aggregate
        self.alias = alias
        self.conformal_windows = conformal_windows
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, df: pd.DataFrame) -> Self:
        """Fit all series.

        Parameters
        ----------
        df : DataFrame
            The long frame. Missing values are NaN, None or pd.NA; gaps in time are rows with one,
            or filled by `fill`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If a column is of the wrong kind altogether, or `df` no DataFrame.
        ValueError
            If a column is not there, a row names no series, or every single series fails.
        """
        self._fit(df)
        return self

    def _fit(self, df: pd.DataFrame) -> FrameFit:
        """Fit the panel, and tell what became of the frame."""
        with replaced_when_done(self) as new:
            forget_fit(new)
            _, forecaster = self._validated()
            rules = self._rules()
            panel, failures, frame = self._read(df)
            ids, names = panel.ids, frame.regressors
            panel, grid, places, n_filled, differing, doubt, reach = regular_part(
                panel, failures, rules, self.time_col
            )
            kinds = grid.seasons()
            panel, features = with_time_features(panel, forecaster, rules)
            told = forecaster.reading_columns(names_beside(names, features))
            settled = SettledPanel.of(told, panel, kinds)
            with self._progress(len(places)) as progress:
                model = self._fit_model(settled, panel, progress)
            failures |= {int(places[i]): error for i, error in model.failures.items()}
            refuse_all_failed(failures, ids)
            # Labels that are tuples are names as well, and no second axis.
            index = pd.Index(names, dtype=object, tupleize_cols=False)
            new.feature_names_in_ = index.to_numpy(copy=True)
            rows = SeenRows(panel.codec, panel.last_ordinals) if rules.by_rows else None
            left_out = frozenset(model.failures)
            n_filled = None if rules.fill is None else n_filled
            n_seen = panel.lengths if features else None
            new._fitted = FittedPanel(
                panel.ids, model, grid, left_out, rows, n_filled, reach, features, n_seen
            )
            new.ids_ = new._fitted.active_ids
            new._frame = frame
            # For calibration, which needs no stamps.
            new._training = replace(panel, ordinals=np.broadcast_to(0, len(panel.ordinals)))
            new._scores = {}  # of each horizon, found when it is first asked for
            new.failures_ = failure_table(failures, ids, self.id_col)
            if settled.has_periods:
                taken = settled.periods[new._fitted.active]
                new.period_ = pd.Series(taken, new.ids_, name="period")
            notes = season_notes(forecaster, panel, kinds)
            if forecaster._has_season():
                for i, lines in unseen_notes(panel, settled.periods, model).items():
                    notes[i] = (*notes.get(i, ()), *lines)
            notes |= {i: (*notes.get(i, ()), *lines) for i, lines in model.notes.items()}
            notes |= {i: (line, *notes.get(i, ())) for i, line in differing.items()}
            notes = {i: lines for i, lines in notes.items() if i not in model.failures}
            new.notes_ = note_table(notes, panel.ids, self.id_col)
            _warn_of_last_step(doubt)
            warn_of_failures(new.failures_, len(ids), "failures_")
            warn_of_notes(note for i in sorted(notes) for note in notes[i])
        failed = [(id_of(ids, i), failures[i]) for i in sorted(failures)]
        listed = [(id_of(panel.ids, i), note) for i in sorted(notes) for note in notes[i]]
        return FrameFit(new._fitted, panel.lengths, failed, listed, forecaster._seeks_season())

    @property
    def filled_(self) -> pd.DataFrame:
        """The series that rows were put into, and how many: `id_col`, n_filled."""
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        return filled_table(now._fitted.ids, now._fitted.n_filled, now.id_col)

    @property
    def static_(self) -> pd.DataFrame:
        """The series, and what static columns say of each: `id_col` and these columns."""
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        table = now._frame.static
        return table.iloc[pd.Index(table.iloc[:, 0]).get_indexer(now.ids_)].reset_index(drop=True)

    @property
    def coef_(self) -> pd.DataFrame:
        """The coefficients of a regression by series: `id_col`, column, coef, bse.

        Where the forecaster is, or is around, a `RegressionForecaster`; otherwise there is no such
        attribute. Without failed series.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        found = now._fitted.model.coefficients()
        if not found:
            raise AttributeError(
                f"the forecaster of this panel, {type(now.forecaster).__name__}, is no regression: "
                "coef_ is of RegressionForecaster"
            )
        names = names_beside(now.feature_names_in_, now._fitted.features)
        ids, active = now._fitted.active_ids, now._fitted.active
        return pd.DataFrame(
            {
                now.id_col: ids.take(np.repeat(np.arange(len(ids)), len(names))),
                "column": names * len(ids),
                **{name: values[active].ravel() for name, values in found.items()},
            }
        )

    def predict(
        self,
        h: int | pd.DataFrame | None = None,
        X_df: pd.DataFrame | None = None,
        *,
        level: Any = None,
        method: IntervalMethod = "auto",
        total: bool = False,
        n_paths: int | None = None,
        random_state: Any = None,
    ) -> pd.DataFrame:
        """Forecast all series.

        Parameters
        ----------
        h : int, or DataFrame
            Steps ahead of the end of each series. A frame stands for `X_df` alone.
        X_df : DataFrame, optional
            The time stamps to forecast, with the regressors there: a long frame without values.
            With `h` it must hold the next `h` steps of every series; without, whatever lies after
            the end of a series may be asked. With `freq="rows"` its rows are the next steps of each
            series in the order of their stamps, which the forecasts keep.
        level : number or list of numbers, optional
            Levels of prediction intervals in percent, such as `[80, 95]`.
        method : {"auto", "conformal"}
            Intervals of the forecaster's own, or conformal ones: its deviations, stretched so that
            the intervals would have held as many values in the last `conformal_windows` windows of
            the series about as long, one factor a step ahead. The first call for a horizon fits
            the series anew once a window.
        total : bool, default=False
            Whether to forecast the total of the steps of each series, such as the demand until a
            delivery comes: one row a series, with the stamp of the last step, the sum of the
            forecasts, which is the mean if these are means, and intervals of the total from
            simulated paths. Its quantile of 95 percent is the upper bound of ``level=90``.
        n_paths : int or None
            With `total=True`, how many paths are drawn for a series; 10,000 by default.
        random_state : int, RandomState or None
            With `total=True`, what they are drawn from, the same numbers for every series, as
            `predict_interval` of it alone draws; by default the same ones every time.

        Returns
        -------
        forecasts : DataFrame
            Columns `id_col`, `time_col`, the model's name, and for each level the model's name
            followed by -lo-80, -hi-80. Sorted by series and time; without failed series.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        check_choice("method", method, get_args(IntervalMethod))
        levels = check_levels(level)
        columns = now._columns()
        bound_names = interval_names(now._name(), levels, (columns.id, columns.time))
        paths = check_panel_totals(total, n_paths, random_state, levels, method)
        request = now._read_request(h, X_df)
        model, horizon, name = request.model, int(request.ahead.max()), now._name()

        def at(of_steps: np.ndarray) -> np.ndarray:
            return of_steps[request.ahead - 1, ..., request.series]

        answer = {
            now.id_col: now._fitted.ids.take(request.series),
            now.time_col: request.stamps,
            name: at(model.forecast(horizon, now.n_jobs)) + request.effect,
        }
        if total:
            last = last_rows(request, now._fitted.ids, now.time_col)
            totals = np.add.reduceat(answer[name], np.append(0, last[:-1] + 1))
            answer = {key: values[last] for key, values in answer.items()} | {name: totals}
            bounds = panel_total_quantiles(request, last, tails_of(levels), *paths, now.n_jobs)
        elif levels and method == "auto":
            quantiles = at(model.quantiles(horizon, tails_of(levels), now.n_jobs))
            bounds = np.atleast_2d(quantiles).T + request.effect
        elif levels:
            deviation = at(model.deviation(horizon, now.n_jobs))
            bounds = []
            for one in levels:
                for factors in now._conformal_factors(horizon, one):
                    bound = answer[name] + deviation * at(factors.T)
                    bounds.append(now.forecaster.nearest_values(bound))
        for i, (low, high) in enumerate(bound_names):
            answer[low], answer[high] = bounds[2 * i : 2 * i + 2]
        doubts = model.doubts(horizon)
        for note in together(doubts, len(ids := now._fitted.ids), lambda i: repr(id_of(ids, i))):
            warn_user(note)
        return now._frame.form.answer(pd.DataFrame(answer), columns)

    def update(self, df_new: pd.DataFrame) -> Self:
        """Move the states of series on through new values, parameters kept.

        The cost does not depend on how long the series are.

        Parameters
        ----------
        df_new : DataFrame
            Rows that follow those seen, of some or all series, columns as at `fit`. Gaps, also
            right after the last row seen, are filled, and rows of a step put together, as at `fit`;
            rows of the step that was the last one come too late, and an `UnfinishedStepWarning`
            tells where the new last one looks unfinished beside those of the fit. Rows of failed
            series are skipped. A series whose new rows will not do (words, infinities, a gap that
            is not filled) joins `failures_`, for where it stands is no longer known.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there are series that were not fitted: `fit` is where series begin.
        """
        check_is_fitted(self, "failures_")
        columns = self._columns()
        self._rules().check()
        with replaced_when_done(self) as new:
            more, failures, form = read_further(
                df_new,
                new._frame,
                columns,
                "df_new",
                is_new=True,
                repeats=self.aggregate is not None,
            )
            n_given, failed = len(more.ids), new.failures_.iloc[:, 0]
            more, failures, series = new._fitted.placed(more, failures, failed, "df_new")
            if form.series is not None:
                more, series = new._fitted.going_on(more, series, self.time_col)
            fitted, named, doubt = new._fitted.moved(
                more, failures, series, self._rules(), self.time_col, self.n_jobs
            )
            new._fitted, new.ids_ = fitted, fitted.active_ids
            newly = failure_table(named, fitted.ids, new.failures_.columns[0])
            new.failures_ = pd.concat([new.failures_, newly], ignore_index=True)
            _warn_of_last_step(doubt)
            warn_of_failures(newly, n_given, "failures_")
        return self

    def cross_validation(
        self,
        df: pd.DataFrame,
        h: int,
        n_windows: int = 1,
        step_size: int | None = None,
        refit: bool | int = True,
        level: Any = None,
    ) -> pd.DataFrame:
        """Forecast from points in the past of each series, the last one `h` steps before its end.

        What was fitted before is kept.

        Parameters
        ----------
        df : DataFrame
            As for `fit`.
        h : int
            Steps to forecast from each point.
        n_windows : int
            How many points.
        step_size : int or None
            Steps between them; `h` by default.
        refit : bool or int
            True fits at every point, False only at the first (from there the states move on), an
            integer at every so many.
        level : number or list of numbers, optional
            Levels of the forecaster's own prediction intervals in percent, such as `[80, 95]`.

        Returns
        -------
        forecasts : DataFrame
            Columns `id_col`, `time_col`, cutoff (the last time stamp that was known), `target_col`,
            the model's name, and for each level that name followed by -lo-80, -hi-80; sorted by
            series and time. Failed series are left out, and listed in
            `cross_validation_failures_`. `tsrnn.metrics.evaluate` makes scores of it.
        """
        h, n_windows = check_count("h", h), check_count("n_windows", n_windows)
        step = h if step_size is None else check_count("step_size", step_size)
        every = refit_every(refit, n_windows)
        levels = check_levels(level)
        columns, forecaster = self._validated()
        taken = (columns.id, columns.time, columns.target)
        bound_names = interval_names(self._name(), levels, taken)
        rules = self._rules()
        panel, failures, frame = self._read(df)
        ids, names = panel.ids, frame.regressors
        panel, grid, places, *_, doubt, _ = regular_part(panel, failures, rules, self.time_col)
        short = too_short_for_windows(panel, h, n_windows, step)
        failures |= {int(places[i]): error for i, error in short.items()}
        refuse_all_failed(failures, ids)
        keep = others(len(places), short)
        panel, places = panel.take(keep), places[keep]
        panel, features = with_time_features(panel, forecaster, rules)
        forecaster = forecaster.reading_columns(names_beside(names, features))
        seasons, kind = grid.seasons()
        forecasts = np.full((len(places), n_windows, h), np.nan)
        bounds = np.full((2 * len(levels), len(places), n_windows, h), np.nan)
        rows = np.empty((len(places), n_windows, h), dtype=np.int64)
        failed = np.zeros((len(places), n_windows), dtype=bool)
        with self._progress(len(places) * -(-n_windows // every)) as progress:

            def fit(part: Panel) -> PanelModel:
                settled = SettledPanel.of(forecaster, part, (seasons, kind[keep]))
                return self._fit_model(settled, part, progress)

            for window in rolling_windows(panel, fit, h, n_windows, step, every, self.n_jobs):
                forecasts[:, window.number] = window.forecast
                if levels:
                    bounds[:, :, window.number] = window.quantiles(tails_of(levels), self.n_jobs)
                rows[:, window.number] = window.ends[:, None] + np.arange(h)
                for i, error in window.model.failures.items():
                    failures.setdefault(int(places[i]), error)
                    failed[i, window.number] = True
        refuse_all_failed(failures if failed.all() else {}, ids)
        self.cross_validation_failures_ = failure_table(failures, ids, self.id_col)
        _warn_of_last_step(doubt)
        warn_of_failures(self.cross_validation_failures_, len(ids), "cross_validation_failures_")
        kept = np.repeat(~failed.reshape(-1), h)
        request = rows.reshape(-1)[kept]
        cutoffs = np.repeat(rows[:, :, 0].reshape(-1) - 1, h)[kept]
        answer = pd.DataFrame(
            {
                self.id_col: panel.ids.take(np.repeat(np.arange(len(places)), n_windows * h)[kept]),
                self.time_col: panel.codec.write(panel.ordinals[request]),
                "cutoff": panel.codec.write(panel.ordinals[cutoffs]),
                self.target_col: panel.values[request],
                self._name(): forecasts.reshape(-1)[kept],
                **{
                    name: values.reshape(-1)[kept]
                    for name, values in zip(sum(bound_names, ()), bounds, strict=True)
                },
            }
        )
        return frame.form.answer(answer, columns)

    def _validated(self) -> tuple[Columns, Forecaster]:
        """Check the constructor's arguments: the columns, and a forecaster to fit with."""
        if not isinstance(self.forecaster, Forecaster):
            raise InvalidParameterError(
                "forecaster must be a forecaster, such as DoubleExpSmoothingRNN(), got "
                f"{self.forecaster!r}"
            )
        forecaster = clone(self.forecaster)
        forecaster.validate_parameters()
        columns = self._columns()
        self._rules().check()
        check_count("conformal_windows", self.conformal_windows)
        check_flag("verbose", self.verbose)
        self._roles().check()
        return columns, forecaster

    def _columns(self) -> Columns:
        """Check what every method uses: what columns are called, and threads."""
        columns = Columns(self.id_col, self.time_col, self.target_col)
        check_names(columns, self.alias, self._name())
        check_jobs(self.n_jobs)
        return columns

    def _rules(self) -> StepRules:
        return StepRules(self.freq, self.fill, self.aggregate)

    def _roles(self) -> FrameRoles:
        columns = Columns(self.id_col, self.time_col, self.target_col)
        return FrameRoles(columns, self.regressors, self.static)

    def _read(self, df: Any) -> ReadFrame:
        """Read a frame to be fitted to."""
        repeats = self.aggregate is not None
        return read_frame(df, self._roles(), repeats=repeats, forecaster=self._name())

    def _fit_model(
        self, settled: SettledPanel, panel: Panel, progress: Progress | None
    ) -> PanelModel:
        with one_blas_thread():
            return settled.fit(panel, self.n_jobs, progress)

    @contextmanager
    def _progress(self, n_series: int) -> Iterator[Progress | None]:
        if not self.verbose:
            yield None
            return
        with tqdm(total=n_series, unit="series", desc=self._name()) as bar:
            yield bar.update

    def _name(self) -> str:
        return type(self.forecaster).__name__ if self.alias is None else self.alias

    def _read_request(self, h: Any, X_df: pd.DataFrame | None) -> PanelRequest:
        """Read what is to be predicted."""
        if is_frame(h):
            if X_df is not None:
                raise TypeError("predict takes one frame: predict(h, X_df), or predict(X_df)")
            h, X_df = None, h
        if h is not None:
            h = check_count("h", h)
        if X_df is not None:
            return self._read_requested_rows(h, X_df)
        if h is None:
            raise TypeError("predict takes a horizon, such as 12, or a frame of what to predict")
        if len(self.feature_names_in_):
            raise ValueError(
                f"the panel was fitted with the regressors {list(self.feature_names_in_)}: pass "
                "X_df with their values in the time steps asked"
            )
        return self._fitted.next_steps(h)

    def _read_requested_rows(self, h: int | None, X_df: pd.DataFrame) -> PanelRequest:
        """Read a frame of what is to be predicted; series of it that will not do are left out."""
        more, failures, _ = read_further(X_df, self._frame, self._columns(), "X_df", is_new=False)
        failed = self.failures_.iloc[:, 0]
        more, failures, series = self._fitted.placed(more, failures, failed, "X_df")
        if len(more.ids) == 0:
            raise ValueError("X_df holds failed series alone: see failures_")
        refuse_all_failed(failures, more.ids)
        table = failure_table(failures, more.ids, self.id_col)
        warn_of_failures(table, len(more.ids), "X_df")
        if h is not None:
            self._fitted.refuse_absent(series)
        good = others(len(series), failures)
        return self._fitted.steps_of(more.take(good), series[good], h, self.time_col)

    def _conformal_factors(self, horizon: int, percent: float) -> np.ndarray:
        """Return by how many deviations bounds differ from forecasts, (2, n_series, horizon)."""
        if horizon not in self._scores:
            _, forecaster = self._validated()
            names = names_beside(self.feature_names_in_, self._fitted.features)
            forecaster = forecaster.reading_columns(names)
            kinds = self._fitted.grid.seasons()
            settled = SettledPanel.of(forecaster, self._training, kinds)
            scores = calibration_scores(
                self._training,
                lambda part: self._fit_model(settled, part, None),
                horizon,
                self.conformal_windows,
                self.n_jobs,
            )
            self._scores[horizon] = scores
        lengths = self._training.lengths
        return conformal_factors(self._scores[horizon], lengths, percent)


def fit_frame(panel: PanelForecaster, df: pd.DataFrame) -> FrameFit:
    """Fit a panel as its `fit` does, and tell what became of the frame."""
    return panel._fit(df)


def _warn_of_last_step(doubt: str | None) -> None:
    """Tell what is in doubt."""
    if doubt is not None:
        warn_user(doubt, UnfinishedStepWarning)
