"""The picture of anomalies: what is drawn are the numbers of the frame."""

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from other_frames import as_polars

from tsrnn import NaiveForecaster, PanelForecaster, detect_anomalies
from tsrnn.plotting import AnomaliesDisplay


@pytest.fixture(autouse=True)
def only_its_own_figures():
    plt.close("all")
    yield
    plt.close("all")


Y = pd.Series(
    np.r_[np.tile([3.0, 4.0, 5.0, 4.0], 10), 30.0, np.tile([4.0, 5.0], 5)],
    index=pd.date_range("2020-01", periods=51, freq="MS"),
    name="sales",
)


def test_the_lines_are_the_columns_of_the_frame_and_points_are_anomalies():
    frame = detect_anomalies(NaiveForecaster(), Y)
    display = AnomaliesDisplay.from_frame(frame, color="black")
    np.testing.assert_array_equal(display.y_line_.get_ydata(), Y)
    np.testing.assert_array_equal(display.expected_line_.get_ydata(), frame["expected"])
    (point,) = display.anomaly_points_.get_ydata()
    assert point == 30.0
    days = mdates.date2num(display.anomaly_points_.get_xdata())
    np.testing.assert_array_equal(days, mdates.date2num(Y.index[[40]]))
    assert display.anomaly_points_.get_color() == "black"
    heights = display.usual_area_.get_paths()[0].vertices[:, 1]
    assert heights.min() == frame["lower"].min()
    assert heights.max() == frame["upper"].max()
    assert display.ax_.get_ylabel() == "y"
    display.figure_.canvas.draw()


def test_one_of_several_series_is_drawn_by_its_name_and_only_its_last_rows():
    table = pd.DataFrame({"a": Y, "b": Y[::-1].to_numpy()})
    frame = detect_anomalies(NaiveForecaster(), table)
    display = AnomaliesDisplay.from_frame(frame, series="b", last=7)
    np.testing.assert_array_equal(display.y_line_.get_ydata(), table["b"][-7:])
    assert display.ax_.get_ylabel() == "b"
    ax = display.ax_
    assert AnomaliesDisplay.from_frame(frame, series="a", ax=ax).ax_ is ax
    with pytest.raises(ValueError, match="pass series= one of 'a', 'b'"):
        AnomaliesDisplay.from_frame(frame)
    with pytest.raises(ValueError, match="there is no series 'c': pass one of 'a', 'b'"):
        AnomaliesDisplay.from_frame(frame, series="c")
    with pytest.raises(ValueError, match="a picture has one series"):
        AnomaliesDisplay.from_frame(frame, series=["a", "b"])


def test_a_series_of_a_panel_is_drawn_whatever_its_columns_are_called():
    df = pd.DataFrame({"shop": 7, "day": Y.index, "sold": Y.to_numpy()})
    panel = PanelForecaster(NaiveForecaster(), id_col="shop", time_col="day", target_col="sold")
    frame = detect_anomalies(panel, df)
    for named in ({"series": 7}, {}):
        display = AnomaliesDisplay.from_frame(frame, **named)
        np.testing.assert_array_equal(display.y_line_.get_ydata(), Y)
        assert display.ax_.get_ylabel() == "7"
    with pytest.raises(ValueError, match="frame has no rows"):
        AnomaliesDisplay.from_frame(frame.head(0))


def test_a_frame_of_polars_is_drawn_as_that_of_pandas():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"unique_id": "a", "ds": pd.date_range("2024-01", periods=30), "y": rng.normal(size=30)}
    )
    panel = PanelForecaster(NaiveForecaster())
    ours, theirs = (
        AnomaliesDisplay.from_frame(detect_anomalies(panel, one), series="a").anomalies
        for one in (frame, as_polars(frame))
    )
    pd.testing.assert_frame_equal(theirs, ours)


def test_what_is_no_answer_or_asks_for_nothing_is_refused():
    frame = detect_anomalies(NaiveForecaster(), Y.to_numpy())
    assert AnomaliesDisplay.from_frame(frame).ax_.get_xlabel() == "time step"
    with pytest.raises(TypeError, match="frame must be what tsrnn.detect_anomalies answers"):
        AnomaliesDisplay.from_frame(frame[["time", "y"]])
    with pytest.raises(TypeError, match="got ndarray"):
        AnomaliesDisplay.from_frame(Y.to_numpy())
    with pytest.raises(ValueError, match="series must be left out"):
        AnomaliesDisplay.from_frame(frame, series="a")
    with pytest.raises(ValueError, match="last == 0"):
        AnomaliesDisplay.from_frame(frame, last=0)
