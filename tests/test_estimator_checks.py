"""scikit-learn's own checks of every public forecaster."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from tsrnn import (
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

FORECASTERS = [
    NaiveForecaster(),
    NaiveForecaster(strategy="seasonal", period=3),
    NaiveForecaster(strategy="drift"),
    DeseasonalizedForecaster(NaiveForecaster(strategy="drift"), period=3),
    DeseasonalizedForecaster(NaiveForecaster(), period=2, model="add", test=False),
    SimpleExpSmoothingRNN(),
    DoubleExpSmoothingRNN(),
    DoubleExpSmoothingRNN(damped=True),
    DoubleExpSmoothingRNN(loss="huber"),
    TripleExpSmoothingRNN(period=3),
    TripleExpSmoothingRNN(period=2, trend=None, prior="cautious"),
    AutoExpSmoothingRNN(models=["AAN", "AAdN"]),
    AutoExpSmoothingRNN(period=3),
]


def expected_failed_checks(forecaster):
    """Return the checks that a forecaster with a trend or season cannot pass, with the reason."""
    is_flat = isinstance(forecaster, NaiveForecaster) and forecaster.strategy == "last"
    # Of all structures it chooses simple smoothing for the noise that the checks have.
    is_flat |= isinstance(forecaster, AutoExpSmoothingRNN) and forecaster.models is None
    if is_flat or isinstance(forecaster, SimpleExpSmoothingRNN):
        return {}  # the same forecast for every row, in whatever order they are asked
    reason = "rows are time steps: those without a time index follow the series in their order"
    return dict.fromkeys(
        ["check_methods_sample_order_invariance", "check_methods_subset_invariance"], reason
    )


# Series of a handful of values, as some checks have, cannot carry all parameters, and say so, nor
# can they tell ten regressors apart, or lead a robust loss to a clear minimum.
@pytest.mark.filterwarnings("ignore:series .* observed values:UserWarning")
@pytest.mark.filterwarnings("ignore:series .* not seasonally adjusted:UserWarning")
@pytest.mark.filterwarnings("ignore:series .* say nothing:UserWarning")
@pytest.mark.filterwarnings("ignore:series .* stopped early:sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(FORECASTERS, expected_failed_checks=expected_failed_checks)
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)
