"""Numbers as people write them: what a mark means is for its column to tell."""

import time

import numpy as np
import pandas as pd
import pytest

from tsrnn.cli.csv_errors import UsageError
from tsrnn.cli.csv_numbers import check_decimal, numbers_of


def read(cells, separator=";", decimal=None):
    column = pd.Series(cells, index=range(2, len(cells) + 2), name="sold", dtype=object)
    return numbers_of(column, separator, decimal)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "1.000", "2"], [1.5, 1000, 2]),
        (["1.5", "1,000", "2"], [1.5, 1000, 2]),
        (["1.234,5", "1.000", "995"], [1234.5, 1000, 995]),
        (["1.000.000", "1.000", "-995"], [1e6, 1000, -995]),
        (["0,125", "1,250", "995"], [0.125, 1.25, 995]),
        (["1234,567", "1,250"], [1234.567, 1.25]),
        (["1,250E+03", "2,000"], [1250, 2]),
        (["1 234", "12 345,6"], [1234, 12345.6]),
        (["1'234.5", "12'345"], [1234.5, 12345]),
        (["(1.234,5)", "−3", "- 3,0", "+4"], [-1234.5, -3, -3, 4]),
        (["12%", "-12,5 %"], [12, -12.5]),
        (["-$5.25", "$-5.25", "(US$ 5.25)"], [np.nan, np.nan, np.nan]),  # US$ is another sign
        (["-$5.25", "$-5.25", "($5.25)"], [-5.25, -5.25, -5.25]),
        (["5,25 kr", "5,30 kr"], [5.25, 5.3]),
        (["", "NA", "3,5"], [np.nan, np.nan, 3.5]),
    ],
)
def test_one_sure_mark_tells_what_the_others_are(cells, values):
    numbers = read(cells)
    if np.isfinite(values).any():
        assert numbers.doubt is None
        np.testing.assert_array_equal(numbers.values, values)
    else:
        assert "two kinds" in numbers.doubt
    assert not numbers.wrong.any()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["995", "1.000"], "'1.000' on line 3, where the point"),
        (["995", "1,000"], "'1,000' on line 3, where the comma"),
        (["1.000", "1.010"], "'1.000' on line 2"),
        (["1.000", "1010"], "'1.000' on line 2"),
        (["12.345 €", "1.000 €"], "'12.345 €' on line 2"),
        (["-1.000", "(1.010)"], "'-1.000' on line 2"),
        (["1.000", "1,000"], "two decimal marks, as in '1.000' on line 2 and '1,000' on line 3"),
        (["1,5", "1.5"], "two decimal marks, as in '1.5' on line 3 and '1,5' on line 2"),
        (["1.234,5", "1,234.5"], "two decimal marks"),
        (["1.000.000", "1.5"], "two decimal marks"),
        (["1 €", "1 $"], "two kinds"),
    ],
)
def test_what_may_mean_two_things_is_in_doubt_until_the_mark_is_named(cells, words):
    assert words in read(cells).doubt
    if "where the" in words:
        for decimal in (".", ","):
            assert read(cells, decimal=decimal).doubt is None
        point, comma = (read(cells, decimal=one).values for one in (".", ","))
        assert not np.array_equal(point, comma)


def test_a_point_in_a_file_of_commas_is_a_decimal_point_unless_beside_short_whole_numbers():
    np.testing.assert_array_equal(read(["3.142", "1.414"], ",").values, [3.142, 1.414])
    np.testing.assert_array_equal(read(["3.142", "2718"], ",").values, [3.142, 2718])
    assert "'1.080' on line 3" in read(["995", "1.080"], ",").doubt
    assert "'1,080' on line 3" in read(["995", "1,080"], ",").doubt


@pytest.mark.parametrize(
    "cell",
    ["1.23.4", "1,23,4", "1.2345,6,7", "12.34,5", "1 23", "1'23", "1-", "(5", "5)", "1_000", "0x10"]
    + ["inf", "1e999", "True", "٣", "1" * 500, "--5", "5%%", "$5€", "e5", ",", "-", "#DIV/0!"],
)
def test_what_is_no_number_is_wrong(cell):
    numbers = read([cell, "3"])
    assert numbers.wrong.tolist() == [True, False]
    assert not numbers.whole


def test_numbers_are_read_to_the_last_bit():
    values = np.random.default_rng(0).normal(size=2000) * 10.0 ** np.arange(-150, 150, 0.15)
    cells = [repr(float(value)) for value in values]
    np.testing.assert_array_equal(read(cells, ",").values, values)
    np.testing.assert_array_equal(read([c.replace(".", ",") for c in cells]).values, values)


def test_a_long_cell_takes_no_time():
    start = time.perf_counter()
    for cell in ("1" * 100_000, "1." * 50_000, "1 " * 50_000, "-" * 100_000, " " * 100_000 + "x"):
        assert read([cell]).wrong.all()
    assert time.perf_counter() - start < 1.0  # milliseconds; by steps of squares it would be hours


def test_only_a_point_or_a_comma_is_a_decimal_mark():
    check_decimal(","), check_decimal("."), check_decimal(None)
    with pytest.raises(UsageError, match="--decimal must be . or ,"):
        check_decimal("'")
