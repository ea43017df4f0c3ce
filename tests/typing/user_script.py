"""What users write: type checkers find nothing wrong in it (tests/test_types.py), and it runs."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

import tsrnn
from tsrnn.features import CalendarFeatures, FourierFeatures
from tsrnn.metrics import evaluate
from tsrnn.plotting import ForecastDisplay, TrainingHistoryDisplay

# One series: a forecast, what it may be off by, what was learned.
y = tsrnn.datasets.load_co2(adjusted=True).iloc[-120:]
model = tsrnn.DoubleExpSmoothingRNN(damped=True, error="add", loss="huber").fit(y)
forecast = model.predict(12)
first, mean = forecast.iloc[0], forecast.mean()
interval = model.predict_interval(12, level=0.9, method="conformal")
width = float((interval["upper"] - interval["lower"]).max())
print(f"alpha {model.alpha_:.2f}, from {y.index[0]}", round(model.phi_, 2), first, mean, width)
paths = np.asarray(model.simulate(12, n_paths=100, random_state=0)).max(axis=0)
last = model.update([370.0, 370.5]).fitted_values_.iloc[-1]
scores = model.update(370.9, return_score=True)

# Arrays, and several series: an alpha for each.
values = np.cumsum(np.random.default_rng(0).normal(size=(60, 2)), axis=0)
pair = tsrnn.SimpleExpSmoothingRNN(alpha=np.float64(0.3)).fit(values)
print(pair.predict(3)[0, 1], pair.alpha_[1], pair.sse_.sum(), pair.state_.shape, pair.summary())

# A choice of models, a combination, effects of the calendar.
candidates = {name: tsrnn.AutoExpSmoothingRNN(models=[name]).fit(y) for name in ("AAN", "MAN")}
best = min(candidates, key=lambda name: candidates[name].aicc_)
grid = {"alpha": [None, 0.2], "damped": [True, False]}
search = GridSearchCV(tsrnn.DoubleExpSmoothingRNN(), grid, cv=TimeSeriesSplit(3, test_size=6))
search.fit(None if best == "" else y.to_numpy()[:, None], y.to_numpy())
members = [("holt", model), ("theta", tsrnn.ThetaForecaster(variant="optimized"))]
ensemble = tsrnn.EnsembleForecaster(members, weights="backtest", horizon=6).fit(y)
waves = tsrnn.RegressionForecaster(None, [FourierFeatures(12, 2), CalendarFeatures("month_end")])
print(ensemble.weights_.round(2), list(ensemble.members_), waves.fit(y).coef_[0], waves.bse_.max())

# Series from priors.
made, kinds = tsrnn.datasets.make_series(3, (20, 40), 12, ["cycle"], 0, return_families=True)
print(made[0].mean() + tsrnn.datasets.make_series(2, 30)[1].max(), kinds.tolist())

# Scores: one series, and a panel.
windows = tsrnn.backtest(ensemble, y, horizon=6, n_windows=2, level=0.8)
print(evaluate(windows, ["mae", "rmse"]).round(2), windows["forecast"].iloc[-1])
months = pd.date_range("2020-01", periods=36, freq="MS")
frame = pd.concat(
    pd.DataFrame({"unique_id": name, "ds": months, "y": level + np.arange(36.0) % 12})
    for name, level in {"a": 10.0, "b": 20.0}.items()
)
panel = tsrnn.PanelForecaster(tsrnn.TripleExpSmoothingRNN(seasonal="add", period=12), n_jobs=1)
ahead = panel.fit(frame).predict(6, level=[80, 95])
print(ahead.groupby("unique_id").mean(numeric_only=True), panel.ids_.tolist(), panel.failures_)
print(evaluate(panel.cross_validation(frame, h=6, n_windows=2), by="unique_id"))

# Networks: sequences, texts, a file, pictures.
X = [np.sin(0.3 * np.arange(n)) for n in range(10, 40)]
target = np.array([one[-1] for one in X])
network = tsrnn.GRURegressor(hidden_layer_sizes=[8], solver="adam", max_iter=3, random_state=0)
print(network.fit(X, target).predict(X)[:3].round(1), network.loss_curve_[-1], network.weights_)
texts, labels = ["good film", "bad film", "so good", "so bad"] * 5, [1, 0, 1, 0] * 5
reader = tsrnn.TextRNNClassifier(cell="lstm", max_iter=2).fit(texts, labels)
print(reader.predict_proba(["good"])[0, 1], reader.classes_[0], reader.vocabulary_["good"])
explicit: tsrnn.RNN = tsrnn.SimpleExpSmoothingRNN(alpha=0.3).fit(y).to_rnn()
outputs, states = explicit.run(np.ones((5, 1)), return_states=True)
with TemporaryDirectory() as folder:
    tsrnn.save(model, Path(folder) / "holt.tsrnn")
    again = tsrnn.load(Path(folder) / "holt.tsrnn").predict(2)
ForecastDisplay.from_estimator(model, 12).figure_.savefig("/dev/null", format="png")
TrainingHistoryDisplay.from_estimator(network, kind="loss").axes_[0].set_title("GRU")
