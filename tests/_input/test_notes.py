"""Warnings name the line of the user's that they are about, however deep they are raised."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest

from tsrnn import NaiveForecaster, PanelForecaster

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "unique_id": np.repeat([0, 1], 30),
        "ds": np.tile(np.arange(30), 2),
        "y": [*RNG.normal(size=30), *RNG.normal(size=29), np.inf],
    }
)


def here():
    return inspect.currentframe().f_back.f_lineno


def test_a_warning_is_of_the_line_that_called_the_package():
    model = NaiveForecaster().fit(RNG.normal(size=30))
    panel = PanelForecaster(NaiveForecaster())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lines = [here(), panel.fit(FRAME)][:1]
        lines += [here(), model.predict_interval(3, 0.99, method="conformal")][:1]
        lines += [here(), panel.predict(3, level=[99], method="conformal")][:1]
    assert [one.lineno for one in caught] == lines
    assert {one.filename for one in caught} == {__file__}


def test_rows_asked_of_a_panel_warn_there_too():
    panel = PanelForecaster(NaiveForecaster()).fit(FRAME.assign(x=0.0, y=FRAME.index * 1.0))
    request = pd.DataFrame({"unique_id": [0, 1], "ds": 30, "x": [0.0, np.nan]})
    with pytest.warns(UserWarning, match="1 of 2 series failed") as caught:
        panel.predict(request)
    assert [one.filename for one in caught] == [__file__]
