"""Series in and out: what users hold (arrays, lists, pandas) <-> float arrays, rows time steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tsrnn._input.frames import PANDAS, opened
from tsrnn._input.numbers import as_array, as_floats, is_date_in_words, refuse_kinds


@dataclass(frozen=True)
class Layout:
    """Layout of the training series that came, and so of every answer that goes out.

    Attributes
    ----------
    is_pandas : bool
    is_flat : bool
        One series as one dimension: `(n_timesteps,)` or a Series.
    names : pandas.Index or None
        Names of the series where they came with pandas (of a Series: its one name), or as columns
        of a frame of another library.
    """

    is_pandas: bool
    is_flat: bool
    names: pd.Index | None

    def rows(self, values: np.ndarray, index: pd.Index) -> np.ndarray | pd.Series | pd.DataFrame:
        """Give back one number a row and series: `values` is (n_rows, n_series)."""
        if not self.is_pandas:
            return values[:, 0] if self.is_flat else values
        if self.is_flat:
            return pd.Series(values[:, 0], index=index, name=self.names[0])  # type: ignore[index]
        return pd.DataFrame(values, index=index, columns=self.names)

    def columns(
        self, values: np.ndarray, index: pd.Index, labels: Sequence, label_name: str
    ) -> np.ndarray | pd.DataFrame:
        """Give back several numbers a row and series: `values` is (n_rows, n_labels, n_series)."""
        if not self.is_pandas:
            return values[:, :, 0] if values.shape[2] == 1 else values
        if values.shape[2] == 1:
            return pd.DataFrame(
                values[:, :, 0], index=index, columns=pd.Index(labels, name=label_name)
            )
        names = [name if isinstance(name, tuple) else (name,) for name in self.names]  # type: ignore[union-attr]
        levels = list(self.names.names) if isinstance(self.names, pd.MultiIndex) else ["series"]
        columns = pd.MultiIndex.from_tuples(
            [(*name, label) for name in names for label in labels], names=[*levels, label_name]
        )
        flat = values.transpose(0, 2, 1).reshape(len(values), -1)
        return pd.DataFrame(flat, index=index, columns=columns)


def is_single(value: object) -> bool:
    """Tell whether something is one value, such as a number, and no collection."""
    return pd.api.types.is_scalar(value) or (isinstance(value, np.ndarray) and value.ndim == 0)


def read_series(y: object, name: str = "y") -> tuple[np.ndarray, Layout, pd.Index | None]:
    """Read one or several series.

    Parameters
    ----------
    y : array-like, Series or DataFrame
        (n_timesteps,) or (n_timesteps, n_series); None, NaN, pd.NA and masked values are missing.
        Those of polars and pyarrow have no index, and nothing is pandas that comes of them.
    name : str
        What to call it in an error.

    Returns
    -------
    values : (n_timesteps, n_series) float array
        NaN where missing.
    layout : Layout
    index : pandas.Index or None
        The pandas index.

    Raises
    ------
    ValueError
        For a wrong number of dimensions, complex numbers, words and infinities.
    TypeError
        For what is no series of numbers at all: dates, sparse matrices, dicts.
    """
    y, kind = opened(y, name)
    is_pandas = kind is PANDAS
    if isinstance(y, pd.Series):
        layout, index = Layout(is_pandas, True, pd.Index([y.name]) if is_pandas else None), y.index
        columns = [(name, _read_column(y, name))]
    elif isinstance(y, pd.DataFrame):
        layout, index = Layout(is_pandas, False, y.columns), y.index
        labels = [f"{name}[{column!r}]" for column in y.columns]
        if not is_pandas:
            _refuse_stamps(y, name)
        columns = [(label, _read_column(y.iloc[:, i], label)) for i, label in enumerate(labels)]
        if not columns:
            raise ValueError(f"{name} has no columns: give one column a series")
    elif isinstance(y, pd.Index | pd.api.extensions.ExtensionArray):
        layout, index = Layout(False, True, None), None
        columns = [(name, _read_column(pd.Series(y), name))]
    else:
        _refuse_series_of_lengths(y, name)
        array = as_array(y, name)
        _check_dimensions(array, name)
        layout, index = Layout(False, array.ndim == 1, None), None
        columns = [(name, array)]
        if array.ndim == 2:
            columns = [(f"{name}[:, {i}]", column) for i, column in enumerate(array.T)]
    try:
        values = np.column_stack([as_floats(column, label) for label, column in columns])
    except (TypeError, ValueError) as error:
        advice = _long_frame_advice(y)
        if not advice:
            raise
        raise type(error)(f"{error}{advice}") from error
    index = index if is_pandas else None
    infinite = np.argwhere(np.isinf(values))
    if infinite.size:
        row, column = infinite[0]
        where = f"row {row}" if values.shape[1] == 1 else f"row {row}, series {column}"
        raise ValueError(
            f"{name} contains infinity at {where}: replace it by a number, or by NaN for a "
            "missing value"
        )
    return values, layout, index


def _refuse_stamps(frame: pd.DataFrame, name: str) -> None:
    """Refuse time stamps in a frame of a library that has no index for them."""
    stamps = [label for label, column in frame.items() if column.dtype.kind == "M"]
    if stamps:
        raise TypeError(
            f"{name}[{stamps[0]!r}] must be numbers, got dates: {name}.to_pandas().set_index("
            f"{stamps[0]!r}) has them as its index, from where they are read"
        )


def _long_frame_advice(y: object) -> str:
    """Say what takes long frames, where a frame may be one: a column of words is of names."""
    if not isinstance(y, pd.DataFrame) or y.shape[1] < 3:
        return ""
    firsts = [y.iloc[0, i] for i in range(y.shape[1])] if len(y) else []
    if not any(isinstance(one, str) and not is_date_in_words(one) for one in firsts):
        return ""
    return (
        "; a long frame, which has a row for each series and time step, is for "
        "PanelForecaster(forecaster): its fit, and its cross_validation for backtests"
    )


def check_enough(values: np.ndarray) -> None:
    """Refuse series (n_timesteps, n_series) without at least two values."""
    n_timesteps, n_series = values.shape
    if n_timesteps < 2:
        raise ValueError(
            f"Found array with {n_timesteps} sample(s) while a minimum of 2 is required: a series "
            "needs at least two values"
        )
    for i, n_observed in enumerate(np.count_nonzero(~np.isnan(values), axis=0)):
        if n_observed < 2:
            which = "y" if n_series == 1 else f"series {i} of y"
            raise ValueError(
                f"{which} has {n_observed} value(s) that are not missing: a series needs two"
            )


def _refuse_series_of_lengths(y: Any, name: str) -> None:
    """Refuse a list of series of several lengths, which are no columns of one array.

    Raises
    ------
    ValueError
    """
    if not isinstance(y, list | tuple) or not all(map(_is_series, y)):
        return
    lengths = {len(one) for one in y}
    if len(lengths) > 1:
        raise ValueError(
            f"{name} must have rows of equal lengths, and is a list of {len(y)} series of "
            f"{min(lengths)} to {max(lengths)} values: series of several lengths make a panel, "
            "PanelForecaster(forecaster) of a long frame with the columns unique_id, ds and y; "
            "those of one length may be the columns of an array"
        )


def _is_series(item: Any) -> bool:
    """Tell whether an item of a list is itself a series: a column of an array, a list of cells."""
    if isinstance(item, np.ndarray | pd.Series):
        return item.ndim == 1
    nested = list | tuple | np.ndarray | pd.Series
    return isinstance(item, list | tuple) and not any(isinstance(one, nested) for one in item)


def _check_dimensions(array: np.ndarray, name: str) -> None:
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} must have shape (n_timesteps,) or (n_timesteps, n_series), "
            f"got {array.ndim} dimensions: shape {array.shape}"
        )
    if array.ndim == 2 and array.shape[1] == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={array.shape}) while a minimum of 1 is "
            f"required: {name} has no series"
        )


def _read_column(column: pd.Series, name: str) -> np.ndarray:
    """Take a pandas column to an array, its missing values to NaN."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        raise TypeError(f"{name} is categorical: convert it to numbers first")
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    refuse_kinds(column.dtype, name)
    return column.to_numpy(dtype=object, na_value=np.nan)
