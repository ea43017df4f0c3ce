"""Frames of other libraries at the door: of polars and pyarrow into pandas, and answers back.

What happens inside is pandas. narwhals reads and makes the columns of both libraries; they are
moved one by one, so that a frame of polars needs no pyarrow. A missing value is null there, and NaN
here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

LIBRARIES = ("polars", "pyarrow")
"""Those whose frames are read, beside pandas."""

TYPES = ("Date", "Categorical", "Enum", "string", "large_string", "string_view")
"""Types of columns that pandas does not tell, but for the categories of an Enum."""

# The method that makes a frame of what is none yet, by its library.
_MAKES_FRAME = {
    "polars": "collect",
    "dask": "compute",
    "pyspark": "toPandas",
    "duckdb": "df",
    "ibis": "to_pandas",
    "cudf": "to_pandas",
}


@dataclass(frozen=True)
class FrameKind:
    """The library that a frame is of, and the types of its columns that pandas does not tell.

    Attributes
    ----------
    library : str
        "pandas", "polars" or "pyarrow".
    types : dict
        By the name of a column: ("Date",), ("Categorical",), ("Enum", *categories), or what pyarrow
        calls words. A column of that name in an answer is of that type again.
    """

    library: str = "pandas"
    types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def answer(self, frame: pd.DataFrame, alike: Mapping[str, Any] | None = None) -> Any:
        """Make a frame of that library of one of pandas, without its index.

        Parameters
        ----------
        frame : DataFrame
        alike : mapping, optional
            Which columns are of the type of another, as in ``{"cutoff": "ds"}``.
        """
        if self.library == "pandas":
            return frame
        import narwhals as nw

        shared = {name: self.types[one] for name, one in (alike or {}).items() if one in self.types}
        types = {**shared, **self.types}
        first, *others = [
            self._column(str(name), column, types.get(str(name))) for name, column in frame.items()
        ]
        return nw.to_native(first.to_frame().with_columns(*others))

    def _column(self, name: str, column: pd.Series, kind: tuple[str, ...] | None) -> Any:
        import narwhals as nw

        zone = getattr(column.dtype, "tz", None)
        backend: Any = self.library
        values, dtype = _cells(column, self.library), None
        if isinstance(values, list):  # which does not tell its type, as arrays do
            if column.dtype.kind in "iuf":
                dtype = getattr(nw, column.dtype.name.replace("float", "Float"), None)
            elif all(value is None for value in values):
                dtype = nw.String
        made = nw.new_series(name, values, dtype, backend=backend)
        if zone is not None:
            zone = str(zone).removeprefix("UTC") or "UTC"  # of an offset, too
            made = made.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        return (made if kind is None else _of_type(made, *kind)).alias(name)


PANDAS = FrameKind()


def opened(values: Any, name: str) -> tuple[Any, FrameKind]:
    """Return a frame or a series of polars or pyarrow as one of pandas, and what it was.

    Anything else is returned as it is: who reads it says what will not do.

    Raises
    ------
    ValueError
        For two columns of one name.
    TypeError
        For what a frame is yet to be made of, such as a LazyFrame.
    """
    library = _root(values)
    if library not in LIBRARIES:
        return values, PANDAS
    import narwhals as nw

    names = getattr(values, "column_names", [])
    if len(set(names)) < len(names):
        raise ValueError(f"{name} has a column twice: its columns are {names}")
    try:
        given = nw.from_native(values, eager_only=True, allow_series=True)
    except TypeError:
        if _maker(values):
            wanted = f"{name} must be a frame or a series, got {kind_in_words(values)}"
            raise TypeError(wanted) from None
        return values, PANDAS
    if isinstance(given, nw.Series):
        return pd.Series(_pandas_cells(given), name=given.name or None), FrameKind(library)
    columns = list(given.iter_columns())
    types = {one.name: kind for one in columns if (kind := _type_of(one))}
    return pd.DataFrame({one.name: _pandas_cells(one) for one in columns}), FrameKind(
        library, types
    )


def is_frame(values: Any) -> bool:
    """Tell whether something is a frame of pandas, or meant for one."""
    library = _root(values)
    is_pandas = isinstance(values, pd.DataFrame | pd.Series)
    return is_pandas or library in LIBRARIES or library in _MAKES_FRAME


def kind_in_words(values: Any) -> str:
    """Name the type of something and its library, and say how to make a frame of it, if one can."""
    kind, library = type(values), _root(values)
    if library == "builtins":
        return kind.__name__
    is_public = getattr(sys.modules.get(library), kind.__name__, None) is kind
    name = f"{library if is_public else kind.__module__}.{kind.__qualname__}"
    maker = _maker(values)
    return f"{name}: {maker} makes a frame of it that will do" if maker else name


def _maker(values: Any) -> str:
    """Return the code that makes a frame of something, nothing where there is none."""
    library = _root(values)
    if library == "pyarrow" and type(values).__name__ == "RecordBatch":
        return "pyarrow.Table.from_batches([batch])"
    method = _MAKES_FRAME.get(library, "")
    return f"its method {method}()" if hasattr(values, method) else ""


def _root(values: Any) -> str:
    """Return the library that something is of, also where its class is derived."""
    roots = [kind.__module__.partition(".")[0] for kind in type(values).__mro__]
    known = [one for one in roots if one in LIBRARIES or one in _MAKES_FRAME]
    return (known or roots)[0]


def _pandas_cells(column: Any) -> Any:
    """Return the cells of a column of narwhals as an array of NumPy or pandas."""
    import narwhals as nw

    dtype = column.dtype
    if dtype.is_float() or (dtype.is_integer() and not column.null_count()):
        return column.to_numpy()
    if dtype.is_integer():
        return pd.array(column.to_list(), dtype=str(dtype))
    if dtype == nw.Boolean:
        return (
            pd.array(column.to_list(), dtype="boolean")
            if column.null_count()
            else column.to_numpy()
        )
    if dtype in (nw.Date, nw.Datetime, nw.Duration):
        stamps = column.to_numpy()
        stamps = stamps.astype("M8[s]") if dtype == nw.Date else stamps
        zone = getattr(dtype, "time_zone", None)
        if zone is None:
            return stamps
        return pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(zone)
    cells = pd.Series(column.to_list(), dtype=object)
    is_of_words = dtype in (nw.String, nw.Categorical, nw.Enum)
    return (cells.infer_objects() if is_of_words else cells).array


def _type_of(column: Any) -> tuple[str, ...] | None:
    """Return the type of a column of narwhals where one of pandas does not tell it."""
    import narwhals as nw

    dtype = column.dtype
    if isinstance(dtype, nw.Enum):
        return ("Enum", *dtype.categories)
    if dtype in (nw.Date, nw.Categorical):
        return (str(dtype),)
    native = nw.to_native(column)
    if dtype == nw.String and _root(native) == "pyarrow":
        return (str(native.type),)
    return None


def _of_type(column: Any, name: str, *categories: str) -> Any:
    """Give a column of narwhals a type again, if it still holds the like; see `FrameKind`."""
    import narwhals as nw

    if not isinstance(column.dtype, nw.Datetime if name == "Date" else nw.String):
        return column  # such as numbers of rows
    if name == "Date":  # unless forecasts lie between the days
        days = column.cast(nw.Date())
        return days if (days.cast(column.dtype) == column).all() else column
    if name in ("Enum", "Categorical"):
        return column.cast(nw.Enum(categories) if name == "Enum" else nw.Categorical())
    import pyarrow as pa

    return nw.from_native(nw.to_native(column).cast(pa.type_for_alias(name)), series_only=True)


def _cells(column: pd.Series, library: str) -> np.ndarray | list:
    """Return the cells of a column of pandas, missing ones as None where arrays have no other."""
    if getattr(column.dtype, "tz", None) is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "mM":
        stamps = column.to_numpy()
        unit = stamps.dtype.str.endswith("[s]") and library == "polars"  # which has no seconds
        return stamps.astype(f"{stamps.dtype.kind}8[ms]") if unit else stamps
    missing = column.isna().to_numpy()
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf" and not missing.any():
        return column.to_numpy()
    cells = column.to_numpy(dtype=object, copy=True)
    cells[missing] = None
    return cells.tolist()
