"""
Inside sktime
=============

sktime's ``make_reduction`` turns a regressor into a forecaster, which can then stand in all of
sktime's pipelines and searches. It has two ways of handing windows on: as rows of a matrix, for
tabular regressors, and as sequences, for regressors of time series. A network of ours takes
the rows.
"""

# %%
# The page needs sktime, which ``pip install -e ".[interplay]"`` brings; without it there is
# nothing to see.

from importlib.util import find_spec

if find_spec("sktime") is None:
    raise SystemExit("skipped: this example needs sktime, see the extra interplay")

# %%
# sktime's windows begin with the oldest value, as a network reads them. They are of the series as
# it is, so it is differenced before, and summed up again after, by a transformer of sktime's.

from sktime.forecasting.compose import make_reduction
from sktime.transformations.series.difference import Differencer

from tsrnn import ElmanRNNRegressor
from tsrnn.datasets import load_co2

network = ElmanRNNRegressor(
    hidden_layer_sizes=8, solver="lbfgs", early_stopping=True, random_state=0
)
forecaster = Differencer(lags=1) * make_reduction(network, window_length=12, strategy="recursive")

co2 = load_co2(adjusted=True)["1980":]
forecaster.fit(co2[:-12])
forecast = forecaster.predict(fh=range(1, 13))
print(forecast.head(3))
print(f"mean absolute error {(forecast - co2[-12:]).abs().mean():.3f}")
