"""
Inside skforecast
=================

skforecast turns any regressor of scikit-learn's kind into a forecaster: it cuts the series into
lags, adds what it is told about dates and windows, and goes on from its own predictions. A network
of ours is such a regressor, for a row of lags is a sequence of one number a step.
"""

# %%
# The page needs skforecast, which ``pip install -e ".[interplay]"`` brings; without it there is
# nothing to see.

from importlib.util import find_spec

if find_spec("skforecast") is None:
    raise SystemExit("skipped: this example needs skforecast, see the extra interplay")

# %%
# The first column of skforecast's matrix is the last value, and a network reads from left to right.
# So the columns are turned round on their way in, that the network may read forwards in time. (It
# would learn backwards as well.)

import numpy as np
from skforecast.recursive import ForecasterRecursive
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tsrnn import ElmanRNNRegressor
from tsrnn.datasets import load_co2


def turned(X):
    """Put the oldest lag first."""
    return np.asarray(X)[:, ::-1]


network = ElmanRNNRegressor(
    hidden_layer_sizes=8, solver="lbfgs", early_stopping=True, random_state=0
)
regressor = make_pipeline(FunctionTransformer(turned), network)

# %%
# A network that has read values around 370 knows nothing of 400. ``differentiation=1`` has
# skforecast work on changes from month to month.

co2 = load_co2(adjusted=True)["1980":]
forecaster = ForecasterRecursive(estimator=regressor, lags=12, differentiation=1)
forecaster.fit(y=co2[:-12])
forecast = forecaster.predict(steps=12)
print(forecast.head(3))

# %%
# Two models of this library that need no help, for comparison: a network on windows in units of
# their own, and a smoother.

from tsrnn import DoubleExpSmoothingRNN, RNNForecaster

for name, model in {
    "RNNForecaster": RNNForecaster(network, window=12),
    "DoubleExpSmoothingRNN": DoubleExpSmoothingRNN(damped=True),
}.items():
    error = (model.fit(co2[:-12]).predict(12) - co2[-12:]).abs().mean()
    print(f"{name}: mean absolute error {error:.3f}")
print(f"skforecast: mean absolute error {(forecast - co2[-12:]).abs().mean():.3f}")
