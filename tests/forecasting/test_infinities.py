"""Intervals of forecasts that grow beyond the largest numbers."""

import numpy as np
import pytest

from tsrnn import DoubleExpSmoothingRNN, EnsembleForecaster, NaiveForecaster, ThetaForecaster
from tsrnn.forecasting.infinities import beyond_floats


def test_what_is_beyond_floats_has_the_sign_of_the_last_number_and_the_unknown_stays_so():
    nan, inf = np.nan, np.inf
    ahead = np.array([[1.0, -2.0, nan], [inf, nan, nan], [nan, -inf, nan], [nan, nan, nan]])
    expected = [[1.0, -2.0, nan], [inf, -inf, nan], [inf, -inf, nan], [inf, -inf, nan]]
    np.testing.assert_array_equal(beyond_floats(ahead), expected)


# A combination says which of its members it leaves out.
@pytest.mark.filterwarnings("ignore::tsrnn.exceptions.UnreliableForecastWarning")
@pytest.mark.parametrize(
    "forecaster",
    [
        DoubleExpSmoothingRNN(),
        ThetaForecaster(),
        ThetaForecaster(variant="standard"),
        NaiveForecaster(strategy="drift"),
        EnsembleForecaster([("holt", DoubleExpSmoothingRNN()), ("theta", ThetaForecaster())]),
    ],
    ids=str,
)
def test_bounds_of_forecasts_beyond_floats_are_infinite_and_none_is_unknown(forecaster):
    y = np.linspace(1e307, 1.6e308, 40) * (1.0 + 0.01 * np.sin(7.0 * np.arange(40.0)))
    forecaster.fit(y)
    assert forecaster.predict(100)[-1] == np.inf
    bounds = forecaster.predict_interval(100)
    assert not np.isnan(bounds).any()
    assert bounds[-1, 1] == np.inf
    assert not np.isnan(forecaster.simulate(100, 3, random_state=0)).any()
