"""The picture of components: what is drawn are the smoother's numbers, and no part it lacks."""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tsrnn import (
    AutoExpSmoothingRNN,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.datasets import load_co2, make_noisy_line
from tsrnn.plotting import ComponentsDisplay


@pytest.fixture(autouse=True)
def only_its_own_figures():
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def model():
    return TripleExpSmoothingRNN(seasonal="mul").fit(load_co2()["1990":])


def test_the_lines_are_the_smoothers_components(model):
    display = ComponentsDisplay.from_estimator(model)
    assert list(display.lines_) == ["data", "level", "trend", "season", "residuals"]
    for name, line in display.lines_.items():
        expected = load_co2()["1990":] if name == "data" else getattr(model, f"{name}_")
        # The series is fitted values plus residuals, which rounds its last bit.
        np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-14)
        days = mdates.date2num(expected.index)
        np.testing.assert_array_equal(mdates.date2num(line.get_xdata()), days)
    assert [one.get_ylabel() for one in display.axes_] == ["co2", "trend", "season", "residuals"]
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("estimator", "parts"),
    [
        (SimpleExpSmoothingRNN(), ["level"]),
        (DoubleExpSmoothingRNN(), ["level", "trend"]),
        (TripleExpSmoothingRNN(trend=None, period=4), ["level", "season"]),
        (AutoExpSmoothingRNN(models=["ANN"]), ["level"]),
    ],
    ids=["simple", "double", "no trend", "auto"],
)
def test_parts_that_the_smoother_does_not_have_are_left_out(estimator, parts):
    display = ComponentsDisplay.from_estimator(estimator.fit(make_noisy_line(40, random_state=0)))
    assert list(display.lines_) == ["data", *parts, "residuals"]
    assert len(display.axes_) == len(parts) + 1


def test_one_of_several_series_is_drawn_by_name_or_position():
    y = make_noisy_line(40, random_state=0)
    table = pd.DataFrame({"a": y, "b": y[::-1].to_numpy()})
    model = DoubleExpSmoothingRNN(alpha=0.3, beta=0.1).fit(table)
    display = ComponentsDisplay.from_estimator(model, series="b")
    np.testing.assert_array_equal(display.lines_["level"].get_ydata(), model.level_["b"])
    model.fit(table.to_numpy())
    display = ComponentsDisplay.from_estimator(model, series=1, last=7)
    np.testing.assert_array_equal(display.lines_["level"].get_ydata(), model.level_[-7:, 1])
    np.testing.assert_array_equal(display.lines_["level"].get_xdata(), np.arange(33, 40))
    with pytest.raises(ValueError, match="2 series: pass series="):
        ComponentsDisplay.from_estimator(model)
    with pytest.raises(ValueError, match="a picture has one series"):
        ComponentsDisplay.from_estimator(model, series=np.array([0, 1]))


def test_it_draws_itself_again_on_given_axes_with_given_lines(model):
    display = ComponentsDisplay.from_estimator(model, color="red")
    assert display.lines_["trend"].get_color() == "red"
    _, axes = plt.subplots(4)
    assert display.plot(ax=axes, lw=3.0) is display
    assert display.axes_ == list(axes) and display.lines_["season"].get_linewidth() == 3.0
    with pytest.raises(ValueError, match="ax must be 4 Axes, for level, trend, season, residuals"):
        display.plot(ax=axes[:2])


@pytest.mark.parametrize("index", [pd.period_range, pd.timedelta_range])
def test_any_time_axis_is_drawn(index):
    stamps = index("2020-01" if index is pd.period_range else "1D", periods=40, freq="D")
    y = make_noisy_line(40, random_state=0).set_axis(stamps)
    display = ComponentsDisplay.from_estimator(SimpleExpSmoothingRNN().fit(y))
    display.figure_.canvas.draw()


def test_what_has_no_components_is_refused():
    with pytest.raises(TypeError, match="NaiveForecaster has no level_ along time"):
        ComponentsDisplay.from_estimator(NaiveForecaster().fit([1.0, 2.0, 3.0]))
    with pytest.raises(NotFittedError):
        ComponentsDisplay.from_estimator(SimpleExpSmoothingRNN())
    with pytest.raises(ValueError, match="last"):
        ComponentsDisplay.from_estimator(SimpleExpSmoothingRNN().fit([1.0, 2.0, 4.0, 3.0]), last=0)


@pytest.mark.parametrize("size", [1.0, 40.0])
@pytest.mark.parametrize("n_series", [1, 2])
def test_with_regressors_the_data_and_the_level_are_net_of_their_effect(size, n_series):
    y = make_noisy_line(40, random_state=0)
    X = size * np.random.default_rng(0).normal(3.0, 1.0, size=(40, 1))
    y = np.column_stack([y, y[::-1]])[:, :n_series] + X
    model = SimpleExpSmoothingRNN(alpha=0.3).fit(X, y if n_series > 1 else y[:, 0])
    display = ComponentsDisplay.from_estimator(model, series=n_series - 1)
    assert list(display.lines_) == ["data", "level", "effect", "residuals"]
    effect = (X * np.ravel(model.coef_)[-1])[:, 0]
    drawn = {name: line.get_ydata() for name, line in display.lines_.items()}
    np.testing.assert_allclose(drawn["effect"], effect, rtol=1e-12)
    np.testing.assert_allclose(drawn["data"], y[:, -1] - effect, atol=1e-11)
    np.testing.assert_allclose(np.asarray(model.effect_).reshape(40, -1)[:, -1], drawn["effect"])
    # The level of simple smoothing is a mean of past values of what is smoothed.
    np.testing.assert_allclose(
        drawn["level"][1:] - drawn["level"][:-1],
        0.3 * (drawn["data"][1:] - drawn["level"][:-1]),
        atol=1e-10,
    )
    assert display.lines_["data"].get_label() == "data, net of regressors"


@pytest.mark.parametrize("columns", [["level"], ["data", "cycle"], ["data"], ["data", "level", 3]])
def test_components_with_other_columns_are_refused(columns):
    display = ComponentsDisplay(components=pd.DataFrame(1.0, range(5), columns))
    with pytest.raises(ValueError, match="components must have the columns data, and some"):
        display.plot()
