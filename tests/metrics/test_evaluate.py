"""Tables of scores of backtests: each is what the metric of arrays says of the same rows."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
from shared_data import FOLDER, needs_m3

from tsrnn import NaiveForecaster, PanelForecaster, SimpleExpSmoothingRNN, backtest, metrics
from tsrnn.datasets import fetch_m3
from tsrnn.metrics import evaluate, relative_scores
from tsrnn.metrics.frames import measurable

# Sums run in another order: a few roundings.
ROUNDING = 1e-13
PERIOD = 4
ARRAYS = {
    "mae": lambda y, f, past: np.mean(np.abs(np.subtract(y, f))),
    "rmse": lambda y, f, past: np.sqrt(np.mean(np.square(np.subtract(y, f)))),
    "smape": lambda y, f, past: metrics.smape(y, f),
    "wape": lambda y, f, past: metrics.wape(y, f),
    "bias": lambda y, f, past: metrics.bias(y, f),
    "mase": lambda y, f, past: metrics.mase(y, f, past, period=PERIOD),
    "rmsse": lambda y, f, past: metrics.rmsse(y, f, past, period=PERIOD),
}


def months(n, seed=0):
    values = 50.0 + np.random.default_rng(seed).normal(size=n).cumsum()
    return pd.Series(values, pd.date_range("2015-01", periods=n, freq="MS"), name="sold")


@pytest.fixture(scope="module")
def panel():
    """Three series of unequal lengths, one with gaps, and the windows of two models."""
    series = [months(n, seed) for seed, n in enumerate((40, 55, 48))]
    series[1].iloc[[10, 51, 54]] = np.nan
    df = pd.concat(
        [
            pd.DataFrame({"unique_id": name, "ds": y.index, "y": y.to_numpy()})
            for name, y in zip("cab", series, strict=True)
        ],
        ignore_index=True,
    )
    frames = []
    for name, model in (("naive", NaiveForecaster()), ("ses", SimpleExpSmoothingRNN(alpha=0.4))):
        one = PanelForecaster(model, alias=name)
        frames.append(one.cross_validation(df, h=6, n_windows=3, step_size=4))
    both = frames[0].merge(frames[1].drop(columns="y"), on=["unique_id", "ds", "cutoff"])
    return df, both.assign(size=np.where(both["unique_id"] == "a", "large", "small"))


def by_hand(df, frame, model, names, by):
    """Averages over the series of each group, one window after another."""
    rows = frame[frame["y"].notna()]
    answers = {}
    for key, group in rows.groupby(by) if by else [(None, rows)]:
        scores = []
        for series, own in group.groupby("unique_id"):
            past = df[df["unique_id"] == series]
            terms = []
            for cutoff, window in own.groupby("cutoff"):
                known = past.loc[past["ds"] <= cutoff, "y"].to_numpy()
                for y, f in zip(window["y"], window[model], strict=True):
                    terms.append([ARRAYS[name]([y], [f], known) for name in names])
            powers = np.array([2.0 if name in ("rmse", "rmsse") else 1.0 for name in names])
            scores.append(np.mean(np.array(terms) ** powers, axis=0) ** (1.0 / powers))
        answers[key] = np.mean(scores, axis=0)
    return answers


@pytest.mark.parametrize("by", [None, "unique_id", "cutoff", "step", ["size", "step"]])
def test_scores_are_those_of_the_metrics_by_model_and_group(panel, by):
    df, frame = panel
    names = [name for name in ARRAYS if name != "wape"]
    found = evaluate(frame, names, by, y_train=df, period=PERIOD)
    steps = frame.assign(step=frame.groupby(["unique_id", "cutoff"]).cumcount() + 1)
    keys = [] if by is None else [by] if isinstance(by, str) else by
    assert list(found.columns) == ["model", *keys, *names]
    for model in ("naive", "ses"):
        expected = by_hand(df, steps, model, names, by)
        own = found[found["model"] == model]
        assert len(own) == len(expected)
        for row in own.to_dict("records"):
            key = (
                None
                if by is None
                else row[by]
                if isinstance(by, str)
                else (row["size"], row["step"])
            )
            np.testing.assert_allclose([row[name] for name in names], expected[key], rtol=ROUNDING)


def test_weighted_errors_are_ratios_of_sums_over_all_rows(panel):
    _, frame = panel
    rows = frame.dropna()
    found = evaluate(frame, "wape")["wape"]
    expected = [metrics.wape(rows["y"], rows[model]) for model in ("naive", "ses")]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_one_series_in_one_window_has_the_scores_of_its_arrays():
    y = months(50)
    y.iloc[45] = np.nan
    levels = [0.2, 0.4, 0.6, 0.8]
    model = SimpleExpSmoothingRNN(alpha=0.5)
    frame = backtest(model, y, horizon=8, n_windows=1, level=levels)
    past, truth = y[:-8], y[-8:]
    deciles = np.arange(1, 10) / 10
    model.fit(past)
    quantiles, forecast = model.predict_quantiles(8, deciles), model.predict(8)
    bounds = [model.predict_interval(8, level) for level in levels]
    expected = {
        name: function(truth.dropna(), forecast[truth.notna()], past)
        for name, function in ARRAYS.items()
    }
    for name in ("pinball_loss", "weighted_quantile_loss", "crps"):
        expected[name] = getattr(metrics, name)(truth, quantiles, deciles)
    expected["scaled_quantile_loss"] = metrics.scaled_quantile_loss(
        truth, quantiles, deciles, past, period=PERIOD
    )
    names = list(expected)
    for level, one in zip(levels, bounds, strict=True):
        mark, sides = f"-{100 * level:g}", (one["lower"], one["upper"])
        expected[f"coverage{mark}"] = metrics.coverage(truth, *sides)
        expected[f"winkler_score{mark}"] = metrics.winkler_score(truth, *sides, level=level)
        expected[f"msis{mark}"] = metrics.msis(truth, *sides, past, level=level, period=PERIOD)
    (found,) = evaluate(
        frame, [*names, "coverage", "winkler_score", "msis"], y_train=y, period=PERIOD
    ).to_dict("records")
    assert found.pop("model") == "forecast"
    # Quantiles and bounds are the same numbers by two ways of writing the same probability.
    assert found == pytest.approx(expected, rel=1e-12)


def test_one_level_needs_no_mark_and_its_value_for_scores():
    y = months(40)
    frame = backtest(SimpleExpSmoothingRNN(alpha=0.5), y, horizon=4, n_windows=2, level=0.8)
    found = evaluate(frame, ["coverage", "winkler_score"], level=0.8)
    sides = frame["lower"], frame["upper"]
    assert found["coverage"].item() == metrics.coverage(frame["y"], *sides)
    expected = metrics.winkler_score(frame["y"], *sides, level=0.8)
    assert found["winkler_score"].item() == pytest.approx(expected, rel=ROUNDING)
    assert evaluate(frame, "coverage")["coverage"].item() == found["coverage"].item()
    with pytest.raises(ValueError, match="level must be given for the columns lower and upper"):
        evaluate(frame, "winkler_score")


def test_intervals_of_panels_are_read_by_the_names_of_models():
    y = months(40)
    frame = backtest(SimpleExpSmoothingRNN(alpha=0.5), y, horizon=4, n_windows=2, level=[0.8])
    named = frame.rename(
        columns={"forecast": "ses", "lower-80": "ses-lo-80", "upper-80": "ses-hi-80"}
    )
    wanted = ["mae", "coverage", "winkler_score", "crps"]
    own, others = (evaluate(one, wanted) for one in (frame, named))
    assert others.pop("model").item() == "ses"
    pd.testing.assert_frame_equal(others, own.drop(columns="model"))
    with pytest.raises(ValueError, match=r"levels \['80'\] of 'ses', but \[\] of 'naive'"):
        evaluate(named.assign(naive=named["ses"]), wanted)
    with pytest.raises(ValueError, match="but no 'ses-hi-80'"):
        evaluate(named.drop(columns="ses-hi-80"), wanted)


def test_backtests_one_below_the_other_are_models_by_their_column():
    y, models = months(40), {"naive": NaiveForecaster(), "drift": NaiveForecaster(strategy="drift")}
    frames = {name: backtest(model, y, horizon=4) for name, model in models.items()}
    long = pd.concat([one.assign(model=name) for name, one in frames.items()])
    wide = frames["naive"].rename(columns={"forecast": "naive"})
    wide = wide.assign(drift=frames["drift"]["forecast"].to_numpy())
    found = evaluate(long, by="step", y_train=y)
    pd.testing.assert_frame_equal(found, evaluate(wide, by="step", y_train=y))
    with pytest.raises(ValueError, match="two rows of cutoff .*name the models"):
        evaluate(pd.concat(frames.values()))


# MASE and WQL of the naive forecast of M3's yearly series, as autogluon/fev has them, in
# benchmarks/chronos_zeroshot/results/seasonal_naive.csv. The point stands for all deciles there.
@needs_m3
def test_scores_of_a_competition_are_those_that_others_published():
    data = fetch_m3("yearly", data_home=FOLDER / "data", as_frame=True)
    last = data.train.groupby("unique_id")["y"].last()
    table = data.test.assign(naive=data.test["unique_id"].map(last))
    for level in (20, 40, 60, 80):
        table[f"naive-lo-{level}"] = table[f"naive-hi-{level}"] = table["naive"]
    names = ["mase", "weighted_quantile_loss"]
    (found,) = evaluate(table, names, y_train=data.train)[names].to_numpy()
    # They computed in single precision here and there.
    np.testing.assert_allclose(found, [3.171710231434522, 0.1665329645499851], rtol=1e-6)


def test_a_column_model_of_numbers_is_a_model_of_that_name():
    y = months(40)
    table = pd.DataFrame({"unique_id": "a", "ds": y.index, "y": y.to_numpy()})
    frame = PanelForecaster(NaiveForecaster(), alias="model").cross_validation(table, h=3)
    found = evaluate(frame, "mae", "step")
    assert found["model"].tolist() == ["model"] * 3
    expected = evaluate(frame.rename(columns={"model": "naive"}), "mae", "step")
    assert found["mae"].tolist() == expected["mae"].tolist()


@pytest.mark.parametrize("held", ["array", "periods", "integers", "several"])
def test_training_series_are_taken_as_backtest_took_them(held):
    y = months(40)
    if held == "periods":
        y = y.to_period()
    elif held == "integers":
        y = y.set_axis(range(1980, 2020))
    elif held == "array":
        y = y.to_numpy()
    else:
        y = pd.DataFrame({"a": y, "b": y[::-1].to_numpy() ** 2})
    frame = backtest(NaiveForecaster(), y, horizon=3, n_windows=2)
    found = evaluate(frame, "mase", "cutoff", y_train=y)
    for end, score in zip((34, 37), found["mase"], strict=True):
        forecast = np.repeat(np.asarray(y)[end - 1 : end], 3, axis=0)
        truth = np.asarray(y)[end : end + 3]
        assert score == pytest.approx(metrics.mase(truth, forecast, y[:end]), rel=ROUNDING)


@pytest.mark.parametrize("freq", ["YS", "QS", "MS", "ME", "W", "D", "B", "h", "30min", "10D", "2h"])
@pytest.mark.parametrize("n", [1.5, 3.5])
def test_the_period_is_that_which_a_forecaster_takes_of_the_stamps(freq, n):
    n = round(n * {"MS": 12, "ME": 12, "W": 52, "h": 24, "30min": 48}.get(freq, 7))
    y = pd.Series(
        np.random.default_rng(1).normal(size=n), pd.date_range("2020", periods=n, freq=freq)
    )
    for past in (y, y.where(np.arange(n) != 3), y.to_frame("a").assign(b=y**2)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of few values
            period = NaiveForecaster(strategy="seasonal").fit(past).period_
        ends = past[:2] * 0.0, past[:2] * 0.0 + 1.0
        expected = metrics.mase(*ends, past.to_numpy(), period=period)
        assert metrics.mase(*ends, past) == expected
        assert metrics.mase(*ends, past.to_numpy()) == metrics.mase(*ends, past, period=1)


def test_each_series_of_a_panel_has_the_period_of_its_own_stamps():
    series = {
        "months": months(60),
        "days": months(50, 1).set_axis(pd.date_range("2018-01-01", periods=50)),
        "few": months(20, 2),
        "one": months(60, 3)[:58],
    }
    rows = [pd.DataFrame({"unique_id": k, "ds": y.index, "y": y}) for k, y in series.items()]
    df = pd.concat(rows, ignore_index=True).sample(frac=1.0, random_state=0)
    panel = PanelForecaster(NaiveForecaster(), alias="naive")
    frame = panel.cross_validation(df, h=2, n_windows=2)
    found = evaluate(frame, ["mase", "rmsse"], "unique_id", y_train=df).set_index("unique_id")
    for name, period in {"months": 12, "days": 7, "few": 1, "one": 12}.items():
        own = frame[frame["unique_id"] == name]
        expected = evaluate(own, ["mase", "rmsse"], y_train=df, period=period)
        assert found.loc[name, "mase"] == pytest.approx(expected["mase"].item(), rel=ROUNDING)
        assert found.loc[name, "rmsse"] == pytest.approx(expected["rmsse"].item(), rel=ROUNDING)


def test_what_lies_behind_the_first_cutoff_makes_no_season():
    """With 22 values there are fewer than two years, whatever comes."""
    y = months(40)
    frame = backtest(NaiveForecaster(), y, horizon=6, n_windows=3)
    for past in (y, y[:34]):
        assert evaluate(frame, "mase", y_train=past).equals(
            evaluate(frame, "mase", y_train=y, period=1)
        )


def test_stamps_with_a_gap_tell_of_no_season_and_a_warning_says_so():
    y = months(60)
    frame = backtest(NaiveForecaster(), y, horizon=3)
    gappy = y.drop(y.index[20])
    with pytest.warns(UserWarning, match="y_train.* on no regular grid.* period=1 says"):
        found = evaluate(frame, "mase", y_train=gappy)
    assert found.equals(evaluate(frame, "mase", y_train=gappy, period=1))
    with pytest.warns(UserWarning, match="on no regular grid"):
        assert metrics.mase([1.0], [2.0], y[::-1]) == metrics.mase([1.0], [2.0], y, period=1)


def test_metrics_are_named_and_not_given_as_functions(panel):
    for given in (metrics.mase, [metrics.mase]):
        with pytest.raises(
            TypeError, match="metrics must be names, .*'mase'.* got .*function mase"
        ):
            evaluate(panel[1], given)


def test_without_cutoffs_all_of_the_training_series_is_looked_at():
    table = pd.DataFrame({"unique_id": ["a", "a"], "ds": [5, 6], "y": [7.0, 9.0], "model_1": 8.0})
    past = pd.DataFrame({"unique_id": "a", "ds": [1, 2, 3, 4], "y": [1.0, 3.0, 5.0, 7.0]})
    assert evaluate(table, ["mase"], y_train=past)["mase"].item() == 0.5
    by_step = evaluate(table, "mae", by="step")
    assert by_step["step"].tolist() == [1, 2]


def test_where_nothing_was_observed_there_is_no_score(panel):
    _, frame = panel
    frame = frame.assign(y=frame["y"].where(frame["unique_id"] != "c"))
    found = evaluate(frame, ["mae", "rmse", "wape"], "unique_id").set_index("unique_id")
    assert found.loc["c"].drop(columns="model").isna().all(axis=None)
    assert found.loc[["a", "b"]].notna().all(axis=None)


def test_a_panel_of_models_is_ranked_beside_a_baseline(panel):
    df, frame = panel
    scores = evaluate(frame, ["mae", "mase", "bias"], "unique_id", y_train=df)
    found = relative_scores(scores, "naive").set_index("model")
    wide = scores.pivot(index="unique_id", columns="model", values="mase")
    expected = np.exp(np.log(wide["ses"] / wide["naive"]).mean())
    assert found.loc["ses", "mase"] == pytest.approx(expected, rel=ROUNDING)
    assert list(found.columns) == ["mae", "mase"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(evaluate, metrics="mape"), "metrics must be among mae, rmse, .*got 'mape'"),
        (partial(evaluate, metrics=[]), "one at least"),
        (partial(evaluate, metrics=["mae", "mae"]), "different names"),
        (partial(evaluate, metrics="mase"), "mase is measured by the training series"),
        (partial(evaluate, period=12), "period is given, but none of the metrics"),
        (partial(evaluate, metrics="mae", y_train=[1.0]), "y_train is given, but none"),
        (partial(evaluate, level=0.8), "no metric looks at it"),
        (partial(evaluate, metrics="coverage"), "frame has no intervals of 'naive'"),
        (partial(evaluate, metrics="coverage", level=0.8), "no columns lower and upper"),
        (partial(evaluate, by="shop"), "by names 'shop'"),
        (partial(evaluate, target_col="sold"), "no column 'sold'.*say target_col"),
        (partial(evaluate, id_col="shop"), "no column 'shop'.*say id_col"),
    ],
)
def test_arguments_that_will_not_do_are_named(panel, call, message):
    with pytest.raises(ValueError, match=message):
        call(panel[1])


def test_models_are_compared_on_the_windows_that_all_of_them_forecast(panel):
    df, frame = panel
    cutoffs = frame.loc[frame["unique_id"] == "b", "cutoff"].unique()
    failed = (frame["unique_id"] == "b") & (frame["cutoff"] == cutoffs[1])
    lost = failed | (frame["unique_id"] == "c")
    lacking = frame.assign(
        ses=frame["ses"].mask(failed), naive=frame["naive"].mask(frame["unique_id"] == "c")
    )
    arguments = {"metrics": ["rmse", "mase", "wape"], "by": "step", "y_train": df}
    lacks = "on 5 of 9 windows, which all of them forecast; there lack: 'naive' 3, 'ses' 1; the"
    with pytest.warns(UserWarning, match=lacks):
        scores = evaluate(lacking, **arguments)
    pd.testing.assert_frame_equal(scores, evaluate(frame[~lost], **arguments))
    with pytest.raises(ValueError, match="'naive'. has no forecast .*: leave the column out"):
        evaluate(frame.assign(naive=np.nan))
    nowhere = lacking.assign(ses=frame["ses"].mask(frame["unique_id"] != "c"))
    with pytest.raises(ValueError, match="no window that all models forecast; of 9 lack: 'naive'"):
        evaluate(nowhere)
    # Rows that name their model are scored as they are: nothing says that models are rivals.
    both = [frame.assign(model=name, forecast=frame[name]) for name in ("naive", "ses")]
    both = [one.drop(columns=["naive", "ses"]) for one in both]
    some = pd.concat([both[0], both[1][both[1]["unique_id"] != "c"]])
    with pytest.warns(UserWarning, match="in different windows: of 9 lack: 'ses' 3; to compare"):
        scores = evaluate(some, "mae")
    assert scores["mae"].iloc[0] == evaluate(frame, "mae")["mae"].iloc[0]


def test_a_model_that_is_called_as_series_are_is_not_taken_for_them(panel):
    _, frame = panel
    named = frame.rename(columns={"ses": "series", "naive": "time"})
    with pytest.raises(ValueError, match="both columns .'series', 'unique_id'.: say by id_col"):
        evaluate(named)
    with pytest.raises(ValueError, match="both columns .'time', 'ds'.: say by time_col"):
        evaluate(named, id_col="unique_id")
    scores = evaluate(named, "mae", id_col="unique_id", time_col="ds")
    assert scores["mae"].tolist() == evaluate(frame, "mae")["mae"].tolist()


def test_frames_that_will_not_do_are_named(panel):
    df, frame = panel
    with pytest.raises(TypeError, match="frame must be a DataFrame"):
        evaluate([1.0])
    with pytest.raises(ValueError, match="frame has no rows"):
        evaluate(frame[:0])
    with pytest.raises(ValueError, match=r"frame\['y'\] has no value to score 'naive' by"):
        evaluate(frame.assign(y=np.nan))
    with pytest.raises(ValueError, match="no column of forecasts"):
        evaluate(frame.drop(columns=["naive", "ses"]))
    missing = frame.assign(ses=frame["ses"].where(frame.index != 4))
    with pytest.raises(ValueError, match=r"\['ses'\] is NaN where a value is observed.*'a'"):
        evaluate(missing)
    with pytest.raises(ValueError, match="y_train has no rows of series 'b'"):
        evaluate(frame, "mase", y_train=df[df["unique_id"] != "b"])
    with pytest.raises(ValueError, match="two observed values of series 'a' up to the cutoff 2018"):
        evaluate(frame, "mase", y_train=df, period=45)
    with pytest.raises(ValueError, match="y_train has two rows at"):
        evaluate(frame, "mase", y_train=pd.concat([df, df[-1:]]))
    with pytest.raises(ValueError, match="different kinds"):
        evaluate(frame, "mase", y_train=df.assign(ds=np.arange(len(df))))


# Labels that are no time stamps, which have the order of the rows that they stand in.
FORMATS = {
    "days first": lambda index: index.strftime("%d/%m/%Y"),
    "numbers as words": lambda index: pd.Index([str(i + 1) for i in range(len(index))]),
    "months by name": lambda index: index.strftime("%b %Y"),
    "fractions": lambda index: pd.Index(0.5 * np.arange(len(index))),
}


@pytest.mark.parametrize("labels", FORMATS)
@pytest.mark.parametrize("n_series", [1, 2])
@pytest.mark.filterwarnings("ignore:the index:UserWarning")
def test_labels_that_are_no_stamps_have_the_order_of_their_rows(labels, n_series):
    y = months(72)
    y = y if n_series == 1 else pd.DataFrame({"a": y, "b": y[::-1].to_numpy() ** 2})
    labelled = y.set_axis(FORMATS[labels](y.index))
    found, expected = (
        evaluate(
            backtest(NaiveForecaster(), one, horizon=3, n_windows=2),
            ["mase", "rmsse"],
            "step",
            y_train=one,
            period=2,
        )
        for one in (labelled, y)
    )
    pd.testing.assert_frame_equal(found, expected)
    frame = backtest(NaiveForecaster(), labelled, horizon=3, n_windows=2)
    counted = evaluate(frame.drop(columns="step").assign(unique_id=0), "mae", "step")
    own = backtest(NaiveForecaster(), y, horizon=3, n_windows=2)
    own = own.drop(columns="series", errors="ignore").assign(unique_id=own.get("series", 0))
    if n_series == 1:
        pd.testing.assert_frame_equal(counted, evaluate(own, "mae", "step"))
    with pytest.raises(ValueError, match="y_train (has no row .*, a cutoff|of .* ends at)"):
        evaluate(frame, "mase", y_train=labelled.iloc[:60])


@pytest.mark.filterwarnings("ignore:the index:UserWarning")
def test_labels_of_a_long_frame_have_the_order_of_the_rows_of_their_series():
    a, b = (months(72, seed).set_axis(months(72).index.strftime("%d/%m/%Y")) for seed in (0, 1))
    series = {"a": a[3:], "b": b}
    frames = [
        backtest(NaiveForecaster(), y, horizon=3, n_windows=2).assign(unique_id=name)
        for name, y in series.items()
    ]
    past = pd.concat(
        [pd.DataFrame({"unique_id": k, "time": y.index, "y": y.array}) for k, y in series.items()]
    )
    found = evaluate(pd.concat(frames), "mase", "unique_id", y_train=past, period=1)["mase"]
    for score, y in zip(found, series.values(), strict=True):
        dated = y.set_axis(pd.to_datetime(y.index, format="%d/%m/%Y"))
        own = backtest(NaiveForecaster(), dated, horizon=3, n_windows=2)
        assert score == evaluate(own, "mase", y_train=dated, period=1)["mase"].item()


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_series_without_a_name_is_a_series_of_its_own(missing, order):
    y = pd.DataFrame({"a": months(40), "b": 5.0 * months(40, 1)}).iloc[:, order]
    named = backtest(NaiveForecaster(), y, horizon=3, n_windows=2)
    unnamed = y.set_axis([missing if one == "b" else one for one in y], axis=1)
    frame = backtest(NaiveForecaster(), unnamed, horizon=3, n_windows=2)
    for by in (None, "step", "k"):
        kinds = {"k": np.where(named["series"] == "b", 0, 1)}
        found = evaluate(frame.assign(**kinds), ["mae", "mase"], by, y_train=unnamed)
        expected = evaluate(named.assign(**kinds), ["mae", "mase"], by, y_train=y)
        pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(ValueError, match="names no model in row 0"):
        evaluate(frame.assign(model=None), "mae")


@pytest.mark.parametrize("names", [[1, 2], ["a", "b"], [7]])
@pytest.mark.parametrize("say", [{}, {"time_col": "date"}, {"id_col": "shop"}])
def test_a_backtest_whose_series_and_stamps_are_not_known_is_refused(names, say):
    y = months(20)
    table = pd.concat([pd.DataFrame({"shop": k, "date": y.index, "sold": y.array}) for k in names])
    panel = PanelForecaster(
        NaiveForecaster(), id_col="shop", time_col="date", target_col="sold", alias="naive"
    )
    frame = panel.cross_validation(table, h=3)
    missing = "time_col" if "time_col" not in say else "id_col"
    with pytest.raises(ValueError, match=f"frame has a column 'cutoff', but .*: say {missing}"):
        evaluate(frame, target_col="sold", **say)
    found = evaluate(frame, target_col="sold", id_col="shop", time_col="date")
    assert found["model"].tolist() == ["naive"]
    frame = frame.rename(columns={"date": "ds"})
    with pytest.raises(ValueError, match="series or unique_id.*: say id_col"):
        evaluate(frame, target_col="sold")


@pytest.mark.parametrize(
    "name", ["crps", "pinball_loss", "weighted_quantile_loss", "scaled_quantile_loss"]
)
@pytest.mark.parametrize("bound", ["lower", "upper"])
def test_metrics_of_quantiles_refuse_infinite_bounds(name, bound):
    y = months(40)
    frame = backtest(SimpleExpSmoothingRNN(alpha=0.5), y, horizon=4, n_windows=2, level=0.8)
    frame.loc[3, bound] = -np.inf if bound == "lower" else np.inf
    past = {"y_train": y} if name == "scaled_quantile_loss" else {}
    with pytest.raises(ValueError, match=rf"frame\['{bound}'\] contains infinity"):
        evaluate(frame, name, level=0.8, **past)
    found = evaluate(frame, ["coverage", "winkler_score"], level=0.8)
    assert found["coverage"].item() <= 1.0
    assert found["winkler_score"].item() == np.inf


@pytest.mark.parametrize("level", [0.8, [0.8], [0.5, 0.8]])
def test_bounds_are_no_models_when_forecasts_are_renamed(level):
    y = months(40)
    model = SimpleExpSmoothingRNN(alpha=0.5)
    frame = backtest(model, y, horizon=4, n_windows=2, level=level)
    named = frame.rename(columns={"forecast": "theta"})
    wanted = ["mae", "winkler_score"]
    kept = {"level": level} if isinstance(level, float) else {}
    expected = evaluate(frame, wanted, **kept).assign(model="theta")
    pd.testing.assert_frame_equal(evaluate(named, wanted, **kept), expected)
    assert evaluate(named, "mae")["model"].tolist() == ["theta"]
    with pytest.raises(
        ValueError, match=r"column 'lower.*which of the models \['theta', 'naive'\]"
    ):
        evaluate(named.assign(naive=0.0), "mae")
    keys = ["cutoff", "step", "time", "y"]
    with pytest.raises(ValueError, match="column 'lower.*_x'"):
        evaluate(frame.merge(frame, on=keys), "mae")


def test_bounds_of_a_model_that_is_not_there_are_refused():
    y = months(40)
    frame = backtest(SimpleExpSmoothingRNN(alpha=0.5), y, horizon=4).rename(
        columns={"forecast": "ses"}
    )
    with pytest.raises(ValueError, match="column 'other-lo-80'"):
        evaluate(frame.assign(**{"other-lo-80": 0.0, "other-hi-80": 0.0}), "mae")


@pytest.mark.parametrize("kind", ["dates", "periods", "integers"])
def test_a_training_series_that_ends_before_a_cutoff_is_refused(kind):
    y = months(60)
    y = y.to_period() if kind == "periods" else y
    y = y.set_axis(range(60)) if kind == "integers" else y
    frame = backtest(NaiveForecaster(), y, horizon=3, n_windows=2)
    expected = evaluate(frame, "mase", y_train=y)
    pd.testing.assert_frame_equal(evaluate(frame, "mase", y_train=y[:57]), expected)
    with pytest.raises(ValueError, match="y_train of the series ends at .*, before the cutoff"):
        evaluate(frame, "mase", y_train=y[:56])


def test_training_series_that_are_none_are_named():
    y = months(40)
    frame = backtest(NaiveForecaster(), y, horizon=3, n_windows=2)
    long = pd.DataFrame({"ds": y.index, "y": y.to_numpy()})
    for past in (long, long.assign(ds=long["ds"].astype(str)), long.assign(unique_id="b")):
        with pytest.raises(
            ValueError, match=r"long frame with the columns \['time', 'y'\] of frame"
        ):
            evaluate(frame, "mase", y_train=past)
    for past in ({"a": 1.0}, "y", 3.0):
        with pytest.raises(TypeError, match="y_train must be the series, as they were given"):
            evaluate(frame, "mase", y_train=past)
    with pytest.raises(ValueError, match="with the index that y had in the backtest"):
        evaluate(frame, "mase", y_train=y.to_numpy())
    held = y.astype(object).to_frame()
    expected = evaluate(frame, "mase", y_train=y)
    pd.testing.assert_frame_equal(evaluate(frame, "mase", y_train=held), expected)


@pytest.mark.parametrize("by", [{"step"}, frozenset(["step"]), ("step",), pd.Index(["step"])])
def test_by_may_be_any_collection_of_columns(by):
    frame = backtest(NaiveForecaster(), months(40), horizon=3, n_windows=2)
    pd.testing.assert_frame_equal(evaluate(frame, by=by), evaluate(frame, by="step"))


def test_rows_are_measurable_where_the_series_has_changed_before_the_cutoff():
    """Of other rows scaled errors are infinite, or refused by `evaluate`."""
    past = {"flat": [3.0] * 8, "late": [3.0] * 5 + [4.0, 4.0, 5.0], "gappy": [1.0, np.nan] * 4}
    y_train = pd.DataFrame(past)
    rows = [(name, cutoff, cutoff + 1) for name in past for cutoff in (3, 6)]
    frame = pd.DataFrame(rows, columns=["series", "cutoff", "time"]).assign(y=1.0, m=2.0)
    assert measurable(frame, y_train).tolist() == [False, False, False, True, False, False]
    known = measurable(frame, y_train)
    scores = evaluate(frame[known], "mase", y_train=y_train)
    assert scores["mase"].tolist() == [6.0]  # an error of 1 beside one change of 1 in six steps
