"""The pictures: what is drawn are the estimator's numbers, at their places in time."""

from datetime import date

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from other_frames import OTHERS
from sklearn.exceptions import NotFittedError

from tsrnn import DoubleExpSmoothingRNN, NaiveForecaster, PanelForecaster, SimpleExpSmoothingRNN
from tsrnn.datasets import load_co2, make_noisy_line
from tsrnn.plotting import ForecastDisplay

N, HORIZON = 40, 6


@pytest.fixture(autouse=True)
def only_its_own_figures():
    plt.close("all")  # what tests of pages have left
    yield
    plt.close("all")


def line(index=None, name="sales"):
    y = make_noisy_line(N, random_state=0).rename(name)
    return y if index is None else y.set_axis(index)


def draw(y, X=HORIZON, **options):
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2).fit(y)
    return model, ForecastDisplay.from_estimator(model, X, **options)


def outline(area):
    """Return x, lower and upper of an area between two lines."""
    vertices = area.get_paths()[0].vertices
    x = np.unique(vertices[:, 0])
    bounds = [vertices[vertices[:, 0] == place, 1] for place in x]
    return x, np.array([b.min() for b in bounds]), np.array([b.max() for b in bounds])


def days(index):
    return mdates.date2num(index)


def assert_close(drawn, expected):
    # The series is fitted values plus residuals, which rounds its last bit.
    np.testing.assert_allclose(np.asarray(drawn, float), np.asarray(expected, float), rtol=1e-14)


# What is drawn.


def test_the_lines_and_areas_are_the_estimators_numbers():
    y = line(pd.date_range("2020-01", periods=N, freq="MS"))
    model, display = draw(y, level=[0.5, 0.9])
    assert_close(display.y_line_.get_ydata(), y)
    assert_close(display.fitted_line_.get_ydata(), model.fitted_values_)
    assert_close(display.forecast_line_.get_ydata(), model.predict(HORIZON))
    assert list(display.intervals) == [0.9, 0.5]
    for level, area in zip([0.9, 0.5], display.interval_areas_, strict=True):
        expected = model.predict_interval(HORIZON, level=level)
        x, lower, upper = outline(area)
        assert_close(x, days(expected.index))
        assert_close(lower, expected["lower"])
        assert_close(upper, expected["upper"])


def test_the_forecast_stands_where_the_series_ends():
    y = line(pd.date_range("2020-01", periods=N, freq="MS"))
    model, display = draw(y)
    assert_close(days(display.y_line_.get_xdata()), days(y.index))
    assert_close(days(display.forecast_line_.get_xdata()), days(model.predict(HORIZON).index))


def test_from_estimator_returns_a_display_that_draws_itself_again():
    _, display = draw(line())
    assert isinstance(display, ForecastDisplay)
    first, figure = display.ax_, display.figure_
    assert first.figure is figure
    _, (_, other) = plt.subplots(2)
    assert display.plot(ax=other) is display
    assert display.ax_ is other and display.figure_ is other.figure
    assert len(other.lines) == len(first.lines) == 3


def test_given_axes_are_drawn_on_and_no_figure_is_opened():
    _, ax = plt.subplots()
    _, display = draw(line(), ax=ax)
    assert display.ax_ is ax and len(plt.get_fignums()) == 1


def test_axes_outside_pyplot_will_do():
    from matplotlib.figure import Figure

    _, display = draw(line(), ax=Figure().add_subplot())
    assert plt.get_fignums() == []
    display.figure_.canvas.draw()


def test_last_leaves_out_the_past():
    y = line()
    model, display = draw(y, last=10)
    assert_close(display.y_line_.get_ydata(), y[-10:])
    assert_close(display.fitted_line_.get_xdata(), range(N - 10, N))
    assert_close(display.forecast_line_.get_xdata(), range(N, N + HORIZON))
    assert len(draw(y, last=1000)[1].y) == N


@pytest.mark.parametrize("last", [0, -1])
def test_last_must_be_positive(last):
    with pytest.raises(ValueError, match="last"):
        draw(line(), last=last)


@pytest.mark.parametrize(
    ("level", "labels"),
    [
        (0.9, ["90% interval"]),
        ((0.8, 0.95), ["95% interval", "80% interval"]),
        ([0.995], ["99.5% interval"]),
        ([], []),
    ],
)
def test_levels_are_shaded_the_widest_first(level, labels):
    _, display = draw(line(), level=level)
    assert [area.get_label() for area in display.interval_areas_] == labels
    shades = [area.get_alpha() for area in display.interval_areas_]
    assert shades == sorted(set(shades))


def test_a_level_in_percent_is_refused():
    with pytest.raises(ValueError, match="write 0.95"):
        draw(line(), level=95)


def test_an_unfitted_forecaster_is_refused():
    with pytest.raises(NotFittedError):
        ForecastDisplay.from_estimator(DoubleExpSmoothingRNN(), 3)


# Labels and looks.


def test_the_legend_and_the_axes_are_labelled():
    y = line(pd.RangeIndex(1960, 1960 + N, name="year"))
    _, display = draw(y)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    intervals = ["95% interval", "80% interval"]
    assert legend == ["data", "one-step-ahead prediction", "forecast", *intervals]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("year", "sales")
    assert draw(y.to_numpy())[1].ax_.get_ylabel() == ""


def test_the_intervals_have_the_colour_of_the_forecast():
    from matplotlib.colors import same_color

    _, display = draw(line(), color="tab:green")
    assert same_color(display.forecast_line_.get_color(), "tab:green")
    for area in display.interval_areas_:
        assert same_color(area.get_facecolor()[0, :3], "tab:green")
    assert not same_color(display.y_line_.get_color(), display.fitted_line_.get_color())


def test_line_options_reach_the_forecast_and_aliases_do():
    _, display = draw(line(), marker="s", lw=3, ls="--", label="ours")
    drawn = display.forecast_line_
    assert (drawn.get_marker(), drawn.get_linewidth()) == ("s", 3)
    assert (drawn.get_linestyle(), drawn.get_label()) == ("--", "ours")


# Time.


@pytest.mark.parametrize("freq", ["MS", "ME", "QS", "W", "D", "B", "h", "YS"])
def test_dates_stand_on_the_axis(freq):
    _, display = draw(line(pd.date_range("2020-01-01", periods=N, freq=freq)))
    formatter = display.ax_.xaxis.get_major_formatter()
    assert isinstance(formatter, mdates.ConciseDateFormatter)
    assert display.ax_.get_xlabel() == ""
    display.figure_.canvas.draw()


def test_hours_are_those_of_the_zone():
    index = pd.date_range("2020-07-01 00:00", periods=N, freq="h", tz="Asia/Tokyo")
    _, display = draw(line(index))
    formatter = display.ax_.xaxis.get_major_formatter()
    assert formatter.format_ticks(days(index[[6, 7]])) == ["06:00", "07:00"]


def test_periods_stand_at_their_beginning():
    _, display = draw(line(pd.period_range("2020Q1", periods=N, freq="Q")))
    assert_close(
        days(display.y_line_.get_xdata()[:2]), days(pd.to_datetime(["2020-01", "2020-04"]))
    )
    ahead = display.forecast_line_.get_xdata()[0]
    assert pd.Timestamp(ahead) == pd.Timestamp("2030-01-01")


def test_years_as_integers_stand_on_whole_ticks():
    y = line()[:4].set_axis(pd.RangeIndex(1960, 1964, name="year"))
    model = SimpleExpSmoothingRNN(alpha=0.5).fit(y)
    display = ForecastDisplay.from_estimator(model, 2)
    assert_close(display.forecast_line_.get_xdata(), [1964, 1965])
    ticks = display.ax_.get_xticks()
    assert_close(ticks, np.round(ticks))


@pytest.mark.parametrize("form", [np.asarray, list, lambda y: y.to_numpy()[:, None]])
def test_plain_rows_stand_at_their_positions(form):
    y = line()
    model, display = draw(form(y))
    assert_close(display.y_line_.get_ydata(), y)
    assert_close(display.y_line_.get_xdata(), range(N))
    assert_close(display.forecast_line_.get_xdata(), range(N, N + HORIZON))
    assert_close(display.forecast_line_.get_ydata(), np.ravel(model.predict(HORIZON)))
    assert display.ax_.get_xlabel() == "time step"


def test_rows_that_only_have_labels_stand_at_their_positions():
    _, display = draw(line([f"row {i}" for i in range(N)]))
    assert_close(display.y_line_.get_xdata(), range(N))
    assert_close(display.forecast_line_.get_xdata(), range(N, N + HORIZON))


def test_date_objects_stand_on_a_date_axis():
    january = pd.Index([date(2020, 1, day) for day in range(1, 32)])
    _, display = draw(line()[:31].set_axis(january))
    assert isinstance(display.ax_.xaxis.get_major_formatter(), mdates.ConciseDateFormatter)
    assert pd.Timestamp(display.forecast_line_.get_xdata()[0]) == pd.Timestamp("2020-02-01")


def test_dates_that_came_with_X_are_drawn():
    index = pd.date_range("2020-01", periods=N, freq="MS")
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2)
    model.fit(pd.DataFrame(index=index), line().to_numpy())
    display = ForecastDisplay.from_estimator(model, HORIZON)
    assert_close(days(display.y_line_.get_xdata()), days(index))
    first = display.forecast_line_.get_xdata()[0]
    assert pd.Timestamp(first) == index[-1] + index.freq


def test_rows_can_be_asked_for_by_date():
    index = pd.date_range("2020-01", periods=N, freq="MS")
    request = pd.date_range("2023-01", periods=8, freq="MS")
    model, display = draw(line(index), request)
    assert_close(days(display.forecast_line_.get_xdata()), days(request))
    assert_close(display.forecast_line_.get_ydata(), model.predict(request))


@pytest.mark.parametrize("dated", [True, False])
def test_after_an_update_the_forecast_stands_after_what_was_seen(dated):
    index = pd.date_range("2020-01", periods=N, freq="MS")
    y = line(index) if dated else line().to_numpy()
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2).fit(y[:-5]).update(y[-5:])
    drawn = ForecastDisplay.from_estimator(model, HORIZON).forecast_line_.get_xdata()
    if dated:
        assert pd.Timestamp(drawn[0]) == index[-1] + index.freq
    else:
        assert drawn[0] == N


# Several series, missing values.


@pytest.mark.parametrize("is_pandas", [True, False])
def test_one_of_several_series_is_drawn(is_pandas):
    both = pd.DataFrame({"north": line(), "south": -2.0 * line()})
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2).fit(both if is_pandas else both.to_numpy())
    display = ForecastDisplay.from_estimator(
        model, HORIZON, series="south" if is_pandas else 1, level=0.9
    )
    assert_close(display.y_line_.get_ydata(), both["south"])
    assert_close(display.forecast_line_.get_ydata(), np.asarray(model.predict(HORIZON))[:, 1])
    alone = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2).fit(both["south"])
    _, lower, upper = outline(display.interval_areas_[0])
    assert_close(np.column_stack([lower, upper]), alone.predict_interval(HORIZON, level=0.9))


@pytest.mark.parametrize(
    ("series", "message"), [(None, "pass series=, one of"), ("west", "one of .*'west'")]
)
def test_several_series_want_a_name(series, message):
    both = pd.DataFrame({"north": line(), "south": -2.0 * line()})
    model = DoubleExpSmoothingRNN(alpha=0.4, beta=0.2).fit(both)
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_estimator(model, HORIZON, series=series)


def test_a_panel_is_refused_with_the_way_to_draw_one_of_its_series():
    df = pd.DataFrame({"unique_id": "a", "ds": range(N), "y": line()})
    panel = PanelForecaster(SimpleExpSmoothingRNN()).fit(df)
    with pytest.raises(TypeError, match="PanelForecaster: ForecastDisplay.from_frames"):
        ForecastDisplay.from_estimator(panel, HORIZON)


def test_a_frame_of_one_series_needs_no_name():
    _, display = draw(line().to_frame())
    assert display.ax_.get_ylabel() == "sales"


def test_missing_values_are_gaps_and_lone_values_get_a_marker():
    y = load_co2(adjusted=True)[:100].copy()
    assert draw(y)[1].y_line_.get_marker() == "None"
    y.iloc[[40, 41, 43]] = np.nan
    model, display = draw(y)
    np.testing.assert_array_equal(np.isnan(display.y_line_.get_ydata()), y.isna())
    assert np.isfinite(display.fitted_line_.get_ydata()).all()
    assert display.y_line_.get_marker() == "."


@pytest.mark.parametrize("held", [lambda y: y, np.asarray, lambda y: y.to_frame()])
def test_a_forecast_display_shows_what_update_has_seen(held):
    y = pd.Series(np.arange(30.0) % 7, pd.date_range("2020", periods=30), name="y")
    fitted = DoubleExpSmoothingRNN().fit(held(y[:20]))
    for start, stop in ((20, 21), (21, 25), (25, 30)):
        fitted.update(held(y[start:stop]))
    display = ForecastDisplay.from_estimator(fitted, 3)
    # The sum of a prediction and its residual, as training series are drawn from.
    np.testing.assert_allclose(display.y_line_.get_ydata(), y, atol=1e-13)
    assert len(display.fitted_line_.get_ydata()) == 30
    assert not np.isnan(display.fitted_line_.get_ydata(orig=True)).any()
    assert len(ForecastDisplay.from_estimator(fitted, 3, last=4).y) == 4
    plt.close("all")


def test_a_forecast_display_shows_updates_of_a_series_with_regressors():
    y, X = 3.0 * np.arange(30.0) % 7, np.cos(np.arange(30.0))[:, None]
    fitted = SimpleExpSmoothingRNN().fit(X[:20], y[:20])
    whole = SimpleExpSmoothingRNN(alpha=fitted.alpha_).fit(X[:20], y[:20]).update(y[20:], X[20:])
    display = ForecastDisplay.from_estimator(whole, X[:2])
    np.testing.assert_allclose(display.y, y, atol=1e-13)
    dated = pd.date_range("2020", periods=30)
    same = SimpleExpSmoothingRNN(alpha=fitted.alpha_).fit(
        pd.DataFrame(X[:20], dated[:20]), pd.Series(y[:20], dated[:20])
    )
    same.update(pd.Series(y[20:], dated[20:]), pd.DataFrame(X[20:], dated[20:]))
    inside = same.predict(pd.DataFrame(X, dated))
    np.testing.assert_allclose(display.fitted, inside, atol=1e-12)
    plt.close("all")


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020", periods=12, freq="MS"),
        pd.date_range("2020", periods=12, tz="Europe/Berlin"),
        pd.period_range("2020", periods=12, freq="Q"),
        pd.RangeIndex(12),
        pd.RangeIndex(1990, 2002),
        pd.timedelta_range("0h", periods=12, freq="h"),
        pd.date_range("2020", periods=12).strftime("%Y-%m-%d"),
    ],
    ids=str,
)
def test_the_intervals_of_a_single_step_have_an_area(index):
    fitted = SimpleExpSmoothingRNN().fit(pd.Series(np.arange(12.0) % 5, index))
    display = ForecastDisplay.from_estimator(fitted, 1)
    bounds = fitted.predict_interval(1, level=0.95).to_numpy()[0]
    corners = display.interval_areas_[0].get_paths()[0].vertices
    (time,) = display.ax_.convert_xunits(display.forecast_line_.get_xdata())
    assert corners[:, 0].min() < time < corners[:, 0].max()
    assert {corners[:, 1].min(), corners[:, 1].max()} == set(bounds)
    display.figure_.canvas.draw()
    plt.close("all")


@pytest.mark.parametrize("series", [0, np.int64(0), None])
def test_the_only_series_without_a_name_is_the_first(series):
    fitted = SimpleExpSmoothingRNN().fit(np.arange(12.0)[:, None] % 5)
    assert len(ForecastDisplay.from_estimator(fitted, 3, series=series).y) == 12
    for wrong in (1, -1, "a", True):
        with pytest.raises(ValueError, match="series must be one of"):
            ForecastDisplay.from_estimator(fitted, 3, series=wrong)
    plt.close("all")


# Of a panel.

SHOPS = pd.DataFrame(
    {
        "unique_id": np.repeat(["Bonn", "Kiel"], N),
        "ds": np.tile(pd.date_range("2024-01-01", periods=N), 2),
        "y": np.r_[line(), -2.0 * line()],
    }
)
MODELS = [SimpleExpSmoothingRNN(alpha=0.4), ("drift", NaiveForecaster(strategy="drift"))]
AHEAD = PanelForecaster(MODELS).fit(SHOPS).predict(HORIZON, level=[80, 95])


def numbers_of(drawn):
    return drawn.get_ydata().tolist()


def test_a_series_of_a_panel_is_drawn_from_its_frames():
    shuffled = SHOPS.sample(frac=1.0, random_state=0)
    display = ForecastDisplay.from_frames(shuffled, AHEAD, series="Kiel", model="drift", last=9)
    of_kiel = AHEAD[AHEAD["unique_id"] == "Kiel"]
    assert numbers_of(display.forecast_line_) == of_kiel["drift"].tolist()
    assert numbers_of(display.y_line_) == SHOPS["y"].tail(9).tolist()
    assert display.ax_.get_ylabel() == "Kiel"
    assert list(display.intervals) == [0.95, 0.8]
    bounds = of_kiel[["drift-lo-80", "drift-hi-80"]].to_numpy()
    np.testing.assert_array_equal(display.intervals[0.8], bounds)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["data", "forecast", "95% interval", "80% interval"]
    assert pd.Timestamp(display.forecast_line_.get_xdata()[0]) == pd.Timestamp(2024, 2, 10)


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames_of_other_libraries_are_drawn_alike(library):
    df, ahead = OTHERS[library](SHOPS), OTHERS[library](AHEAD)
    display = ForecastDisplay.from_frames(df, ahead, series="Bonn", model="drift")
    expected = ForecastDisplay.from_frames(SHOPS, AHEAD, series="Bonn", model="drift")
    for name in ("y_line_", "forecast_line_"):
        drawn, wanted = getattr(display, name), getattr(expected, name)
        assert numbers_of(drawn) == numbers_of(wanted)
        np.testing.assert_array_equal(drawn.get_xdata(), wanted.get_xdata())


def test_frames_with_an_index_of_series_and_time_and_other_names_are_drawn():
    names = {"unique_id": "shop", "ds": "day", "y": "sold"}
    df, ahead = (one.rename(columns=names).set_index(["shop", "day"]) for one in (SHOPS, AHEAD))
    columns = {"id_col": "shop", "time_col": "day", "target_col": "sold"}
    display = ForecastDisplay.from_frames(df, ahead, series="Bonn", model="drift", **columns)
    assert numbers_of(display.y_line_) == SHOPS["y"].head(N).tolist()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"series": None}, ValueError, "series must be one of .*'Bonn', 'Kiel'.*has several"),
        ({"series": "Ulm"}, ValueError, "'Ulm' is not in forecasts"),
        ({"series": ["Bonn", "Kiel"]}, ValueError, "one, for a picture has one series, got"),
        ({"series": pd.Index(["Bonn"])}, ValueError, "a picture has one series"),
        ({"model": None}, ValueError, "model must be one of .*'drift'.*has several"),
        ({"model": "drift-lo-80"}, ValueError, "model must be one of"),
        ({"df": SHOPS.rename(columns={"y": "sold"})}, ValueError, "df .*'sold'.*target_col name"),
        ({"df": SHOPS.tail(N)}, ValueError, "df has no rows of series 'Bonn'"),
        (
            {"forecasts": AHEAD["drift"]},
            TypeError,
            "forecasts must be a long frame, got pandas.Series",
        ),
        ({"last": 0}, ValueError, "last"),
    ],
)
def test_what_is_not_in_the_frames_is_refused_in_words(change, error, message):
    given = {"df": SHOPS, "forecasts": AHEAD, "series": "Bonn", "model": "drift"} | change
    with pytest.raises(error, match=message):
        ForecastDisplay.from_frames(given.pop("df"), given.pop("forecasts"), **given)


def test_frames_with_dates_in_words_are_drawn_as_those_with_dates_and_others_refused_in_words():
    as_words = SHOPS.assign(ds=SHOPS["ds"].dt.strftime("%Y-%m-%d"))
    display = ForecastDisplay.from_frames(as_words, AHEAD, series="Bonn", model="drift")
    expected = ForecastDisplay.from_frames(SHOPS, AHEAD, series="Bonn", model="drift")
    pd.testing.assert_series_equal(display.y, expected.y, check_freq=False)
    german = SHOPS.assign(ds=SHOPS["ds"].dt.strftime("%d.%m.%Y"))
    with pytest.raises(TypeError, match=r"df\['ds'\] .*format='%d.%m.%Y'"):
        ForecastDisplay.from_frames(german, AHEAD, series="Bonn", model="drift")
    as_words.loc[as_words["unique_id"] == "Bonn", "ds"] = ["zz", *as_words["ds"][1:]][
        : (as_words["unique_id"] == "Bonn").sum()
    ]
    with pytest.raises(ValueError, match="no ISO date .'zz'. in a row of series 'Bonn'"):
        ForecastDisplay.from_frames(as_words, AHEAD, series="Bonn", model="drift")
    with pytest.raises(TypeError, match="df must be a long frame, got list"):
        ForecastDisplay.from_frames([1.0], AHEAD)
    polars = pytest.importorskip("polars")
    with pytest.raises(TypeError, match=r"df must be a frame .*polars.LazyFrame: .*collect"):
        ForecastDisplay.from_frames(polars.LazyFrame({"ds": [1]}), AHEAD)
