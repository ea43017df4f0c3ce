import importlib.util

import numpy as np
import pandas as pd
import pytest
from paths import DOCS

from tsrnn.datasets import load_co2, make_noisy_line

MAKE_CO2 = DOCS / "scripts" / "make_co2.py"


def test_co2_is_a_monthly_series_of_43_whole_years():
    for adjusted in (False, True):
        co2 = load_co2(adjusted=adjusted)
        assert co2.index.equals(pd.date_range("1959-01", periods=43 * 12, freq="MS"))
        assert co2.index.freqstr == "MS"
        assert (co2.name, co2.dtype) == ("co2", np.dtype(float))


def test_co2_keeps_its_gap_and_the_adjusted_series_has_none():
    co2 = load_co2()
    gap = co2.index[co2.isna()]
    assert gap.equals(pd.date_range("1964-02", periods=3, freq="MS", name="month"))
    assert not load_co2(adjusted=True).isna().any()


def test_adjusting_takes_the_season_off():
    # The swing within a year is about 6 ppm, the rise about 1.
    def swing(series):
        return series.groupby(series.index.year).agg(lambda year: year.max() - year.min()).mean()

    assert swing(load_co2()) > 5.0
    assert swing(load_co2(adjusted=True)) < 2.5


def test_co2_is_what_the_script_makes_of_the_source():
    spec = importlib.util.spec_from_file_location("make_co2", MAKE_CO2)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    table = script.make_table()
    # One unit of the last decimal: another version or machine may round a half the other way.
    for column, adjusted in (("co2", False), ("co2_adjusted", True)):
        np.testing.assert_allclose(load_co2(adjusted=adjusted), table[column], rtol=0, atol=0.0101)


def test_noisy_line_without_noise_is_the_line():
    line = make_noisy_line(5, slope=-1.5, intercept=2.0, noise=0.0)
    assert line.tolist() == [2.0, 0.5, -1.0, -2.5, -4.0]


def test_noisy_line_has_the_noise_asked_for():
    n = 10_000
    line = make_noisy_line(n, slope=0.5, intercept=10.0, noise=2.0, random_state=0)
    residuals = line - (10.0 + 0.5 * np.arange(n))
    # Five standard errors: 2 / sqrt(n) of the mean, 2 / sqrt(2 n) of the standard deviation.
    assert residuals.mean() == pytest.approx(0.0, abs=5 * 2 / np.sqrt(n))
    assert residuals.std() == pytest.approx(2.0, abs=5 * 2 / np.sqrt(2 * n))


def test_noisy_line_repeats_with_its_seed():
    pd.testing.assert_series_equal(make_noisy_line(random_state=1), make_noisy_line(random_state=1))
    assert not make_noisy_line(random_state=1).equals(make_noisy_line(random_state=2))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"n_timesteps": 0}, ValueError),
        ({"n_timesteps": 2.5}, TypeError),
        ({"noise": -1.0}, ValueError),
        ({"slope": "steep"}, TypeError),
    ],
)
def test_noisy_line_names_a_bad_argument(arguments, error):
    with pytest.raises(error, match=next(iter(arguments))):
        make_noisy_line(**arguments)
