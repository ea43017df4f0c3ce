"""Frames of other libraries made of those of pandas, for tests that are skipped without these."""

import pytest


def as_polars(frame, **types):
    """Make a DataFrame of polars; `types` are of columns, by name."""
    polars = pytest.importorskip("polars")
    columns = {str(name): _cells(frame[name]) for name in frame}
    made = polars.DataFrame(columns)
    return made.with_columns(polars.col(name).cast(kind) for name, kind in types.items())


def as_pyarrow(frame, **types):
    """Make a Table of pyarrow."""
    pyarrow = pytest.importorskip("pyarrow")
    made = pyarrow.table({str(name): _cells(frame[name]) for name in frame})
    for name, kind in types.items():
        place = made.column_names.index(name)
        made = made.set_column(place, name, made[name].cast(kind))
    return made


def _cells(column):
    """Return the values of a column as Python's: missing ones None."""
    cells = column.to_list()
    return [None if missing else cell for cell, missing in zip(cells, column.isna(), strict=True)]


OTHERS = {"polars": as_polars, "pyarrow": as_pyarrow}


def columns_of(frame):
    """Return the columns of a frame of any library as lists, NaN and null as None."""
    if hasattr(frame, "to_pydict"):
        return frame.to_pydict()
    if hasattr(frame, "get_columns"):
        return frame.to_dict(as_series=False)
    return {name: _cells(frame[name]) for name in frame}
