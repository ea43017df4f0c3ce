"""The door for frames of other libraries: what goes through it comes back as it was."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tsrnn._input.frames import PANDAS, is_frame, kind_in_words, opened

CELLS = {
    "Int8": [1, 2],
    "UInt64": [1, 2**64 - 1],
    "Int64": [2**53 + 1, None],
    "Float32": [0.5, None],
    "Float64": [0.1, 0.2],
    "Boolean": [True, None],
    "String": ["a", None],
    "Categorical": ["b", "a"],
    "Date": [dt.date(2020, 2, 29), None],
    "Datetime": [dt.datetime(2020, 2, 29, 1), None],
    "Duration": [dt.timedelta(days=1), None],
    "Decimal": [Decimal("1.50"), None],
}


def test_cells_and_types_of_polars_come_back():
    pl = pytest.importorskip("polars")
    columns = [pl.Series(name, cells, dtype=getattr(pl, name)) for name, cells in CELLS.items()]
    zoned = pl.Series("zoned", [dt.datetime(2024, 10, 27, hour) for hour in (0, 1)])
    zoned = zoned.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
    frame = pl.DataFrame([*columns, zoned, pl.Series("e", ["y", "x"], dtype=pl.Enum(["y", "x"]))])
    inside, kind = opened(frame, "frame")
    assert isinstance(inside, pd.DataFrame) and len(inside) == 2
    assert kind.answer(inside).equals(frame)
    assert kind.answer(inside).schema == frame.schema
    assert kind.answer(inside[:0]).columns == frame.columns


def test_cells_and_types_of_pyarrow_come_back():
    pa = pytest.importorskip("pyarrow")
    zone = pa.timestamp("s", "Europe/Berlin")
    kinds = {"Int8": pa.int8(), "UInt64": pa.uint64(), "Float32": pa.float32()}
    names = [name for name in CELLS if name != "Categorical"]
    frame = pa.table({name: pa.array(CELLS[name], kinds.get(name)) for name in names})
    for kind in (pa.large_string(), pa.string_view()):
        frame = frame.append_column(str(kind), pa.array(["a", None], kind))
    frame = frame.append_column("zoned", pa.array([dt.datetime(2024, 10, 27)] * 2, zone))
    inside, kind = opened(frame, "frame")
    answer = kind.answer(inside)
    assert answer.to_pylist() == frame.to_pylist()
    # The digits of a decimal are counted anew.
    same = [name for name in frame.column_names if name != "Decimal"]
    assert answer.select(same).schema == frame.select(same).schema


def test_a_missing_cell_is_missing_inside_and_outside():
    pl = pytest.importorskip("polars")
    inside, kind = opened(pl.DataFrame({"x": [1.0, float("nan"), None]}), "frame")
    assert inside["x"].isna().tolist() == [False, True, True]
    assert kind.answer(inside)["x"].null_count() == 2


@pytest.mark.parametrize("given", [[1.0], np.ones(2), {"a": 1}, None, 3, pd.Series([1.0])])
def test_what_is_of_no_other_library_goes_through_as_it_is(given):
    assert opened(given, "x") == (given, PANDAS) or opened(given, "x")[0] is given


def test_frames_of_further_libraries_are_named_with_the_method_that_makes_one():
    for home, method in (("pyspark.sql", "toPandas"), ("duckdb", "df"), ("ibis.expr", "to_pandas")):
        made = type("Relation", (), {"__module__": home, method: None})()
        assert is_frame(made)
        words = rf"{home}.Relation: its method {method}() makes a frame of it that will do"
        assert kind_in_words(made) == words
    assert kind_in_words(np.ones(1)) == "numpy.ndarray" and kind_in_words({}) == "dict"
    assert not is_frame(np.ones(1)) and not is_frame(12)
