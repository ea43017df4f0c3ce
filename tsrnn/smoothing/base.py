"""The bases of the exponential-smoothing forecasters."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.ragged import Batch
from tsrnn._input.validation import of_one_moment
from tsrnn.forecasting.answers import PerSeries, Rows
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.network import RNN
from tsrnn.smoothing.arguments import check_loss, check_search, spec_of
from tsrnn.smoothing.as_network import as_network
from tsrnn.smoothing.columns import as_columns
from tsrnn.smoothing.components import components_along
from tsrnn.smoothing.fit_batch import fit_batch
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.panel import fit_panel
from tsrnn.smoothing.shares import Fitted, shares_of
from tsrnn.smoothing.standard_errors import StandardErrors, standard_errors
from tsrnn.smoothing.structure import Structure, refuse_not_positive
from tsrnn.smoothing.summary import summarize

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary


class SmoothingForecaster(Forecaster):
    """Base of all of them: whatever structure its series have, they are fitted smoothers."""

    _model: SmoothingModel
    coef_: np.ndarray
    initial_state_: np.ndarray
    state_: np.ndarray
    sse_: PerSeries
    sigma2_: PerSeries
    loglik_: PerSeries
    aic_: PerSeries
    aicc_: PerSeries
    bic_: PerSeries
    n_iter_: PerSeries
    converged_: PerSeries

    @of_one_moment
    def summary(self) -> Summary:
        """Summarise the fit: parameters, criteria and a test of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        errors = self._standard_errors() if self.loss == "likelihood" else None
        return summarize(self, self._model.series, self._grid.season, errors)

    @of_one_moment
    def to_rnn(self) -> RNN:
        """Return the network that is this smoother, where its season is not multiplicative.

        Its state is that of the smoother, `state_`, its input y_t and its output the prediction of
        y_{t+1}, so that `to_rnn().run(y)[t]` is the one-step-ahead prediction of the value after
        `y[t]`. Several series make one network with their states side by side.

        Returns
        -------
        RNN
            With identity activation: of one series `RNN(1, n_state, 1)`, so that Holt's method is
            an `RNN(1, 2, 1)`.
        """
        check_is_fitted(self)
        return as_network(self, self._model.series)

    @property
    def level_(self) -> Rows:
        """The level after each value of the training series, shaped as `fitted_values_`.

        NaN before the series begins; at a missing value what was predicted. With regressors it is
        that of the series net of them. Values that `update` has seen are not among it.
        """
        return self._component("level")

    @property
    def effect_(self) -> Rows:
        """The effect of regressors on each value of the training series; 0 without any.

        The level is that of the series less this; where a structure is not linear, the effect is
        less a constant, which the level has.
        """
        return self._component("effect")

    @property
    def bse_(self) -> PerSeries:
        """Standard errors of what was learned, by name: a Series, of several series a DataFrame.

        Of the smoothing parameters, of the initial state ("initial level" and so on) and of the
        coefficients of regressors ("coefficient x0"), from the curvature of the likelihood in all
        of them together, at each access anew; a DataFrame has a row a series. A number that was
        given, or taken from the first values, has none (NaN), and the others are conditional on it;
        nor has a parameter at its bound, beside which those of the others hold while it stays
        there, or what the series does not tell. `summary` says which is the case. Errors are
        smallest where the likelihood is sharp, and nothing like the spread of estimates of a
        parameter that is a few of them from a bound. A prior moves the place at which the curvature
        is taken, and adds none. Values that `update` has seen do not change them.

        Raises
        ------
        AttributeError
            After a fit by another loss than the likelihood.
        """
        found = [pd.Series(one.errors, one.names, dtype=float) for one in self._standard_errors()]
        if len(found) == 1:
            return found[0].rename("bse")
        names = list(dict.fromkeys(name for one in found for name in one.index))
        index = pd.RangeIndex(len(found)) if self._layout.names is None else self._layout.names
        rows = [one.reindex(names).to_numpy() for one in found]
        return pd.DataFrame(np.array(rows), index=index, columns=names)

    @of_one_moment
    def _standard_errors(self) -> list[StandardErrors]:
        """Return the standard errors of each series."""
        check_is_fitted(self)
        if self.loss != "likelihood":
            raise AttributeError(
                f"standard errors are of the likelihood, and loss={self.loss!r} has none: fit with "
                "loss='likelihood'"
            )
        values, regressors = self._training
        is_one = values.shape[1] == 1
        states = [self.initial_state_] if is_one else self.initial_state_
        names = getattr(self, "feature_names_in_", range(regressors.shape[1]))
        return [
            standard_errors(smoother, state, y, regressors, names)
            for smoother, state, y in zip(self._model.series, states, values.T, strict=True)
        ]

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_search(self)

    @of_one_moment
    def _component(self, name: str) -> Rows:
        """Return a part of the state along the training series."""
        check_is_fitted(self)
        values, regressors = self._training
        is_one = values.shape[1] == 1
        initial_states = [self.initial_state_] if is_one else self.initial_state_
        found = components_along(self._model.series, initial_states, values, regressors)
        index = self.fitted_values_.index if self._layout.is_pandas else None
        return self._layout.rows(getattr(found, name), index)


class OneStructureForecaster(SmoothingForecaster):
    """Base of those whose structure the constructor's arguments say."""

    @abstractmethod
    def _structure(self) -> Structure:
        """Return what is fitted."""

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        super().validate_parameters()
        check_loss(self)

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        spec = spec_of(self, self._structure(), values.shape[1])
        whole = Batch.of_columns(values, regressors)
        refuse_not_positive(spec.structure, whole)
        fitted = Fitted(whole.n_series)
        for share in shares_of(spec, whole.without_leading(), "series {}".format):
            fitted.add(share, fit_batch(share.spec, share.batch, share.name))
        return as_columns(fitted, values.shape, {})

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        spec = spec_of(self, self._structure(), len(offsets) - 1)
        batch = Batch(values, offsets, regressors).without_leading()
        return fit_panel(spec, batch, n_jobs, progress)
