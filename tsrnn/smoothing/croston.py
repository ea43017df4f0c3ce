"""Croston's method and its descendants, for demand that is zero most of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import warn_user
from tsrnn._input.numbers import AnyFloat
from tsrnn._input.ragged import Batch
from tsrnn._input.validation import check_choice, check_flag, check_number, of_one_moment
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.answers import PerSeries
from tsrnn.forecasting.fitted_model import PanelModel
from tsrnn.forecasting.forecaster import Forecaster
from tsrnn.forecasting.summary import series_name, two_columns
from tsrnn.smoothing.demand_fit import FEWEST, DemandSpec, fit_demand, fit_demand_panel
from tsrnn.smoothing.demand_model import DemandModel, Variant, of_no_use
from tsrnn.smoothing.model import collect

if TYPE_CHECKING:
    from statsmodels.iolib.summary import Summary

InitialState = Literal["mean", "first"]


class CrostonForecaster(Forecaster):
    r"""Forecast intermittent demand: sizes of demands, and how often there is one.

    Most periods of such a series have no demand at all, as those of spare parts or of slow sellers
    in one shop have not. Two simple exponential smoothers follow it, one the sizes of demands and
    one the intervals between them, or the probability of a demand, and the forecast is the demand
    to expect a period.

    Parameters
    ----------
    variant : {"sba", "classic", "tsb"}, default="sba"
        Croston's method with the correction of Syntetos and Boylan, or as he wrote it, whose
        forecasts are too large, the more so the larger `beta` is. Both learn nothing while there is
        no demand. "tsb", of Teunter, Syntetos and Babai, smooths the probability of a demand, which
        falls with every period without one: it is for products that may go out of use.
    alpha : float in [0, 1] or None
        Smoothing parameter of the sizes; None learns it, up to 0.3.
    beta : float in [0, 1] or None
        Smoothing parameter of the intervals, or of the probability; None learns it, up to 0.3. A
        series with fewer than four demands has 0.1 for what would be learned, and a warning says
        so.
    initial_state : {"mean", "first"} or array-like of shape (2,)
        Size and interval before the first period (with "tsb" size and probability): their means
        over the series, which one-step-ahead predictions of it then know of; or what the first
        demand says; or given (one row a series for several).
    counts : bool, default=False
        Whether values are whole numbers, such as pieces sold. Quantiles, intervals and paths are
        then whole numbers, too, rounded so that their mean is the forecast. Forecasts are means,
        and no whole numbers.

    Attributes
    ----------
    alpha_, beta_ : float or (n_series,) array
    initial_state_ : (2,) or (n_series, 2) array
        Size and interval, or probability, before the first period.
    state_ : (n_state,) or (n_series, n_state) array
        At the end of what was seen: size, interval, and the periods since the last demand, the next
        one included; with "tsb" size and probability.
    fitted_values_, residuals_ : array, Series or DataFrame, shaped as y
        One-step-ahead predictions of the training series, and what they miss.
    sigma2_ : float or (n_series,) array
        The mean squared residual.

    Raises
    ------
    ValueError
        For negative values, which are no demand; with `counts=True` also for fractions.

    Warns
    -----
    UserWarning
        For a series with fewer demands than parameters can be learned of, or without any: it is
        then forecast to stay at 0. And for regressors, which have no effect.

    Notes
    -----
    With a demand in period :math:`t` its size :math:`z` and the interval :math:`p` since the demand
    before it go on by

    .. math::

        z_t = z_{t-1} + \alpha (y_t - z_{t-1}), \qquad p_t = p_{t-1} + \beta (q_t - p_{t-1}),

    :math:`q_t` being the periods from the last demand to this one. The forecast is :math:`z / p`,
    with "sba" :math:`(1 - \beta / 2) z / p`. With "tsb" it is :math:`z p`, where the probability
    :math:`p` goes on by :math:`p_t = p_{t-1} + \beta (1 - p_{t-1})` with a demand and by
    :math:`p_t = (1 - \beta) p_{t-1}` without one [3]_. A missing value is a period of which nothing
    is known: nothing moves.

    What is learned has the smallest squared errors of each smoother by itself: `alpha` those of the
    sizes, and `beta` those of the probability that it gives to a demand, 1 or 0 being right, which
    is Brier's score. Both are smallest in the mean for what is true. Squared errors of the forecast
    are no good guide: nearly all of them is whether there was a demand or none [4]_.

    Intervals, quantiles and paths take every period ahead for a draw by itself: a demand or none,
    of a size drawn from those of the past, in units of what was expected of each. So nothing is
    below zero, an interval for a single period often begins there, and quantiles are those of the
    draws to the last digit, without drawing. For stock over the time that a delivery takes ask for
    totals: ``predict_quantiles(lead_time, 0.95, total=True)``. With 24 percent of the periods
    without demand, an average interval of 1.32, Syntetos and Boylan's method begins to be better
    than simple exponential smoothing by theory [5]_.

    References
    ----------
    .. [1] J. D. Croston, Forecasting and stock control for intermittent demands, Operational
       Research Quarterly 23 (1972).
    .. [2] A. A. Syntetos and J. E. Boylan, The accuracy of intermittent demand estimates,
       International Journal of Forecasting 21 (2005).
    .. [3] R. H. Teunter, A. A. Syntetos and M. Z. Babai, Intermittent demand: linking forecasting
       to inventory obsolescence, European Journal of Operational Research 214 (2011).
    .. [4] N. Kourentzes, On intermittent demand model optimisation and selection, International
       Journal of Production Economics 156 (2014).
    .. [5] A. A. Syntetos, J. E. Boylan and J. D. Croston, On the categorization of demand patterns,
       Journal of the Operational Research Society 56 (2005).

    Examples
    --------
    >>> from tsrnn import CrostonForecaster
    >>> sold = [0, 0, 2, 0, 0, 0, 3, 0, 1, 0, 0, 2, 0, 0, 4, 0]
    >>> model = CrostonForecaster(alpha=0.1, beta=0.1, counts=True).fit(sold)
    >>> model.predict(2).round(3)
    array([0.771, 0.771])
    >>> model.predict_interval(1, level=0.8)
    array([[0., 3.]])
    >>> model.predict_quantiles(8, [0.5, 0.95], total=True)
    array([[ 6., 12.]])
    """

    _model: DemandModel
    alpha_: PerSeries
    beta_: PerSeries
    initial_state_: np.ndarray
    state_: np.ndarray
    sigma2_: PerSeries

    def __init__(
        self,
        *,
        variant: Variant = "sba",
        alpha: AnyFloat | None = None,
        beta: AnyFloat | None = None,
        initial_state: Any = "mean",
        counts: bool = False,
    ) -> None:
        self.variant = variant
        self.alpha = alpha
        self.beta = beta
        self.initial_state = initial_state
        self.counts = counts

    def validate_parameters(self) -> None:
        """Refuse arguments; see `Forecaster.validate_parameters`."""
        check_choice("variant", self.variant, get_args(Variant))
        for name in ("alpha", "beta"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), 0.0, 1.0)
        check_flag("counts", self.counts)
        if isinstance(self.initial_state, str):
            check_choice("initial_state", self.initial_state, get_args(InitialState))

    def _uses_regressors(self) -> bool:
        return False

    def _spec(self, n_series: int) -> DemandSpec:
        state = self.initial_state
        if not isinstance(state, str):
            state = _read_state(state, n_series, self.variant == "tsb")
        return DemandSpec(self.variant, bool(self.counts), self.alpha, self.beta, state)

    def limits(self) -> tuple[float, float]:
        """Return the bounds that all answers lie within: there is no demand below 0.

        Returns
        -------
        lower, upper : float
        """
        return 0.0, np.inf

    def nearest_values(self, bounds: np.ndarray) -> np.ndarray:
        """Return the values nearest to ends of intervals that demand may have.

        Parameters
        ----------
        bounds : array
            Of intervals that are symmetric about forecasts.

        Returns
        -------
        values : array
            Within `limits`; with `counts=True` whole numbers.
        """
        bounds = super().nearest_values(bounds)
        return np.rint(bounds) if self.counts else bounds

    def fit_model(self, values, regressors):
        """Fit series; see `Forecaster.fit_model`."""
        n_series = values.shape[1]
        batch = Batch.of_columns(values, np.empty((len(values), 0)))
        model, *rows, initial_state = fit_demand(self._spec(n_series), batch, "series {}".format)
        if model.failures:
            raise model.failures[min(model.failures)]
        predictions, deviations = (
            np.ascontiguousarray(one.reshape(n_series, -1).T) for one in rows
        )
        unbegun = np.cumsum(~np.isnan(values), axis=0) == 0
        predictions[unbegun] = deviations[unbegun] = np.nan
        missed = values - predictions
        # Squares of what a float can hold may be beyond it.
        unit = np.nanmax(np.abs(missed), axis=0)
        unit[unit == 0.0] = 1.0
        with np.errstate(over="ignore", under="ignore"):
            sigma2 = np.nanmean((missed / unit) ** 2, axis=0) * unit**2
        attributes = {
            "alpha_": collect(model.theta[0]),
            "beta_": collect(model.theta[1]),
            "initial_state_": collect(initial_state.T),
            "sigma2_": collect(sigma2),
        }
        return model.of_columns(regressors.shape[1]), predictions, deviations, attributes

    def fit_panel(self, values, offsets, regressors, n_jobs=None, progress=None) -> PanelModel:
        """Fit the series of a panel; see `Forecaster.fit_panel`."""
        if regressors.shape[1]:
            warn_user(of_no_use(regressors.shape[1]))
        batch = Batch(values, offsets, np.empty((len(values), 0)))
        return fit_demand_panel(self._spec(batch.n_series), batch, n_jobs, progress)

    def __sklearn_tags__(self):
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    @of_one_moment
    def summary(self) -> Summary:
        """Summarise the fit: how intermittent each series is, the parameters and the states.

        Returns
        -------
        statsmodels.iolib.summary.Summary
        """
        check_is_fitted(self)
        from statsmodels.iolib.summary import Summary
        from statsmodels.iolib.table import SimpleTable
        from statsmodels.iolib.tableformatting import fmt_params

        summary = Summary()
        for i, y in enumerate(self._training[0].T):
            n_demands = int(np.count_nonzero(y > 0.0))
            n_observed = int(np.count_nonzero(~np.isnan(y)))
            facts = {
                "Series": series_name(self, i),
                "Observations": n_observed,
                "Missing": y.size - n_observed,
            }
            demand = {
                "Variant": self.variant,
                "Periods with demand": n_demands,
                "Mean size": f"{np.mean(y[y > 0.0]):.6g}" if n_demands else "none",
            }
            summary.tables.append(two_columns(facts, demand, type(self).__name__))
            rows = self._summary_rows(i, n_demands)
            summary.tables.append(
                SimpleTable(
                    [row for _, row in rows],
                    headers=["value", "origin"],
                    stubs=[name for name, _ in rows],
                    txt_fmt=fmt_params,
                )
            )
        return summary

    def _summary_rows(self, i: int, n_demands: int) -> list[tuple[str, list[str]]]:
        """Return names of what a series was smoothed with, with their values and origins."""
        rows = []
        for name, value in zip(("alpha", "beta"), self._model.theta[:2, i], strict=True):
            learned = "learned" if n_demands >= FEWEST else "held"
            how = learned if getattr(self, name) is None else "given"
            rows.append((name, [f"{value:.6g}", how]))
        names = self._model.cell.state_names[:2]
        how = self.initial_state if isinstance(self.initial_state, str) else "given"
        for name, value in zip(names, np.atleast_2d(self.initial_state_)[i], strict=True):
            rows.append((f"initial {name}", [f"{value:.6g}", how]))
        for name, value in zip(names, self._model.state[:2, i], strict=True):
            rows.append((f"last {name}", [f"{value:.6g}", "smoothed"]))
        return rows


def _read_state(given: Any, n_series: int, is_probability: bool) -> np.ndarray:
    """Check `initial_state` that is given as numbers, (n_series, 2)."""
    second, low, high = ("probability", 0.0, 1.0) if is_probability else ("interval", 1.0, np.inf)
    accepted = (
        f"initial_state must be 'mean', 'first' or (size, {second}) before the first value, "
        f"{'one row a series, ' if n_series > 1 else ''}a size above 0 and "
        f"{'a probability from 0 to 1' if is_probability else 'an interval of 1 or more'}, got "
        f"{given!r}"
    )
    try:
        # By way of what numpy makes of them: words that read as numbers are words.
        states = np.asarray(given)
        states = states.astype(float) if states.dtype.kind in "iuf" else np.empty(0)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(accepted) from error
    if states.shape not in {(2,), (n_series, 2)} or not np.isfinite(states).all():
        raise InvalidParameterError(accepted)
    states = np.broadcast_to(states, (n_series, 2))
    if (states[:, 0] <= 0.0).any() or (states[:, 1] < low).any() or (states[:, 1] > high).any():
        raise InvalidParameterError(accepted)
    return states
