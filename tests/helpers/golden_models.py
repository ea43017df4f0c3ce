"""The models in `golden/saved` and `golden/saved_tags`; `golden/make_saved.py` saves them."""

import forged_files
import numpy as np
import pandas as pd
import saved_models

import tsrnn

KEPT = {
    "forecaster seasonal_naive": "seasonal_naive",
    "forecaster multiplicative": "multiplicative",
    "forecaster direct": "direct",
    "panel utc": "panel_utc",
    "panel holidays": "panel_holidays",
    "network text_ids": "text_ids",
    "rnn": "rnn",
}

UPDATED = {
    "panel weeks": "panel_weeks_updated",
    "forecaster drift": "drift_updated",
    "forecaster columns": "columns_updated",
}


def _two_seasons():
    """A panel of months and quarters."""
    frames = [
        pd.DataFrame({"unique_id": name, "ds": ds, "y": saved_models.VALUES})
        for name, ds in (
            ("months", saved_models.INDEXES["months"]),
            ("quarters", pd.date_range("2010-01", periods=36, freq="QS")),
        )
    ]
    return tsrnn.PanelForecaster(tsrnn.AutoExpSmoothingRNN()).fit(pd.concat(frames))


def _put_together(**options):
    """A panel of a few sales a week."""
    days = pd.date_range("2024-01-01", periods=150)
    frame = pd.DataFrame({"unique_id": "a", "ds": days, "y": 1.0 + np.arange(150) % 7})
    return tsrnn.PanelForecaster(tsrnn.NaiveForecaster(), **options).fit(frame[::3])


def _several():
    """A panel of two forecasters."""
    frame = saved_models.long_frame(saved_models.INDEXES["weeks"])
    models = [("last", tsrnn.NaiveForecaster()), ("trend", tsrnn.NaiveForecaster(strategy="drift"))]
    return tsrnn.PanelForecaster(models).fit(frame)


def _with_scores():
    """A panel that was asked for conformal intervals."""
    panel = saved_models.fitted_panel("months", conformal_windows=2)
    panel.predict(2, level=[50], method="conformal")
    return panel


def _third_fridays():
    """A panel on a calendar that is found for one series at a time."""
    ds = pd.date_range("2020-01", periods=36, freq="WOM-3FRI")
    frame = saved_models.long_frame(ds)
    return tsrnn.PanelForecaster(tsrnn.NaiveForecaster()).fit(frame)


def _after_a_gap():
    """Windows that end in values of which the next were predicted with them."""
    return saved_models.fitted("direct", saved_models.series()).update([np.nan])


def _read_whole():
    """A network that reads its series whole, after more of them."""
    y = saved_models.series("months")
    model = tsrnn.RNNForecaster(horizon=3, window="all", n_members=1, random_state=0)
    return model.fit(y[:-2]).update(y[-2:])


def _reading_columns():
    """Members that read what is known in advance, past covariates and static columns."""
    frame = saved_models.long_frame(saved_models.INDEXES["months"])
    frame = frame.assign(x=np.arange(len(frame)) % 5, kind=frame["unique_id"])
    model = tsrnn.RNNForecaster(horizon=2, n_members=1, past_covariates=["x"], random_state=0)
    return tsrnn.PanelForecaster(model, static=["kind"]).fit(frame)


def _on_dates():
    """A regression on months and events, with days of one's own."""
    features = [
        tsrnn.features.CalendarFeatures("quarter"),
        tsrnn.features.HolidayFeatures({"2020-05-01": "fair", "2021-05-01": "fair"}),
        tsrnn.features.StepFeatures(["2021-01-01", ("2022-02-01", "2022-03-01")]),
    ]
    y = saved_models.series("months")
    return tsrnn.RegressionForecaster(tsrnn.NaiveForecaster(), features).fit(y)


def _on_a_scale():
    """A regression within another forecaster, which has the time stamps."""
    scaled = tsrnn.TransformedForecaster(saved_models.FORECASTERS["regression"])
    return scaled.fit(saved_models.series("months"))


# Of parts that no model of `forged_files` has.
RARE = {
    "panel-of-two-seasons": _two_seasons,
    "panel-of-rows": lambda: _put_together(freq="rows"),
    "panel-of-weeks-put-together": lambda: _put_together(freq="W", aggregate="sum"),
    "panel-of-third-fridays": _third_fridays,
    "panel-of-several-models": _several,
    "panel-with-scores": _with_scores,
    "panel-reading-columns": _reading_columns,
    "windows-after-a-gap": _after_a_gap,
    "series-read-whole": _read_whole,
    "regression-on-a-scale": _on_a_scale,
    "regression-on-dates": _on_dates,
    "durations-in-ordinals": lambda: forged_files.makers()["forecaster on durations"](),
}


def file_names():
    """Return what the file of each other model in `saved_tags/` is called, by the model's name."""
    return {name: name.replace(" ", "-") for name in forged_files.makers()}


def updated(name):
    """Fit a model and go on."""
    model = forged_files.makers()[name]()
    if name == "forecaster columns":
        return model.update([[51.0, 48.0], [50.0, 49.0]], [[0.5], [0.25]])
    if name.startswith("panel"):
        more = model.predict(2).set_axis(["unique_id", "ds", "y"], axis=1)
        return model.update(more[more["unique_id"] != "c"])
    return model.update([51.0, 50.0])


# Of forecasters whose fits hold regressors of other libraries, which are not saved.
UNFITTED = {
    "trees": lambda: tsrnn.WindowForecaster(lags=(1, 7), rolling=((3, "mean"),), units="raw"),
}
