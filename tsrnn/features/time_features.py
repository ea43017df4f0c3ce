"""The contract of features of time: columns of numbers, made of the stamps of rows alone.

What a kind of features is, its subclass says by two methods: `learn` looks at the stamps of a fit,
and `columns_at` makes the columns of any stamps. The base makes a scikit-learn transformer of it,
and forecasters that host features call the two themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.series import is_single
from tsrnn._input.validation import check_count, replaced_when_done
from tsrnn._time.grid import TimeGrid, is_time_index
from tsrnn._time.labels import stamps_of
from tsrnn.exceptions import InvalidParameterError, IrregularIndexError
from tsrnn.features.frames import as_long, rows_index

Grids = dict[Any, TimeGrid | IrregularIndexError]
"""The grid of each series by its id, None for the only one, or the reason why it has none."""


class TimeFeatures(  # type: ignore[call-arg]  # as scikit-learn's mixin takes it
    TransformerMixin, BaseEstimator, ABC, auto_wrap_output_keys=None
):
    """Base of the features of time, and of some of your own.

    A subclass has a constructor that stores its arguments, as scikit-learn asks, and says by
    `learn` what its columns are called and by `columns_at` what they hold.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.features import TimeFeatures
    >>> class LeapYears(TimeFeatures):
    ...     n_columns = 1
    ...
    ...     def validate_parameters(self):
    ...         pass
    ...
    ...     def learn(self, stamps):
    ...         self.feature_names_ = ["leap year"]
    ...
    ...     def columns_at(self, stamps, positions):
    ...         return stamps.is_leap_year.astype(float)[:, None]
    >>> years = pd.period_range("2023", periods=3, freq="Y")
    >>> LeapYears().fit_transform(years)["leap year"].to_list()
    [0.0, 1.0, 0.0]
    """

    feature_names_: list[str]

    @abstractmethod
    def validate_parameters(self) -> None:
        """Refuse constructor arguments.

        Raises
        ------
        InvalidParameterError
        """

    @abstractmethod
    def learn(self, stamps: pd.Index) -> None:
        """Set the fitted attributes, `feature_names_` among them, from stamps.

        Parameters
        ----------
        stamps : pandas.Index
            Of one series or of several: sorted, each once.

        Raises
        ------
        TypeError
            If they are none that the features can be made of.
        """

    @abstractmethod
    def columns_at(self, stamps: pd.Index, positions: np.ndarray) -> np.ndarray:
        """Return the columns, (n_rows, n_features), of stamps in any order.

        Parameters
        ----------
        stamps : pandas.Index
        positions : (n_rows,) int array
            How many time steps each lies after the first one of its series.
        """

    def look_at(self, parts: Iterable[tuple[Any, pd.Index]]) -> None:
        """Look at each series, before `learn` sees the stamps of all.

        Parameters
        ----------
        parts : iterable of (id, pandas.Index)
            Stamps of each series, sorted.

        Raises
        ------
        TypeError, ValueError
            If no columns can be made of them, or not of all of them together.
        """

    @property
    @abstractmethod
    def n_columns(self) -> int:
        """The number of columns, once they are learned."""

    @property
    def label(self) -> str:
        """A few words for all columns together, as pictures have them."""
        return type(self).__name__

    uses_positions = False
    """Whether columns depend on positions, so that stamps must lie on a grid."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn which columns there are.

        Parameters
        ----------
        X : DataFrame, Series, DatetimeIndex, PeriodIndex, or whatever has such an index
            The time stamps; values are not looked at. Integers, and an index that only numbers
            rows, are stamps too, for features that need no dates. A long frame, with the columns
            unique_id and ds and no time index, has those in ds. None stands for the index of `y`.
        y : Series or DataFrame, optional

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If there are no time stamps, or some of them are missing.
        """
        with replaced_when_done(self) as new:
            new.validate_parameters()
            X = y if X is None else X
            new._is_long = (frame := as_long(X)) is not None
            index = rows_index(X) if frame is None else frame.stamps
            if len(index) == 0:
                raise ValueError("X has no rows: features of time are learned from time stamps")
            if index.hasnans:
                raise ValueError(f"X has no time stamp in row {int(index.isna().argmax())}")
            parts = {None: index} if frame is None else frame.parts()
            stamps = stamps_of(index).unique().sort_values()
            new.look_at({None: stamps}.items() if frame is None else parts.items())
            new.learn(stamps)
            new._grids = {key: _grid_of(part) for key, part in parts.items()}
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Make the columns.

        Parameters
        ----------
        X : as for `fit`, or int
            An int is a horizon, as a pipeline hands on what its `predict` was given: the rows of so
            many time steps after the last one of the fit.

        Returns
        -------
        columns : DataFrame
            With the index of X, or that of the steps ahead.

        Raises
        ------
        ValueError
            For stamps off the grid of the fit, where positions count; an int where there was no
            regular grid.
        """
        check_is_fitted(self)
        if is_single(X):
            return self._ahead(X)
        frame = as_long(X)
        if (frame is not None) != self._is_long:
            fitted, given = ("a long frame", "none") if self._is_long else ("no long frame", "one")
            raise ValueError(
                f"{type(self).__name__} was fitted to {fitted}, with columns unique_id and ds, "
                f"and X is {given}"
            )
        if frame is None:
            index = rows_index(X)
            return self._frame(index, index, self._positions(None, index))
        positions = np.zeros(len(frame.stamps), dtype=np.int64)
        if self.uses_positions:
            for key, rows in frame.rows().items():
                positions[rows] = self._positions(key, frame.stamps[rows])
        return self._frame(frame.stamps, frame.index, positions)

    def fit_transform(self, X: Any, y: Any = None) -> pd.DataFrame:
        """Fit, and make the columns of the same rows.

        Parameters
        ----------
        X, y
            As for `fit`: in a pipeline `fit(None, y)` takes the time stamps of `y`.

        Returns
        -------
        columns : DataFrame
        """
        return self.fit(X, y).transform(y if X is None else X)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        names : (n_features,) array of str
        """
        check_is_fitted(self)
        return np.array(self.feature_names_, dtype=object)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of the columns, as a union of transformers asks for.

        Parameters
        ----------
        transform : {"default", "pandas"} or None
            It is a DataFrame in any case.

        Returns
        -------
        self
        """
        if transform not in (None, "default", "pandas"):
            raise InvalidParameterError(
                f"transform must be 'default' or 'pandas', for columns have the time stamps of "
                f"their rows as an index, got {transform!r}"
            )
        return self

    def __sklearn_tags__(self):
        """Tell scikit-learn what to expect: no arrays, but what has time stamps."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        tags.requires_fit = True
        tags._skip_test = True
        return tags

    def _ahead(self, horizon: Any) -> pd.DataFrame:
        horizon = check_count("X", horizon)
        if self._is_long:
            raise ValueError(
                f"{type(self).__name__} was fitted to a long frame: pass the rows of the time "
                "steps ahead, with unique_id and ds"
            )
        grid = self._grids[None]
        if isinstance(grid, IrregularIndexError):
            raise ValueError(f"X={horizon} asks for time steps to go on with, but {grid}")
        n_seen = len(grid.index)
        index = grid.stamps(n_seen, n_seen + horizon)
        return self._frame(index, index, np.arange(n_seen, n_seen + horizon))

    def _positions(self, key: Any, index: pd.Index) -> np.ndarray:
        if not self.uses_positions:
            return np.zeros(len(index), dtype=np.int64)
        if key not in self._grids:
            raise ValueError(f"X has the series {key!r}, which {type(self).__name__} never saw")
        grid = self._grids[key]
        if isinstance(grid, IrregularIndexError):
            raise ValueError(f"{type(self).__name__} counts time steps, but {grid}")
        if not grid.has_stamps and not is_time_index(index):
            return index.to_numpy(np.int64)
        return grid.positions(index)

    def _frame(self, stamps: pd.Index, index: pd.Index, positions: np.ndarray) -> pd.DataFrame:
        columns = self.columns_at(stamps_of(stamps), positions)
        return pd.DataFrame(columns, index=index, columns=self.get_feature_names_out())


def _grid_of(index: pd.Index) -> TimeGrid | IrregularIndexError:
    """Find the grid of a series by its stamps, or the reason why it has none."""
    try:
        return TimeGrid.from_index(index, len(index))
    except IrregularIndexError as error:
        return error.with_traceback(None)
