"""
Among scikit-learn's tools
==========================

Pipelines, grid searches and cross-validation with the estimators of this library. There are two
kinds of these, and the one thing to remember is what a row is: a time step for forecasters, a whole
sequence for networks that read sequences.
"""

# %%
# Rows are time steps
# -------------------
#
# Forecasters are regressors for which rows are time steps, in order. ``y`` is the series, and ``X``
# has what is known in advance; nothing is known here but the time stamps, so it is a frame without
# columns.

import pandas as pd

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster
from tsrnn.datasets import load_co2

co2 = load_co2(adjusted=True)["1970":]
X = pd.DataFrame(index=co2.index)

# %%
# A shuffled split would train on the future. ``TimeSeriesSplit`` does not: each of its splits is a
# past and what follows it. The scores are negative errors, in units of the mean step of the
# training part (MASE).

from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from tsrnn.metrics import mase_scorer, smape_scorer

years = TimeSeriesSplit(6, test_size=12)
models = {
    "naive": NaiveForecaster(),
    "Holt": DoubleExpSmoothingRNN(),
    "damped": DoubleExpSmoothingRNN(damped=True),
}
pd.DataFrame(
    {
        name: cross_val_score(model, X, co2, cv=years, scoring=mase_scorer)
        for name, model in models.items()
    }
).round(2)

# %%
# A grid search
# -------------
#
# Parameters that are ``None`` are learned by ``fit``. What is not learned, ``GridSearchCV`` can
# choose: it clones the forecaster, sets parameters, and fits it to every past.

from sklearn.model_selection import GridSearchCV

grid = {"damped": [False, True], "prior": [None, "cautious"]}
search = GridSearchCV(DoubleExpSmoothingRNN(), grid, cv=years, scoring=mase_scorer).fit(X, co2)
print(search.best_params_)
table = pd.DataFrame(search.cv_results_).set_index(["param_damped", "param_prior"])
table[["mean_test_score", "std_test_score"]].round(3)

# %%
# Another scale
# -------------
#
# ``TransformedTargetRegressor`` fits a forecaster to the logarithm of the series, and takes the
# forecast back. (MASE needs the training series, which it does not show; the symmetric percentage
# error does not.) Parameters of what is inside have a prefix, as always.

import numpy as np
from sklearn.compose import TransformedTargetRegressor

on_logs = TransformedTargetRegressor(
    DoubleExpSmoothingRNN(), func=np.log, inverse_func=np.exp, check_inverse=False
)
search = GridSearchCV(
    on_logs, {"regressor__damped": [False, True]}, cv=years, scoring=smape_scorer
).fit(X, co2)
print(search.best_params_, round(search.best_score_, 3))

# %%
# Regressors in a pipeline
# ------------------------
#
# If ``X`` has columns they may go through transformers first. Here is a step in the level, which is
# known in advance, and a column of noise, which is of no use; ``SelectKBest`` has to see to that.

from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(0)
known = pd.DataFrame(
    {"after_1990": (co2.index >= "1990").astype(float), "noise": rng.normal(size=len(co2))},
    index=co2.index,
)
shifted = co2 + 5.0 * known["after_1990"]
pipeline = make_pipeline(
    StandardScaler().set_output(transform="pandas"),
    SelectKBest(f_regression, k=1).set_output(transform="pandas"),
    DoubleExpSmoothingRNN(),
)
print(cross_val_score(pipeline, known, shifted, cv=years, scoring=mase_scorer).round(2))

# %%
# ``set_output`` keeps the frame's time stamps on the way, by which the forecaster knows where rows
# lie.
#
# A network as a forecaster
# -------------------------
#
# :class:`~tsrnn.RNNForecaster` puts a network on windows of lags behind the same interface, so that
# the window and the network's own parameters are searched together.

from tsrnn import ElmanRNNRegressor, RNNForecaster

network = ElmanRNNRegressor(solver="lbfgs", early_stopping=True, random_state=0)
search = GridSearchCV(
    RNNForecaster(network),
    {"window": [4, 12], "estimator__hidden_layer_sizes": [4, 8]},
    cv=TimeSeriesSplit(3, test_size=12),
    scoring=mase_scorer,
).fit(X, co2)
print(search.best_params_, round(search.best_score_, 3))

# %%
# Rows are sequences
# ------------------
#
# The networks by themselves take whole sequences as samples, which are independent of one another:
# the usual splits are right. A matrix has one number a step, and goes through any transformer.

from sklearn.model_selection import cross_val_predict, train_test_split

from tsrnn import GRUClassifier

steps = np.arange(30)
speed = rng.uniform(0.2, 1.2, 400)
waves = np.sin(speed[:, None] * steps + rng.uniform(0, 6, (400, 1)))
waves += rng.normal(0, 0.3, waves.shape)
label = np.where(speed > 0.7, "fast", "slow")
train, test, y_train, y_test = train_test_split(waves, label, random_state=0, stratify=label)

pipeline = make_pipeline(
    StandardScaler(),
    GRUClassifier(hidden_layer_sizes=8, early_stopping=True, max_iter=1000, random_state=0),
)
print(f"accuracy {pipeline.fit(train, y_train).score(test, y_test):.2f}")

# %%
# Sequences of unequal lengths are a list of arrays. Grid searches and ``cross_val_predict`` take
# that as it is, for they only ever pick samples out of it.

ragged = [wave[:n] for wave, n in zip(waves, rng.integers(10, 30, 400), strict=True)]
network = GRUClassifier(early_stopping=True, max_iter=1000, random_state=0)
search = GridSearchCV(network, {"hidden_layer_sizes": [2, 8]}, cv=3).fit(ragged, label)
print(search.best_params_)

predicted = cross_val_predict(search.best_estimator_, ragged, label, cv=3)

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

ConfusionMatrixDisplay.from_predictions(label, predicted, cmap="Blues")
plt.show()
