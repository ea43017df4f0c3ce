"""Panel forecasters after a fit: tables that users look at, and parts that methods work with."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.validation import at_this_moment, check_count
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.requests import unknown_to_all
from tsrnn.panel.calibration import PastErrors, Scores
from tsrnn.panel.fitting import Work, coefficient_table, settle, weight_table
from tsrnn.panel.frame import Panel
from tsrnn.panel.reading import FittedFrame
from tsrnn.panel.report import filled_table
from tsrnn.panel.requests import RequestReader
from tsrnn.panel.seasons import SettledPanel
from tsrnn.panel.state import FittedPanel


class FittedForecasters(BaseEstimator):
    """Base of `PanelForecaster`: what its fit has left, a part for each forecaster."""

    ids_: pd.Index
    failures_: pd.DataFrame
    notes_: pd.DataFrame
    cross_validation_failures_: pd.DataFrame
    cross_validation_notes_: pd.DataFrame
    period_: pd.Series | pd.DataFrame
    feature_names_in_: np.ndarray

    _fitted: FittedPanel
    _frame: FittedFrame
    _forecasters: tuple[Forecaster, ...]
    _training: tuple[Panel, ...]
    _scores: tuple[dict[int, Scores], ...]

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
        tables = [
            coefficient_table(one, now._fitted, now.feature_names_in_, now.id_col)
            for one in now._fitted.members
        ]
        known = [one for one in tables if one is not None]
        if not known:
            names = ", ".join(type(one).__name__ for one in now._forecasters)
            raise AttributeError(
                f"the forecaster of this panel, {names}, is no regression: coef_ is of "
                "RegressionForecaster(forecaster), and that of a smoother with regressors is in "
                "its own fit to a series"
            )
        return pd.concat(known, ignore_index=True)

    @property
    def weights_(self) -> pd.DataFrame:
        """The weights of the members of an `EnsembleForecaster` by series: `id_col`, and members.

        There is no such attribute of other forecasters. Without failed series.
        """
        now = at_this_moment(self)
        check_is_fitted(now, "failures_")
        tables = [weight_table(one, now._fitted, now.id_col) for one in now._fitted.members]
        known = [one for one in tables if one is not None]
        if not known:
            names = ", ".join(type(one).__name__ for one in now._forecasters)
            raise AttributeError(
                f"the forecaster of this panel, {names}, is no combination: weights_ is of "
                "EnsembleForecaster"
            )
        return pd.concat(known, ignore_index=True)

    def _fitted_names(self) -> list[str]:
        """Return what the columns of forecasts are called, of the forecasters that were fitted."""
        names = [one.name for one in self._fitted.members if one.name is not None]
        if names:
            return names
        return [type(self._forecasters[0]).__name__ if self.alias is None else self.alias]

    def _reader(self) -> RequestReader:
        """Return what reads requests to the fitted panel."""
        names = self._frame.regressors
        readers = [one for one in self._forecasters if one._uses_regressors()]
        return RequestReader(
            self._fitted,
            self._columns(),
            self._frame,
            self._lost(),
            self._rules(),
            unknown_to_all(readers, names),
        )

    def _lost(self) -> pd.Series:
        """Return the ids of series that are left out."""
        failed = self.failures_.iloc[:, 0]
        if self._fitted.members[0].name is not None:
            failed = failed[~failed.isin(self.ids_)]
        return failed

    def _settled(self, place: int) -> SettledPanel:
        """Return a forecaster as it was fitted to its training series."""
        member, training = self._fitted.members[place], self._training[place]
        kinds = self._fitted.grid.seasons()
        forecaster, names = self._forecasters[place], self.feature_names_in_
        forecaster.validate_parameters()  # of a file they may be others than those of the fit
        return settle(forecaster, names, member.features, training, kinds)

    def _past(self, place: int) -> PastErrors:
        """Return the past errors of a forecaster, found when they are first asked for."""
        n_windows = check_count("conformal_windows", self.conformal_windows)
        fit = partial(Work(self.n_jobs).fit, self._settled(place))
        training, scores = self._training[place], self._scores[place]
        nearest = self._forecasters[place].nearest_values
        return PastErrors(training, fit, n_windows, self.n_jobs, scores, nearest)
