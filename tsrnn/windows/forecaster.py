"""A sequence regressor as a forecaster: it reads windows of lags and predicts what follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import together
from tsrnn._input.ragged import Batch, others
from tsrnn._time.season_length import Season
from tsrnn.exceptions import UnreliableForecastWarning
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import PanelModel, Progress
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.windows.arguments import (
    Center,
    Strategy,
    UnitKind,
    check_windows,
    has_no_estimator,
    steps_together,
    trains_members,
    window_of,
    wishes_of,
)
from tsrnn.windows.default import default_network
from tsrnn.windows.doubts import few_note
from tsrnn.windows.members import Member
from tsrnn.windows.model import (
    WindowModel,
    WindowState,
    fit_members,
    fit_windows,
    too_short,
)
from tsrnn.windows.network import WindowNetwork, WindowSpec, with_seed
from tsrnn.windows.rule import Rule
from tsrnn.windows.summary import summarize_windows
from tsrnn.windows.together import MembersNetwork

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary


class RNNForecaster(Forecaster):
    r"""Forecast by a regressor that reads windows of lags, such as a recurrent network.

    Every stretch of `window` values becomes a sequence, and the value after it a target. All series
    train ONE regressor: columns of `y`, or with `PanelForecaster` the series of a panel. Each
    window is read in units of its own, so that what is learned at one height and in one unit serves
    at all others, and series that go on rising are followed.

    Parameters
    ----------
    estimator : regressor or None
        One of the sequence regressors, or any regressor of scikit-learn's that takes a matrix. It
        is cloned, and not changed. By default ``ElmanRNNRegressor(hidden_layer_sizes=16,
        learning_rate_init=0.003, early_stopping=True, init="holt")``, trained for as long as suits
        the number of windows: see the notes.
    window : int
        How many values are read, 2 at least.
    strategy : {"recursive", "direct"}
        Predict one step ahead, and further ahead from what was predicted; or predict `horizon`
        steps together, as so many outputs. A regressor of one output, such as scikit-learn's SVR,
        serves the latter inside of a ``MultiOutputRegressor``.
    horizon : int or None
        With `strategy="direct"`, how many steps; forecasts further ahead go on from them.
    cut_off : float or None
        Targets are cut off at so many times their root mean square, without regressors, lest the
        squared error should be about a few outliers. Noisy series may be forecast better with 1.5;
        where rare large changes come regularly, as a peak once in a long season, None leaves them.
    random_state : int, RandomState or None
        The `random_state` of an estimator that has none of its own: of its parts, too.

    Attributes
    ----------
    estimator_ : regressor
        As it was trained; scikit-learn's `DummyRegressor` where all targets are alike, as those of
        a line are, so that there is nothing to learn, and where there is but one window: the last
        value is then repeated.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss; NaN for the first
        `window` steps of a series.
    sigma2_ : float or (n_series,) array
        The mean squared residual.
    n_windows_ : int
        How many windows were trained on.

    Warns
    -----
    UnreliableForecastWarning
        By `fit`, where one-step errors on the series itself are worse than those of repeating the
        last value, and where there is one window to train on. By `predict`, `predict_interval`,
        `predict_quantiles` and `simulate`, once a call, where the forecast runs away: it leaves the
        range of the series by more than half of it, and the series has no trend that leads there.
        By `simulate` also where more than half of the paths do, and the forecast does not. The
        notes have the rules. Of several series one warning says how many they are; those of the fit
        of a panel are listed in its `notes_`.

    Notes
    -----
    With :math:`w_1, \ldots, w_T` the values of a window, :math:`T` as `window`, the regressor reads

    .. math::

        z_t = (w_t - w_T) / s, \qquad s = \max(\overline{|w_t - w_{t-1}|}, 0.1\,c),

    where :math:`c` is the mean change of the series, and its outputs are
    :math:`(y_{T+j} - w_T) / s`. Of forecasts further ahead the unit is at most 1.5 times that of
    the last window seen, or :math:`1.5 c`, so that they never grow faster than a line. Nothing else
    holds them near the level of the series: far ahead they may run away from it, above all where
    the window is shorter than a season, or a peak and the next lie farther apart.

    That is told. A forecast leaves the range of the values seen where it lies outside by more than
    half the range. A series that rises or falls may go farther in that direction: by three times
    its pace a step ahead, which is the largest mean change a step over a third of its length, and,
    where it lies on one side of 0, by as much as goes on growing as it grew all along. It rises or
    falls where its values have a rank correlation with time of .7 or more; or their moving means
    over a third of its length have one of .9, and change by a quarter of the range; or it has
    turned once, and the correlation is .9 since, for a third of its length or more, and -.9 before.
    One-step errors are worse than those of repeating the last value where the mean of their sizes
    is larger by more than two standard errors of the difference, and that of their squares is
    larger. They are not held against those of a seasonal naive forecast, for there is no season
    among the parameters: do that by forecasts of values held back.

    The default network is trained until 100 steps of its optimiser have not made the validation
    loss better, for 1000 at most; where 10 and 200 epochs are more, for these. The windows that it
    validates on are a tenth drawn at random or, of fewer than 1000, the last fifth of each series.

    Regressors known in advance are standardised and stand beside the lags: next to each the
    regressors of the step after it, so that the last has those of the step that is predicted. A
    sequence regressor reads (n, window, 1 + n_features), in single precision, others that as a
    matrix. With them :math:`s` is :math:`c`, for what they add does not depend on how calm a window
    was. They are for `strategy="recursive"`, and those of all steps from the end of the series on
    are needed.

    In the place of missing values stand predictions of them, or, in the first window, the last
    value before: those that would have been forecast, so that with `strategy="direct"` those of a
    gap are predicted together. Windows with missing values are not trained on.

    Intervals and quantiles are conformal: the first call of one trains the regressor once more (by
    a seed of 0 where it has none), on the beginnings of the series, and takes the errors of its
    forecasts of the rest, in units of `s`: of a quarter of each series, or 24 steps and 100
    forecasts where that is less, up to half. They are pooled over series and, as far as there are
    fewer than 1000, over the steps up to that which they are of; so an interval does not depend on
    how many others are asked for. Beyond what was held back they grow as those of a random walk.
    `simulate` draws errors from those of the training windows, which are smaller; with one window,
    changes between the values, less their mean. Where past forecasts were mostly too low, or too
    high, intervals lie to that side, so that a forecast may lie outside of its own.
    `predict_interval(method="conformal")` looks at each series alone, as it does elsewhere.

    The regressor of a panel depends on all of its series, and so do forecasts of each.

    References
    ----------
    .. [1] S. Ben Taieb, G. Bontempi, A. F. Atiya, A. Sorjamaa, A review and comparison of
       strategies for multi-step ahead time series forecasting, Expert Systems with Applications 39
       (2012).
    .. [2] P. Montero-Manso, R. J. Hyndman, Principles and algorithms for forecasting groups of time
       series: locality and globality, International Journal of Forecasting 37 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from tsrnn import RNNForecaster
    >>> model = RNNForecaster(Ridge(1e-6), window=3).fit(np.arange(1.0, 13.0))
    >>> model.predict(3).round(3)
    array([13., 14., 15.])
    """

    estimator_: Any
    n_windows_: int
    sigma2_: PerSeries

    def __init__(
        self,
        estimator: Any = "auto",
        window: int | str = "auto",
        *,
        strategy: Strategy = "auto",
        horizon: int | None = None,
        period: int | str = "auto",
        center: Center = "auto",
        units: UnitKind = "auto",
        n_members: int | str = "auto",
        cut_off: float | None = 3.0,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.window = window
        self.strategy = strategy
        self.horizon = horizon
        self.period = period
        self.center = center
        self.units = units
        self.n_members = n_members
        self.cut_off = cut_off
        self.random_state = random_state
        self.n_jobs = n_jobs

    def summary(self) -> Summary:
        """Summarise the fit: what was trained, on how much, and tests of the residuals.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        return summarize_windows(self, self._model.state.network)

    @property
    def members_(self) -> tuple[Member, ...]:
        """Networks that were trained together.

        Raises
        ------
        AttributeError
            Before there are any, or where a single regressor was trained, which is `estimator_`.
        """
        if "_model" not in vars(self) or not isinstance(self._model.state.network, MembersNetwork):
            raise AttributeError(
                "there are no members: fit trains them by estimator='auto' with a horizon"
            )
        return self._model.state.network.members

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_windows(self)

    def _learns_from_all(self) -> bool:
        return True

    def _seeks_season(self) -> bool:
        return trains_members(self) and super()._seeks_season()

    def _in_season(self, season: Season) -> Self:
        return super()._in_season(season) if trains_members(self) else self

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        batch = Batch.of_columns(values, regressors)
        state, predictions, deviations, notes = self._fitted(batch, None, "series {}".format)
        predictions, deviations = (
            rows.reshape(values.T.shape).T.copy() for rows in (predictions, deviations)
        )
        attributes = {
            "n_windows_": state.network.n_windows,
            "sigma2_": _mean_squares(values - predictions),
        }
        if isinstance(state.network, WindowNetwork):
            attributes["estimator_"] = state.network.estimator
        told = together(notes, batch.n_series)
        model = WindowModel(np.arange(batch.n_series), state, batch.n_series, notes=told)
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
        failures = self._too_short(batch, lambda i: "the series")
        kept = others(batch.n_series, failures)
        if not kept.size:
            return LoopedPanel((None,) * batch.n_series, failures)
        some = batch.take(kept) if failures else batch
        state, _, _, notes = self._fitted(some, n_jobs, None)
        if progress is not None:
            progress(batch.n_series)
        notes = {int(kept[i]): (note,) for i, note in notes.items()}
        return WindowModel(kept, state, batch.n_series, failures, notes)

    def _too_short(self, batch: Batch, name: Callable[[int], str]) -> dict[int, ValueError]:
        """Return the errors of series that there is nothing to forecast from."""
        if trains_members(self):
            return {}  # whatever precedes a series is put there
        return too_short(batch, window_of(self), steps_together(self), name)

    def _fitted(
        self, batch: Batch, n_jobs: int | None, name: Callable[[int], str] | None
    ) -> tuple[WindowState, np.ndarray, np.ndarray, dict[int, UnreliableForecastWarning]]:
        """Train on series, of which those that are too short are errors where they have a name."""
        if name is not None:
            for error in self._too_short(batch, name).values():
                raise error
        n_regressors = batch.regressors.shape[1]
        if n_regressors and self.horizon is not None:
            raise ValueError(
                "strategy='direct' takes no regressors, for it would need those of steps that are "
                "not asked for: set strategy='recursive', or leave X out"
            )
        if self.n_jobs is not None:
            n_jobs = self.n_jobs
        if trains_members(self):
            rule = Rule(self._taken_period(), int(self.horizon), wishes_of(self), n_jobs)
            fitted = fit_members(rule, batch)
        else:
            fitted = fit_windows(self._spec(n_regressors, n_jobs), batch)
        state, *_, notes = fitted
        if has_no_estimator(self) and not state.network.is_naive:
            note = few_note(state.network.n_windows, trains_members(self))
            if note is not None:
                notes.update({i: note for i in range(batch.n_series) if i not in notes})
        return fitted

    def _spec(self, n_regressors: int, n_jobs: int | None) -> WindowSpec:
        """Return what is to be trained; threads as given where the estimator does not say."""
        is_default = has_no_estimator(self)
        estimator = default_network() if is_default else self.estimator
        estimator = with_seed(estimator, self.random_state)
        if n_jobs is not None and estimator.get_params().get("n_jobs", n_jobs) is None:
            estimator = clone(estimator).set_params(n_jobs=n_jobs)
        return WindowSpec(
            estimator,
            window_of(self),
            steps_together(self),
            get_tags(estimator).input_tags.three_d_array,
            None if n_regressors else self.cut_off,
            is_default,
        )


def _mean_squares(residuals: np.ndarray) -> float | np.ndarray:
    """Return the mean of the squares in each column (n, k), without missing ones."""
    size = np.abs(residuals).max(axis=0, where=~np.isnan(residuals), initial=0.0)
    unit = np.where(size > 0.0, size, 1.0)
    count = np.count_nonzero(~np.isnan(residuals), axis=0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        means = np.nansum((residuals / unit) ** 2, axis=0) / count * unit * unit
    return float(means[0]) if means.size == 1 else means
