"""The base of the exponential smoothers of one structure."""

from __future__ import annotations

from abc import abstractmethod

from tsrnn._input.ragged import Batch
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.panel_model import PanelModel
from tsrnn.network import RNN
from tsrnn.smoothing.arguments import (
    bounds_of,
    check_common,
    initial_state_of,
    penalty_rates,
    settings_of,
)
from tsrnn.smoothing.as_network import as_network
from tsrnn.smoothing.columns import fit_columns
from tsrnn.smoothing.fit import Bounds
from tsrnn.smoothing.panel import fit_panel
from tsrnn.smoothing.structure import Structure
from tsrnn.smoothing.summary import summarize


class SmoothingForecaster(Forecaster):
    """Base of the exponential smoothers of one structure, which each of them names."""

    @abstractmethod
    def _structure(self) -> Structure:
        """Return what is fitted, which the constructor's arguments say."""

    def summary(self):
        """Summarise the fit: parameters, criteria and a test of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        return summarize(self)

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
        return as_network(self)

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_common(self)

    def _bounds(self, structure: Structure) -> Bounds:
        names = [parameter.name for parameter in structure.cell.parameters]
        return bounds_of(structure, **{name: getattr(self, name, None) for name in names})

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        structure = self._structure()
        return fit_columns(
            structure,
            values,
            regressors,
            self._bounds(structure),
            initial_state_of(self.initial_state, structure, values.shape[1]),
            penalty_rates(self.prior),
            settings_of(self),
        )

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        structure = self._structure()
        return fit_panel(
            structure,
            Batch(values, offsets, regressors).without_leading(),
            self._bounds(structure),
            initial_state_of(self.initial_state, structure, len(offsets) - 1),
            penalty_rates(self.prior),
            settings_of(self),
            n_jobs,
            progress,
        )
