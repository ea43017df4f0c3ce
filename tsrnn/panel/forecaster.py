"""Panels of many series: long frames in, long frames out, every series fitted on its own."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Self, get_args

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.validation import (
    at_this_moment,
    check_choice,
    check_count,
    forget_fit,
    replaced_when_done,
)
from tsrnn.forecasting.backtesting import Windows
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster, IntervalMethod
from tsrnn.panel.answers import Asked, answered, tell_doubts
from tsrnn.panel.arguments import check_levels, interval_names, tails_of
from tsrnn.panel.backtest import table_of_windows, too_short_for_windows
from tsrnn.panel.fitted import FittedForecasters
from tsrnn.panel.fitting import (
    Adapt,
    FrameFit,
    Work,
    backtest_member,
    fit_member,
    fitted_panel,
    goes_on,
    kept_training,
    models_before,
    taken_periods,
    told_failures,
    told_notes,
    told_past,
)
from tsrnn.panel.in_sample import mean_score, table_in_sample
from tsrnn.panel.labels import Aggregate
from tsrnn.panel.parameters import PanelParameters
from tsrnn.panel.paths import refuse_path, seeds_of_series, simulated, table_of_paths
from tsrnn.panel.reading import read_further
from tsrnn.panel.regular import regular_frame
from tsrnn.panel.report import (
    by_model,
    failure_table,
    id_of,
    listed,
    listed_notes,
    note_table,
    refuse_none_moved,
    warn_of_failures,
    warn_of_last_step,
    warn_of_notes,
)
from tsrnn.panel.totals import check_panel_totals, last_rows, refuse_other_rows


class PanelForecaster(FittedForecasters, PanelParameters):
    """Fit a forecaster, or several, to every series of a long frame.

    A long frame has one row a series and time step, in any order: a column that names the series,
    one of time stamps, and one of values; further columns are regressors known in advance. Each
    series is fitted on its own, has a regular grid of time stamps of its own, and may begin and
    end where it will. Frames are of pandas or polars, or tables of pyarrow, and may be wide or have
    an index of series and time instead: forecasts are of the kind and the form of what was fitted.

    A series that will not do never stops the others: it is left out and listed in `failures_`, a
    warning says how many are, and the others are what they would be without it. Such are series
    with words or infinities for values, fewer than two values, missing, repeated or irregular time
    stamps, and regressors that are not known. `fill` and `aggregate` make series of irregular and
    repeated ones.

    Parameters
    ----------
    forecaster : Forecaster, or list of Forecaster and (str, Forecaster)
        Such as `DoubleExpSmoothingRNN()`. It is cloned, and not changed. Of a list each has a
        column of forecasts, called by its name, or by its class where it has none; two of a class
        must have names. The frame is read once, and each column is what it is with that forecaster
        alone. Parameters are then set by the names, as in ``set_params(holt__damped=True)``.
    id_col, time_col, target_col : str
        What the columns are called.
    regressors : list or None
        Which further columns are regressors, known in advance. None takes all columns of numbers
        (and True and False) that are not static; an empty list none.
    static : list or None
        Which columns say the same in all rows of a series, such as its town, in words or numbers: a
        series of which they do not is a failure. They are kept in `static_`, and the members of
        `RNNForecaster(horizon=h)` and `WindowForecaster` read them, those with a missing one being
        failures then; others do not look at them, which a warning tells. Of more than 64 categories
        of a column those of most series are told apart. `apply`, and a fit that goes on by
        `warm_start`, read them as the fit before did, and a series of a new category is a failure.
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
        What to call the column of forecasts of a single forecaster; its class by default.
    conformal_windows : int
        How many windows at the ends of the series `method="conformal"` learns its intervals from.
    n_jobs : int or None
        Threads, as joblib counts them. Results do not depend on it.
    verbose : bool
        Whether to show a bar of progress.

    Attributes
    ----------
    failures_ : DataFrame
        Of the series that failed in `fit` or `update`: the columns `id_col`, reason, exception. For
        a list of forecasters there is a column model after the first. It names the one that the
        series failed for, whose forecasts of it are missing, while those of others stay; it is None
        where no forecaster knows of the series.
    notes_ : DataFrame
        What to know of the fits of others, such as too few values to learn all parameters from:
        the columns `id_col`, note. A series that lies with gaps on the steps that most others
        have, but is regular in itself, is noted as well. For a list with a column model.
    filled_ : DataFrame
        How many rows `fit` and `update` put into series: the columns `id_col`, n_filled.
    coef_ : DataFrame
        Coefficients of a `RegressionForecaster`: the columns `id_col`, column, coef, bse. For a
        list with a column model.
    weights_ : DataFrame
        Weights of the members of an `EnsembleForecaster`: the column `id_col`, and one for each
        member, NaN where a series has other ones. For a list with a column model.
    period_ : Series, or DataFrame for a list
        By series the period that was taken in `fit`, where the forecaster has a season: of a list a
        column for each that has one.
    static_ : DataFrame
        What the static columns say of each series: the columns `id_col` and those.
    ids_ : pandas.Index
        The series that can be predicted, sorted.
    cross_validation_failures_ : DataFrame
        As `failures_`, of the last `cross_validation`.
    cross_validation_notes_ : DataFrame
        As `notes_`, of the fits of the last `cross_validation`; what several fits to a series told
        alike stands once.

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

    Two models side by side:

    >>> both = [("last", NaiveForecaster()), ("drift", NaiveForecaster(strategy="drift"))]
    >>> PanelForecaster(both).fit(df).predict(1)
      unique_id         ds  last  drift
    0         a 2024-05-31   3.0    4.0
    1         b 2024-12-31  20.0   30.0
    """

    def __init__(
        self,
        forecaster: Forecaster | Sequence[Any],
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

    def fit(self, df: Any) -> Self:
        """Fit all series.

        Parameters
        ----------
        df : DataFrame, Table, or Series with an index of series and time
            The long frame. Missing values are NaN, None, null or pd.NA; gaps in time are rows with
            one, or filled by `fill`. A wide frame has its time stamps as the index, or in a column
            `time_col`, and a column of numbers for each series; missing values at the ends of a
            column lie before and after that series.

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

    def apply(self, df: Any) -> Self:
        """Follow other series with what was trained, without any training.

        For forecasters that learn from all series at once, such as `RNNForecaster`: as if these
        series had been in the panel, and had had no part in the training. `predict` of what it
        returns is what other libraries give for series handed to a fitted model.

        Parameters
        ----------
        df : DataFrame
            As for `fit`, of series that may be others, with the same regressors and static columns.
            These are read as those of the series trained on: numbers in the same units, words as
            the same categories. A series of a category that none of them had joins `failures_`.

        Returns
        -------
        panel : PanelForecaster
            Another one, at the end of these series: it predicts, is updated and saved as if it had
            been fitted to them. This one is as it was. Conformal intervals are learned by fits to
            the beginnings of these series, as ever.

        Raises
        ------
        TypeError
            If a forecaster fits each series by itself.
        ValueError
            As `fit` raises, and if `static` is another than at the fit.
        """
        check_is_fitted(self, "failures_")
        new = at_this_moment(self)
        if not all(models_before(self._fitted, self._validated()[1])):
            raise ValueError(
                "the forecasters of the panel are others than those that were fitted, and there is "
                "nothing to apply of these: fit it"
            )
        new._fit(df, _following)
        return new

    def _fit(self, df: Any, adapt: Adapt | None = None) -> FrameFit:
        """Fit the panel, and tell what became of the frame."""
        with replaced_when_done(self) as new:
            forget_fit(new)
            _, forecasters = self._validated()
            before = models_before(vars(new).get("_fitted"), forecasters)
            rules, learned = self._rules(), None
            if adapt is not None or goes_on(forecasters, before):
                learned = new._frame.read_by
            frame = regular_frame(self._read(df, learned), rules, self.time_col)
            ids, part = frame.ids, frame.part
            with self._progress(len(part.places) * len(forecasters)) as progress:
                work = Work(self.n_jobs, progress)
                fits = [
                    fit_member(one, frame, rules, work, adapt or _going_on, models)
                    for one, models in zip(forecasters, before, strict=True)
                ]
            names = [one.fitted.name for one in fits]
            left_out = [one.fitted.left_out for one in fits]
            failures = told_failures(frame, fits)
            notes = told_notes(frame, [one.notes for one in fits], left_out, names)
            # Labels that are tuples are names as well, and no second axis.
            index = pd.Index(frame.names, dtype=object, tupleize_cols=False)
            new.feature_names_in_ = index.to_numpy(copy=True)
            new._fitted = fitted_panel(frame, fits, rules)
            new.ids_ = new._fitted.active_ids
            new._frame = frame.read
            new._forecasters = tuple(one.forecaster for one in forecasters)
            new._training = kept_training(fits)
            # Of each horizon, found when it is first asked for.
            new._scores = tuple({} for _ in fits)
            new.failures_ = failure_table(failures, ids, self.id_col)
            periods = taken_periods(fits, new._fitted)
            if periods is not None:
                new.period_ = periods
            new.notes_ = note_table(notes, part.panel.ids, self.id_col)
            warn_of_last_step(part.doubt)
            warn_of_failures(new.failures_, len(ids), "failures_")
            warn_of_notes(notes, part.panel.ids, "notes_")
        failed = [(id_of(ids, i), error) for i, _, error in listed(failures)]
        noted = [(id_of(part.panel.ids, i), note) for i, _, note in listed_notes(notes)]
        sought = any(one.forecaster._seeks_season() for one in forecasters)
        return FrameFit(new._fitted, part.panel.lengths, failed, noted, sought)

    def predict(
        self,
        h: Any = None,
        X_df: Any = None,
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
            the end of a series may be asked. Regressors that are `past_covariates` of all
            forecasters may be left out. With `freq="rows"` its rows are the next steps of each
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
            followed by -lo-80, -hi-80; of several models one after the other. Sorted by series and
            time; without failed series. NaN where a series failed for one of several models.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        check_choice("method", method, get_args(IntervalMethod))
        levels = check_levels(level)
        columns = now._columns()
        names = interval_names(now._fitted_names(), levels, (columns.id, columns.time))
        paths = check_panel_totals(total, n_paths, random_state, levels, method)
        rows = now._reader().read(h, X_df)
        if total:
            refuse_other_rows(rows, now._fitted.ids, now.time_col, "a total")
        asked = Asked(levels, method, total, paths, now.n_jobs)
        last = last_rows(rows) if total else slice(None)
        answer = {
            now.id_col: now._fitted.ids.take(rows.series[last]),
            now.time_col: rows.stamps[last],
        }
        for place, member in enumerate(now._fitted.members):
            past = now._past(place) if method == "conformal" else None
            forecasts, bounds = answered(now._fitted, rows, member, asked, past)
            answer |= dict(zip(names[place], [forecasts, *bounds], strict=True))
        tell_doubts(now._fitted, int(rows.ahead.max()))
        return now._frame.form.answer(pd.DataFrame(answer), columns)

    def simulate(
        self,
        h: Any = None,
        X_df: Any = None,
        *,
        n_paths: int = 1,
        random_state: Any = None,
    ) -> pd.DataFrame:
        """Draw possible futures of all series, independent of each other.

        Parameters
        ----------
        h, X_df
            As for `predict`: the steps that follow the end of each series.
        n_paths : int
            How many for each series.
        random_state : int, RandomState or None
            Each series draws from a seed of its own, that at its place in
            ``RandomState(random_state).randint(2**31 - 1, size=len(ids_))``: with it `simulate` of
            the forecaster alone draws the same. All models draw from the same.

        Returns
        -------
        paths : DataFrame
            Columns `id_col`, path (from 0), `time_col` and each model's name. Sorted by series,
            path and time; without failed series.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        n_paths = check_count("n_paths", n_paths)
        columns, names = now._columns(), now._fitted_names()
        refuse_path(columns, names)
        rows = now._reader().read(h, X_df)
        refuse_other_rows(rows, now._fitted.ids, now.time_col, "a path")
        seeds = seeds_of_series(random_state, len(now._fitted.active))
        paths = {
            name: simulated(now._fitted, rows, member, seeds, n_paths, now.n_jobs)
            for name, member in zip(names, now._fitted.members, strict=True)
        }
        tell_doubts(now._fitted, int(rows.ahead.max()))
        table = table_of_paths(now._fitted.ids, rows, columns, paths)
        return now._frame.form.answer(table, columns)

    def predict_in_sample(self, *, level: Any = None) -> pd.DataFrame:
        """Predict each value that `fit` saw from those before it.

        The ends of the series are all that a panel keeps of its fits, so that the series are fitted
        once more, as they were.

        Parameters
        ----------
        level : number or list of numbers, optional
            Levels of prediction intervals in percent, such as `[80, 95]`.

        Returns
        -------
        predictions : DataFrame
            Columns `id_col`, `time_col`, `target_col`, each model's name, and for each level that
            name followed by -lo-80, -hi-80: the `fitted_values_` of the forecaster alone. Sorted by
            series and time; without failed series.

        Raises
        ------
        ValueError
            For forecasters that are trained on all series at once, such as `RNNForecaster`: they
            keep no such predictions.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        now._fitted.refuse_none_left()
        columns, levels = now._columns(), check_levels(level)
        taken = (columns.id, columns.time, columns.target)
        names = interval_names(now._fitted_names(), levels, taken)
        found = [
            now._settled(place).in_sample(
                now._training[place], member.left_out, tails_of(levels), now.n_jobs
            )
            for place, member in enumerate(now._fitted.members)
        ]
        panel, pairs = now._training[0], list(zip(names, found, strict=True))
        answer = table_in_sample(panel, now._fitted.active, columns, pairs)
        return now._frame.form.answer(answer, columns)

    def score(self, df: Any) -> float | pd.Series:
        """Return the coefficient of determination R2 of forecasts, averaged over the series.

        Parameters
        ----------
        df : DataFrame
            Rows after the end of series that were fitted, as for `update`: what came. Those whose
            value is missing are skipped. Nothing is learned from them.

        Returns
        -------
        score : float, or Series for a list of forecasters
            The mean of the R2 of each series, by the names of several models.

        Raises
        ------
        ValueError
            If a series has fewer than two values in `df`, and whatever `predict` refuses.

        Warns
        -----
        UserWarning
            Of series without a score: those that failed, whether in `fit`, later or in `df`.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        rows, values, n_failed = now._reader().read_values(df)
        asked = Asked([], "auto", False, (0, None), now.n_jobs)
        scores = {}
        names, members = now._fitted_names(), now._fitted.members
        for name, member in zip(names, members, strict=True):
            forecasts, _ = answered(now._fitted, rows, member, asked)
            scores[name] = mean_score(rows, values, forecasts, n_failed, name, now._fitted.ids)
        tell_doubts(now._fitted, int(rows.ahead.max()))
        return scores[names[0]] if members[0].name is None else pd.Series(scores, name="r2")

    def update(self, df_new: Any) -> Self:
        """Move the states of series on through new values, parameters kept.

        The cost does not depend on how long the series are.

        Parameters
        ----------
        df_new : DataFrame
            Rows that follow those seen, of some or all series, columns as at `fit`. Gaps, also
            right after the last row seen, are filled, and rows of a step put together, as at `fit`;
            an `UnfinishedStepWarning` tells where the new last one looks unfinished beside those of
            the fit. Rows of failed series are skipped. A series whose new rows will not do (words,
            infinities, a gap that is not filled) joins `failures_`, for where it stands is no
            longer known, and the others move on.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there are series that were not fitted, for `fit` is where series begin; if rows lie
            at or before the end of a series, or in the step that it ended with; or if none of the
            series in `df_new` can move on. The panel is then as before.
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
            n_given = len(more.ids)
            more, failures, series = new._fitted.placed(more, failures, new._lost(), "df_new")
            if form.series is not None:
                more, series = new._fitted.going_on(more, series, self.time_col)
            fitted, shared, of_models, doubt = new._fitted.moved(
                more, failures, series, self._rules(), columns, form, self.n_jobs
            )
            new._fitted, new.ids_ = fitted, fitted.active_ids
            told = by_model(shared, of_models, [one.name for one in fitted.members])
            refuse_none_moved(told, fitted.lost, series, fitted.ids)
            newly = failure_table(told, fitted.ids, new.failures_.columns[0])
            new.failures_ = pd.concat([new.failures_, newly], ignore_index=True)
            warn_of_last_step(doubt)
            warn_of_failures(newly, n_given, "failures_")
        return self

    def cross_validation(
        self,
        df: Any,
        h: int,
        n_windows: int = 1,
        step_size: int | None = None,
        refit: bool | int = True,
        level: Any = None,
        *,
        max_train: int | None = None,
        gap: int = 0,
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
        max_train : int, optional
            How many rows a fit sees at most, the last ones before its point; all by default.
        gap : int
            Steps between a point and the first step that is forecast, such as days until figures
            are known. The last point then lies so many steps further before the end.

        Returns
        -------
        forecasts : DataFrame
            Columns `id_col`, `time_col`, cutoff (the last time stamp that was known), `target_col`,
            the model's name, and for each level that name followed by -lo-80, -hi-80; sorted by
            series and time. Failed series are left out, and listed in
            `cross_validation_failures_`; NaN stands where one failed for one of several models.
            `cross_validation_notes_` has what to know of the fits.
            `tsrnn.metrics.evaluate` makes scores of it.
        """
        windows = Windows.read(h, n_windows, step_size, refit, max_train, gap, "h")
        levels = check_levels(level)
        columns, forecasters = self._validated()
        taken = (columns.id, columns.time, columns.target)
        names = interval_names(self._names(), levels, taken)
        rules = self._rules()
        frame = regular_frame(self._read(df), rules, self.time_col)
        short = too_short_for_windows(frame.part.panel, windows)
        frame = frame.without(short)
        n_fits = len(frame.part.places) * windows.n_fits * len(forecasters)
        with self._progress(n_fits) as progress:
            work, tails = Work(self.n_jobs, progress), tails_of(levels)
            fits = [backtest_member(one, frame, rules, windows, tails, work) for one in forecasters]
        past, models = [one for one, _ in fits], [one.name for one in forecasters]
        failures = told_past(frame, past, models)
        failed = [np.flatnonzero(one.failed.all(axis=1)).tolist() for one in past]
        notes = told_notes(frame, [lines for _, lines in fits], failed, models)
        self.cross_validation_failures_ = failure_table(failures, frame.ids, self.id_col)
        self.cross_validation_notes_ = note_table(notes, frame.part.panel.ids, self.id_col)
        warn_of_last_step(frame.part.doubt)
        n_series = len(frame.ids)
        warn_of_failures(self.cross_validation_failures_, n_series, "cross_validation_failures_")
        warn_of_notes(notes, frame.part.panel.ids, "cross_validation_notes_")
        table = table_of_windows(frame, windows, columns, list(zip(names, past, strict=True)))
        return frame.read.form.answer(table, columns)


def _going_on(forecaster: Forecaster, models: Sequence[PanelModel]) -> Forecaster:
    return forecaster.going_on_from(models)


def _following(forecaster: Forecaster, models: Sequence[PanelModel]) -> Forecaster:
    return forecaster.following(models)


def fit_frame(panel: PanelForecaster, df: Any) -> FrameFit:
    """Fit a panel as its `fit` does, and tell what became of the frame."""
    return panel._fit(df)
