"""The forecaster that needs no training: its network has learned to forecast before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import together
from tsrnn._input.numbers import AnyInt
from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_period, of_one_moment
from tsrnn._time.season_length import Season
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.rows import refuse_regressors
from tsrnn.pretrained.frequencies import (
    Frequency,
    frequency_of_period,
    frequency_of_season,
    told,
)
from tsrnn.pretrained.summary import summarize
from tsrnn.pretrained.weights import shipped, shipped_for
from tsrnn.windows.model import WindowModel
from tsrnn.windows.whole import Found, follow_whole

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

_ALONE = (
    "put RegressionForecaster around it, which takes their effects off first, or forecast the "
    "series alone, with X=None or rows that only carry a time index"
)


class PretrainedRNNForecaster(Forecaster):
    r"""Forecast by a recurrent network that was trained on synthetic series beforehand.

    Nothing is trained: `fit` reads the series once, from its first value to its last, and the
    network says quantiles of the values that follow. So ten values are enough, and thousands of
    series take seconds. The network comes with the package.

    Parameters
    ----------
    period : int or "auto"
        Time steps of a season; 1 for no season. "auto" is that of the time stamps: 12 for months, 4
        for quarters, 52 for weeks, 7 for days, 5 for business days, 24, 48 and 96 for hours, halves
        and quarters of them, and 1 for all else; of a series with fewer than two full periods it is
        1, too.
    frequency : {"auto", "yearly", "quarterly", "monthly", "weekly", "daily", "hourly", "unknown"}
        What the network is told of the time between two steps, for yearly series are unlike daily
        ones: they drift. "auto" is what the time stamps say where `period` is "auto" and there are
        some, and else what goes with the period: 4 quarters, 12 months, 52 weeks, 5 and 7 days, 24,
        48, 96 and 168 hours; of any other, 1 included, it is unknown.

    Attributes
    ----------
    period_ : int
        The period that was taken; 1 for none.
    frequency_ : str
        The frequency that the network was told of.
    sigma2_ : float or (n_series,) array
        The mean squared residual.
    model_card_ : dict
        What is known of the making of the network: its licence, the command and seed that trained
        it, the version and hash of its weights.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead medians of the training series, and what they miss; NaN for the first step.

    Raises
    ------
    ValueError
        At `fit`, for regressors: it takes none; for a given period that is longer than the series.

    Warns
    -----
    UserWarning
        With `period="auto"` as `AutoExpSmoothingRNN` warns.
    UnreliableForecastWarning
        By `fit`, where one-step errors on the series are worse than those of repeating the last
        value; by `predict` and its like, where the forecast leaves the range of the series behind
        and no trend leads there: the rules are those of `RNNForecaster`.

    Notes
    -----
    At each step :math:`t` the network reads how the series has changed, over a step and over a
    season, in units of the mean change over a season so far, :math:`s_t` (over a step before the
    second season, and without one); the size of the level in these units; how long the series is;
    the period and the frequency; and what followed the same place of the last two seasons. A
    forecast of :math:`h` steps ahead says by how much, in units of :math:`s_t \sqrt h`, the value
    will differ from that of the last season, or from :math:`y_t` without one. So it forecasts a
    series alike in all units of measurement, but not from another origin: where zero is tells it
    how large changes are beside the level.

    Forecasts are medians. Quantiles of other levels than those it was trained to say lie between
    these as those of normal distributions do. Horizons beyond the one that it was trained for go
    on from its own medians, and intervals widen there as those of a random walk. `simulate` draws
    a path whose quantiles at each step are these and whose steps are correlated as those of a
    random walk are, by a normal copula. A missing value is read as such; what stands in its place
    is the value of a season before. A series that has never changed is forecast to stay as it is,
    with intervals without a width.

    The network was trained on synthetic series alone: on no real series at all, and so on none
    that you might test it with. `tsrnn.datasets.make_series` draws such series.

    References
    ----------
    .. [1] A. Auer et al., TiRex: zero-shot forecasting across long and short horizons with enhanced
       in-context learning, arXiv:2505.23719 (2025).
    .. [2] S. Dooley et al., ForecastPFN: synthetically-trained zero-shot forecasting, NeurIPS
       (2023).

    Examples
    --------
    >>> from tsrnn import PretrainedRNNForecaster
    >>> model = PretrainedRNNForecaster().fit([112, 118, 132, 129, 121, 135, 148, 148, 136, 119])
    >>> model.predict(3).shape, model.predict_interval(3, level=0.8).shape
    ((3,), (3, 2))
    >>> model.update(104.0).predict(3).shape
    (3,)
    """

    frequency_: str
    sigma2_: PerSeries
    model_card_: dict[str, Any]
    _model: WindowModel

    def __init__(
        self,
        period: AnyInt | Literal["auto"] = "auto",
        *,
        frequency: Frequency | Literal["auto"] = "auto",
    ) -> None:
        self.period = period
        self.frequency = frequency

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_period(self.period)
        check_choice("frequency", self.frequency, ("auto", *get_args(Frequency)))

    def _in_season(self, season: Season) -> Self:
        """Return the forecaster for series of a season: its length, and what it tells of steps."""
        settled = super()._in_season(season)
        if self.frequency == "auto" and season.data:
            return clone(settled).set_params(frequency=frequency_of_season(season))
        return settled

    def _told_frequency(self) -> Frequency:
        """Return the frequency of what `_in_season` returned."""
        if self.frequency == "auto":
            return frequency_of_period(self._taken_period() or 1)
        return self.frequency

    def _read(self, batch: Batch, n_jobs: int | None) -> Found:
        """Read series with the network that the package ships."""
        refuse_regressors(batch.regressors, type(self).__name__, _ALONE)
        static = told(self._told_frequency())
        return follow_whole(shipped_for(self._taken_period() or 1), batch, static, n_jobs)

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        batch = Batch.of_columns(values, regressors)
        state, *parts, notes = self._read(batch, 1)
        predictions, deviations = (rows.reshape(values.T.shape).T.copy() for rows in parts)
        variances = _mean_squares(values - predictions)
        attributes = {
            "frequency_": self._told_frequency(),
            "sigma2_": float(variances[0]) if batch.n_series == 1 else variances,
            "model_card_": shipped()[1],
        }
        series, noted = np.arange(batch.n_series), together(notes, batch.n_series)
        model = WindowModel(series, state, batch.n_series, notes=noted)
        return model, predictions, deviations, attributes

    def fit_panel(
        self,
        values: np.ndarray,
        offsets: np.ndarray,
        regressors: np.ndarray,
        n_jobs: int | None = None,
        progress: Progress | None = None,
    ) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        batch = Batch(values, offsets, regressors)
        state, *_, notes = self._read(batch, n_jobs)
        if progress is not None:
            progress(batch.n_series)
        noted = {i: (note,) for i, note in notes.items()}
        return WindowModel(np.arange(batch.n_series), state, batch.n_series, notes=noted)

    def _uses_regressors(self) -> bool:
        return False

    @of_one_moment
    def summary(self) -> Summary:
        """Summarise what was read, with tests of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        network: Any = self._model.state.network
        return summarize(self, network.members[0].network, self._training[0], self._grid.season)


def _mean_squares(residuals: np.ndarray) -> np.ndarray:
    """Return the mean of the squares in each column (n, k), without missing ones; NaN of none."""
    n_known = np.count_nonzero(~np.isnan(residuals), axis=0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        return np.nansum(residuals**2, axis=0) / n_known
