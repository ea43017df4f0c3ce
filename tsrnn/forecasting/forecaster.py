"""The forecaster contract: rows are time steps, in order; pandas and time stamps in and out.

`Forecaster` does what every forecaster does alike: it reads series, keeps their place in time, in
which `RequestReader` finds what is asked of them, and answers. What a method knows of its own is a
`FittedModel`, made by `fit_model`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, Self, get_args, overload

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from tsrnn._compute.threads import one_blas_thread
from tsrnn._input.notes import together, warn_user
from tsrnn._input.series import check_enough, is_single, read_series
from tsrnn._input.validation import (
    at_this_moment,
    check_choice,
    check_count,
    check_flag,
    check_level,
    check_number,
    forget_fit,
    replaced_when_done,
)
from tsrnn._time.grid import overlooked_times, training_grid
from tsrnn._time.season_length import refuse_longer
from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.hosts import learned_features, names_beside, with_features
from tsrnn.features.time_features import TimeFeatures
from tsrnn.forecasting.answers import Rows
from tsrnn.forecasting.conformal import factors_of_scores, past_scores
from tsrnn.forecasting.feature_taker import FeatureTaker
from tsrnn.forecasting.fitted_model import FittedModel, PanelModel, Progress
from tsrnn.forecasting.horizons import MOST_AHEAD, check_horizon, most_steps
from tsrnn.forecasting.looped_panel import fit_each
from tsrnn.forecasting.period import PeriodTaker
from tsrnn.forecasting.requests import Request, RequestReader, unknown_to_all
from tsrnn.forecasting.rows import appended, as_rows, mean_r2, read_weights
from tsrnn.forecasting.scores import new_scores
from tsrnn.forecasting.totals import check_totals, total_quantiles

IntervalMethod = Literal["auto", "conformal"]


class Forecaster(RegressorMixin, RequestReader, PeriodTaker, FeatureTaker, ABC):
    """Base of the forecasters; see the module's text."""

    fitted_values_: Rows
    residuals_: Rows
    period_: int

    @abstractmethod
    def validate_parameters(self) -> None:
        """Refuse constructor arguments that the method does not accept."""

    @abstractmethod
    def fit_model(
        self, values: np.ndarray, regressors: np.ndarray
    ) -> tuple[FittedModel, np.ndarray, np.ndarray, dict[str, Any]]:
        """Fit series (n_timesteps, n_series) with regressors (n_timesteps, n_features).

        Returns
        -------
        model : FittedModel
            At the end of the series.
        predictions, deviations : (n_timesteps, n_series) arrays
            One-step-ahead predictions net of the regressors, and their standard deviations.
        attributes : dict
            Further fitted attributes.
        """

    def fit_panel(
        self,
        values: np.ndarray,
        offsets: np.ndarray,
        regressors: np.ndarray,
        n_jobs: int | None = None,
        progress: Progress | None = None,
    ) -> PanelModel:
        """Fit every series of a panel on its own; one that fails does not stop the others.

        Overridden by methods that can compute all series at once. The result must not depend on
        `n_jobs`, nor that of a series on the others.

        Parameters
        ----------
        values : (n_rows,) array
            Series i is `values[offsets[i]:offsets[i + 1]]`: finite, or NaN for a missing value,
            and at least two values observed.
        offsets : (n_series + 1,) int64 array
        regressors : (n_rows, p) array
            Finite.
        n_jobs : int or None
            Threads, as joblib counts them.
        progress : callable or None
            To be called in this thread with the number of series done since the last call.
        """
        return fit_each(self.fit_model, values, offsets, regressors, n_jobs, progress)

    def following(self, models: Sequence[PanelModel]) -> Self:
        """Return the forecaster that follows series by what these models of it learned of others.

        Overridden by methods that learn from all series of a panel at once.

        Raises
        ------
        TypeError
            If there is nothing that it could know of series that it was not fitted to.
        """
        raise TypeError(
            f"{type(self).__name__} cannot be applied to series that it was not fitted to, as "
            "RNNForecaster and WindowForecaster can, which learn from all series: fit it to them"
        )

    def going_on_from(self, models: Sequence[PanelModel]) -> Self:
        """Return the forecaster whose training goes on from these models, where it is to do so."""
        return self

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the forecaster to one or several series.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_features) or None
            Regressors known in advance, one row a time step; smoothers add them to the series,
            linearly. A DataFrame without columns only carries a time index. Where `y` is omitted,
            this is the series.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_series)
            The series, in the order of time; every column is fitted on its own, but for
            `RNNForecaster`, which trains one regressor on all of them. NaN, None and
            pd.NA are missing values.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For too few values, infinities, words, an irregular time index, missing regressors.
        TypeError
            For what is no series of numbers.
        """
        with replaced_when_done(self) as new:
            forget_fit(new)
            rows, series = (None, X) if y is None else (X, y)
            new._fit(rows, series)
            notes = overlooked_times(series, rows)
            notes += new._season_notes(new._training[0], new._grid)
            notes += new._unseen_notes(new._training[0])
            for note in (*notes, *new._model.notes):
                warn_user(note)
        return self

    def _fit(self, X: Any, y: Any) -> None:
        self.validate_parameters()
        values, layout, index = read_series(y)
        X = as_rows(X, to_fit=True)
        regressors = self._read_regressors(X, len(values), reset=True)
        grid = training_grid(index, X, len(values))
        check_enough(values)
        features = self.time_features()
        if features:
            features = learned_features(features, grid.stamps(0, len(values)))
        regressors = with_features(regressors, features, grid, np.arange(len(values)))
        settled = self._settled(values, grid).reading_columns(self._column_names(features))
        refuse_longer(self._needed_steps(), most_steps(values))
        with one_blas_thread():
            model, predictions, deviations, attributes = settled.fit_model(values, regressors)
        if self._taken_period() is not None:
            self.period_ = settled._taken_period() or 1  # None of one that took no season
        training_index = grid.stamps(0, len(values)) if index is None else index
        fitted_values = predictions + model.effect(regressors)
        self.__dict__.update(attributes | model.attributes())
        self.fitted_values_ = layout.rows(fitted_values, training_index)
        self.residuals_ = layout.rows(values - fitted_values, training_index)
        self._model = model
        self._training = (values, regressors)
        self._layout = layout
        self._grid = grid
        self._features = features
        self._seen = (self._remembered(model, predictions, deviations),)
        self._followed = ()
        self._n_seen = len(values)

    @property
    def training_series_(self) -> Rows:
        """The series that it was fitted to, as floats, shaped and labelled as `fitted_values_`."""
        check_is_fitted(self)
        index = self.fitted_values_.index if self._layout.is_pandas else None
        return self._layout.rows(self._training[0], index)

    def _observed_and_predicted(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what was seen, by `update` too, and its one-step predictions, (n_seen, k)."""
        values = self._training[0]
        fitted = np.asarray(self.fitted_values_).reshape(values.shape)
        pieces = ((values, fitted), *self._followed)
        seen, predicted = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        return seen, predicted

    def _column_names(self, features: tuple[TimeFeatures, ...]) -> list[str]:
        """Return the names of all regressors, those of features last."""
        n_columns = self.n_features_in_
        given = vars(self).get("feature_names_in_", [f"x{i}" for i in range(n_columns)])
        return names_beside(given, features)

    def _unknown_ahead(self, names: Sequence[Any]) -> frozenset[int]:
        """Return which regressors are not read ahead; of a forecaster around others, of theirs."""
        parts = self.get_params(deep=False).values()
        within = [part for part in parts if isinstance(part, Forecaster)]
        return unknown_to_all(within, names)

    def _reads_static(self) -> bool:
        """Tell whether `fit_panel` takes `static`, what static columns say of the series."""
        return False

    def _uses_regressors(self) -> bool:
        """Tell whether forecasts depend on regressors, where there are any."""
        return True

    def predict(self, X: Any) -> Rows:
        """Predict.

        Parameters
        ----------
        X : int, array-like of shape (n_rows, n_features), or pandas Index
            An int is a horizon: that many steps after the end of what was seen. Rows ask for one
            prediction each; after a fit with regressors they hold those, and without regressors
            they are a DataFrame without columns, or its index. With a time index (dates, as words
            in ISO 8601 too, periods, durations, or integers that do not start at 0) the answer is
            for the stamps asked: one-step-ahead predictions inside the series, forecasts after it.
            Rows without a time index always follow the series, so there are no training scores and
            no gap with plain rows.

        Returns
        -------
        predictions : (n_rows,) or (n_rows, n_series) array, Series or DataFrame
            In the units of the series; pandas if and only if `y` was at `fit`.

        Raises
        ------
        ValueError
            For a horizon below 1, a stamp off the grid or before the start, or columns.
        """
        now = at_this_moment(self)
        request = now._read_request(X)
        forecast = now._mean(request)
        now._tell_doubts(request.model, int(request.positions.max()) + 1 - now._n_seen)
        return now._layout.rows(forecast, request.index)

    def predict_interval(
        self,
        X: Any,
        level: float = 0.95,
        method: IntervalMethod = "auto",
        *,
        total: bool = False,
        n_paths: int | None = None,
        random_state: Any = None,
    ) -> Rows:
        """Predict intervals that hold a value with a given probability.

        Parameters
        ----------
        X
            As for `predict`.
        level : float
            The probability, as a fraction.
        method : {"auto", "conformal"}
            The method's own intervals, or conformal ones: symmetric, and as many of the model's
            standard deviations wide as would have held that share of the second half of the
            training series, forecast by a fit to the first.
        total, n_paths, random_state
            As for `predict_quantiles`: the interval of the total of the steps.

        Returns
        -------
        intervals : (n_rows, 2) array or DataFrame, (n_rows, 2, n_series) for several series
            Columns lower, upper. A DataFrame of several series has two levels of columns.
        """
        level = check_level(level)
        check_choice("method", method, get_args(IntervalMethod))
        paths = check_totals(total, n_paths, random_state)
        now = at_this_moment(self)
        if total and method == "conformal":
            raise InvalidParameterError(
                "conformal intervals are of single steps: with total=True leave method out"
            )
        if method == "conformal":
            return now._conformal_interval(X, level)
        tails = np.array([0.5 - 0.5 * level, 0.5 + 0.5 * level])
        find = now._total_quantiles if total else now._quantiles
        return find(X, tails, ["lower", "upper"], "bound", *(paths if total else ()))

    def predict_quantiles(
        self,
        X: Any,
        quantiles: Any,
        *,
        total: bool = False,
        n_paths: int | None = None,
        random_state: Any = None,
    ) -> Rows:
        """Predict quantiles.

        Parameters
        ----------
        X
            As for `predict`.
        quantiles : array-like of float
            Between 0 and 1, both excluded.
        total : bool, default=False
            Whether of the total of all steps that `X` asks for, such as the demand until a delivery
            comes: they are then the next ones, and the answer has one row, labelled by the last of
            them. It is found among the totals of simulated paths.
        n_paths : int or None
            With `total=True`, how many paths are drawn; 10,000 by default.
        random_state : int, RandomState or None
            With `total=True`, what they are drawn from; by default the same paths every time.

        Returns
        -------
        values : (n_rows, n_quantiles) array or DataFrame, (n_rows, n_quantiles, n_series) for
            several series
        """
        quantiles = [quantiles] if is_single(quantiles) else list(quantiles)
        for quantile in quantiles:
            check_number("quantiles", quantile, 0.0, 1.0, include_lower=False, include_upper=False)
        if not quantiles:
            raise InvalidParameterError("quantiles is empty: give at least one, such as [0.1, 0.9]")
        paths = check_totals(total, n_paths, random_state)
        now = at_this_moment(self)
        find = now._total_quantiles if total else now._quantiles
        below = np.array(quantiles, dtype=float)
        return find(X, below, quantiles, "quantile", *(paths if total else ()))

    def simulate(
        self, horizon: int, n_paths: int = 1, X: Any = None, random_state: Any = None
    ) -> Rows:
        """Draw possible futures.

        Parameters
        ----------
        horizon : int
            Steps after the end of what was seen.
        n_paths : int
        X : array-like of shape (horizon, n_features), optional
            The regressors, after a fit with some, as for `predict`.
        random_state : int, RandomState or None

        Returns
        -------
        paths : (horizon, n_paths) array or DataFrame, (horizon, n_paths, n_series) for several
            series
        """
        now = at_this_moment(self)
        check_is_fitted(now)
        horizon = check_horizon(horizon)
        n_paths = check_count("n_paths", n_paths)
        regressors = now._following_regressors(X, horizon, ahead=True)
        model = now._model.with_regressors(regressors)
        paths = model.simulate(horizon, n_paths, check_random_state(random_state))
        paths += model.effect(regressors)[:, None, :]
        now._tell_doubts(model, horizon)
        index = now._grid.stamps(now._n_seen, now._n_seen + horizon)
        return now._layout.columns(paths, index, range(n_paths), "path")

    @overload
    def update(
        self, y_new: Any, X: Any = None, *, return_score: Literal[False] = False
    ) -> Self: ...

    @overload
    def update(self, y_new: Any, X: Any = None, *, return_score: bool) -> Rows: ...

    def update(self, y_new: Any, X: Any = None, *, return_score: bool = False) -> Rows:
        """Move the state on through new values, parameters kept, at a constant cost a step.

        Parameters
        ----------
        y_new : number, array-like, Series or DataFrame
            The values that follow what was seen; NaN is a missing one. A time index, where there
            is one, must continue that of the series.
        X : array-like of shape (n_timesteps, n_features), optional
            The regressors, after a fit with some.
        return_score : bool, default=False
            Whether to return how unlikely each new value was before it was seen: its score as of
            `tsrnn.detect_anomalies`, by the errors of the fit. Beyond 3 or -3 lies one value in
            some hundred of a series that goes on as it was fitted. An anomaly moves the state
            like any value: pass NaN in its place where it should not.

        Returns
        -------
        self, or scores : (n_timesteps,) or (n_timesteps, n_series) array, Series or DataFrame
            NaN where a value is missing. Pandas if and only if `y` was at `fit`.

        Raises
        ------
        ValueError
            If the values do not follow what was seen, or `return_score` is asked after a fit to a
            series too short to tell how far a usual value lies from its prediction.
        """
        check_is_fitted(self)
        check_flag("return_score", return_score)
        with replaced_when_done(self) as new:
            values, index = new._read_more([y_new] if is_single(y_new) else y_new, "y_new")
            following = np.arange(new._n_seen, new._n_seen + len(values))
            new._check_stamps(index, following, "y_new must continue the series")
            regressors = new._following_regressors(X, len(values))
            model = new._model.with_regressors(regressors)
            effect = model.effect(regressors)
            model, predictions, deviations = model.advance(values - effect)
            new.__dict__.update(model.attributes())
            new._model = model
            piece = new._remembered(model, predictions, deviations)
            if return_score:
                scores = new_scores(self._training_seen(), (model, values - effect, piece))
            new._seen = appended(new._seen, piece)
            new._followed = appended(new._followed, (values, predictions + effect))
            new._n_seen += len(values)
        if not return_score:
            return self
        return new._layout.rows(scores, new._grid.stamps(new._n_seen - len(values), new._n_seen))

    def _training_seen(self) -> tuple[FittedModel, np.ndarray, tuple[np.ndarray, ...]]:
        """Return the model, what it was fitted to net of regressors, and what was kept of that."""
        values, regressors = self._training
        remembered = tuple(part[: len(values)] for part in self._seen[0])  # updates may follow
        return self._model, values - self._model.effect(regressors), remembered

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the coefficient of determination R2 of the predictions.

        Parameters
        ----------
        X
            As for `predict`; None stands for the rows of `y`. Where `y` is omitted, this is the
            series, as in `fit`.
        y : array-like of shape (n_rows,) or (n_rows, n_series)
            Rows whose value is missing are skipped, and those that have no prediction.
        sample_weight : array-like of shape (n_rows,), optional

        Returns
        -------
        score : float
            The mean over the series.
        """
        now = at_this_moment(self)
        check_is_fitted(now)
        X, y = (None, X) if y is None else (X, y)
        truth, index = now._read_more(y, "y")
        if X is None:
            X = pd.DataFrame(index=pd.RangeIndex(len(truth)) if index is None else index)
        request = now._read_request(X)
        if len(request.positions) != len(truth):
            raise ValueError(f"X asks for {len(request.positions)} rows, but y has {len(truth)}")
        now._check_stamps(index, request.positions, "X and y have different time indexes")
        predictions = now._mean(request)
        weights = read_weights(sample_weight, len(truth))
        return mean_r2(truth, predictions, weights)

    def __sklearn_tags__(self):
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def _tell_doubts(self, model: FittedModel, horizon: int) -> None:
        """Warn of what the model says of its forecast of so many steps, if any."""
        notes = model.doubts(horizon) if horizon > 0 else {}
        for note in together(notes, self._seen[0][0].shape[1]):
            warn_user(note)

    def _mean(self, request: Request) -> np.ndarray:
        return self._at(request.positions, 0, request.model.forecast) + request.effect

    def _quantiles(self, X: Any, quantiles: np.ndarray, labels: list, label_name: str):
        request = self._read_request(X)
        ahead = request.positions >= self._n_seen
        values = np.empty((len(ahead), len(quantiles), request.effect.shape[1]))
        if ahead.any():
            future = self._at(
                request.positions[ahead], 0, lambda h: request.model.quantiles(h, quantiles)
            )
            values[ahead] = future + request.effect[ahead, None]
        if not ahead.all():
            past, effect = request.positions[~ahead], request.effect[~ahead]
            values[~ahead] = self._quantiles_within(past, effect, quantiles)
        self._tell_doubts(request.model, int(request.positions.max()) + 1 - self._n_seen)
        return self._layout.columns(values, request.index, labels, label_name)

    def _quantiles_within(
        self, positions: np.ndarray, effect: np.ndarray, quantiles: np.ndarray
    ) -> np.ndarray:
        """Return quantiles about one-step predictions, (n, n_quantiles, k), where y was seen."""
        kept = range(len(self._seen[0]))
        seen = [self._at(positions, part, self._model.forecast) for part in kept]
        seen[0] = seen[0] + effect
        return np.clip(self._model.quantiles_seen(seen, quantiles), *self.limits())

    def _remembered(
        self, model: FittedModel, predictions: np.ndarray, deviations: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return what is kept of rows that a model has just seen."""
        return predictions, deviations

    def limits(self) -> tuple[float, float]:
        """Return the bounds that all answers lie within, whatever the series.

        Returns
        -------
        lower, upper : float
            Infinite where there is none.
        """
        return -np.inf, np.inf

    def nearest_values(self, bounds: np.ndarray) -> np.ndarray:
        """Return the values nearest to ends of intervals that series of this forecaster may have.

        Parameters
        ----------
        bounds : array
            Of intervals that are symmetric about forecasts.

        Returns
        -------
        values : array
            Within `limits`.
        """
        return np.clip(bounds, *self.limits())

    def _total_quantiles(
        self,
        X: Any,
        quantiles: np.ndarray,
        labels: list,
        label_name: str,
        n_paths: int,
        random_state: Any,
    ):
        request = self._read_request(X)
        following, _ = self._following(len(request.positions))
        if not np.array_equal(request.positions, following):
            raise ValueError(
                "a total is of the time steps that follow what was seen, one after the other: ask "
                "for a horizon, or for rows of the next steps alone"
            )
        values = total_quantiles(request.model, request.effect, quantiles, n_paths, random_state)
        self._tell_doubts(request.model, len(following))
        return self._layout.columns(values, request.index[-1:], labels, label_name)

    def _as_fitted(self) -> Self:
        """Return what was fitted: the forecaster with the season and the columns of its series."""
        settled = self._settled(self._training[0], self._grid)
        return settled.reading_columns(self._column_names(self._features))

    def _past_scores(self, horizon: int) -> list[np.ndarray]:
        """Return the errors of past forecasts of each series, alone as it is fitted.

        See `tsrnn.forecasting.conformal.past_scores`.
        """
        values, regressors = self._training
        settled, every = self._as_fitted(), list(range(values.shape[1]))
        groups = [every] if self._learns_from_all() else [[i] for i in every]
        scores = [
            past_scores(settled.fit_model, values[:, group], regressors, horizon, group)
            for group in groups
        ]
        return [one for group in scores for one in np.moveaxis(group, 2, 0)]

    def needed_of(self, n_steps: np.ndarray) -> int:
        """Return how many time steps each series must have for the seasons that were given.

        Where they are learned from all series at once, that is asked of the longest one alone.

        Parameters
        ----------
        n_steps : (n_series,) array
            Of the series, from their first values on.

        Returns
        -------
        needed : int
            Steps; 1 where whatever there is will do.
        """
        needed = self._needed_steps()
        return 1 if self._learns_from_all() and n_steps.max() >= needed else needed

    def _learns_from_all(self) -> bool:
        """Tell whether what is learned of a series depends on the others."""
        parts = self.get_params(deep=False).values()
        return any(part._learns_from_all() for part in parts if isinstance(part, Forecaster))

    def _conformal_interval(self, X: Any, level: float):
        request = self._read_request(X)
        self.validate_parameters()  # which may be others than those that it was fitted with
        ahead = np.maximum(request.positions - self._n_seen, 0)  # within the series: one step
        with one_blas_thread():
            scores = self._past_scores(int(ahead.max()) + 1)
        factors = factors_of_scores(scores, level)[ahead]
        width = factors * self._at(request.positions, 1, request.model.deviation)
        bounds = self._mean(request)[:, None] + np.stack([-width, width], axis=1)
        bounds = self.nearest_values(bounds)
        self._tell_doubts(request.model, int(request.positions.max()) + 1 - self._n_seen)
        return self._layout.columns(bounds, request.index, ["lower", "upper"], "bound")

    def _at(self, positions: np.ndarray, part: int, ahead: Any) -> np.ndarray:
        """Take a part of what was kept of the series, followed by what lies ahead of its end."""
        horizon = int(positions.max()) + 1 - self._n_seen
        if horizon > MOST_AHEAD:
            raise ValueError(f"X asks for {horizon} steps ahead: at most {MOST_AHEAD} are computed")
        if positions.min() >= self._n_seen:
            return ahead(horizon)[positions - self._n_seen]
        kept = np.concatenate([pieces[part] for pieces in self._seen])
        every = np.concatenate([kept, ahead(horizon)]) if horizon > 0 else kept
        return every[positions]
