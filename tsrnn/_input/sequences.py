"""Sequences of unequal lengths, one after the other, and how they and their targets are read.

What users pass is of one of these kinds, and an estimator remembers which it was fitted on:

- a matrix, (n_samples, T): an array or frame of two dimensions. T is fixed, as scikit-learn's
  number of features is: `n_features_in_` = T;
- sequences: an array of three dimensions, or a list, tuple, Series, Index or array of objects, each
  a sequence: an array, Series, DataFrame or list, (T_i,) or (T_i, p). Lengths are free, whatever
  they happen to be in the data at hand, and `n_features_in_` = p;
- a list of plain lists that are equally long, as `array.tolist()` gives: sequences of free lengths
  like those above, but a matrix that follows it must have as many columns, `n_features_in_` = T.

Which sequences are accepted hangs on types alone: a list holds sequences even where all are of one
length, for what a model accepts later must not hang on a chance of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, check_consistent_length, validate_data

from tsrnn._input.nested import as_array, as_items, makes_array, read_items, refuse_not_finite
from tsrnn._input.ragged import offsets_of, rows_between

_MATRIX, _SEQUENCES, _LISTS = "matrix", "sequences", "lists"


@dataclass(frozen=True)
class Sequences:
    """Sequence i is `values[offsets[i]:offsets[i + 1]]`.

    Attributes
    ----------
    values : (R, p) array, float32 or float64
        All steps, C-contiguous; perhaps what the user passed, so not to be written to.
    offsets : (N + 1,) int64 array
    is_stacked : bool
        Whether they came as one array of numbers, so that what there is for each step goes out as
        one.
    """

    values: np.ndarray
    offsets: np.ndarray
    is_stacked: bool = False

    @property
    def n_sequences(self) -> int:
        """The number of sequences (N)."""
        return len(self.offsets) - 1

    @property
    def n_steps(self) -> int:
        """Steps of all of them (R)."""
        return len(self.values)

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each, (N,)."""
        return np.diff(self.offsets)

    @property
    def n_features(self) -> int:
        """Numbers a step (p)."""
        return self.values.shape[1]

    @property
    def dtype(self) -> np.dtype:
        """The type of the values."""
        return self.values.dtype

    def take(self, rows: np.ndarray) -> Sequences:
        """Return the sequences at some rows, in that order."""
        lengths = self.lengths[rows]
        steps = rows_between(self.offsets[:-1][rows], lengths)
        return Sequences(self.values[steps], offsets_of(lengths), self.is_stacked)

    def scaled(self, center: np.ndarray, spread: np.ndarray) -> Sequences:
        """Return (values - center) / spread, in the precision of the values."""
        scaled = np.empty_like(self.values)
        # Computed in the precision of center and spread, piece by piece: in float32 a center far
        # from 0 would be rounded by more than the values differ.
        np.subtract(self.values, center, out=scaled, casting="same_kind")
        np.divide(scaled, spread, out=scaled, casting="same_kind")
        return Sequences(scaled, self.offsets, self.is_stacked)


def read_sequences(estimator: BaseEstimator, X: Any, *, reset: bool, name: str = "X") -> Sequences:
    """Read X, at fit or after it.

    Parameters
    ----------
    estimator : BaseEstimator
        With `reset` it is given `n_features_in_`, `_sequence_kind` and, for frames,
        `feature_names_in_`; without, X is held against those it has.
    X : array-like or list of array-likes
        See the module's text.
    reset : bool
    name : str
        What to call X in an error.

    Returns
    -------
    sequences : Sequences
        float32 where all of X is, and float64 otherwise. Arrays are not copied where they are
        C-contiguous and of one of these types.

    Raises
    ------
    ValueError
        For shapes and values that are not accepted: the message says where.
    TypeError
        For what is no array of numbers at all: dates, dicts, sparse matrices.
    """
    items = as_items(X, name)
    if items is not None:
        values, lengths, has_columns = read_items(items, name)
        first = _first_with_names(items, values[: lengths[0]], name)
        kind = _SEQUENCES
        if reset and not has_columns and isinstance(X, list | tuple) and makes_array(items):
            kind, first = _LISTS, first.reshape(1, -1)
    else:
        array = _check_array(as_array(X, name), estimator, name, allow_nd=True)
        _refuse_dimensions(
            array,
            (2, 3),
            f"{name} must have shape (n_samples, n_steps) or (n_samples, n_steps, n_features)",
        )
        values, lengths = _stacked(array, name)
        kind, first = (_MATRIX, X) if array.ndim == 2 else (_SEQUENCES, array[0])
    sequences = Sequences(values, offsets_of(lengths), items is None)
    _check_fitted_kind(estimator, kind, first, sequences, reset, name)
    refuse_not_finite(values, lengths, name)
    return sequences


def _check_array(array: Any, estimator: BaseEstimator, name: str, **settings: Any) -> np.ndarray:
    """Have scikit-learn make floats of an array; whether they are finite is seen to elsewhere."""
    array = check_array(
        array,
        dtype=[np.float64, np.float32],
        order="C",
        ensure_all_finite=False,
        input_name=name,
        estimator=estimator,
        **settings,
    )
    return np.asarray(array)


def _refuse_dimensions(array: np.ndarray, accepted: tuple[int, ...], message: str) -> None:
    if array.ndim not in accepted:
        raise ValueError(f"{message}, got {array.ndim} dimensions: shape {array.shape}")


def _stacked(array: np.ndarray, name: str, what: str = "feature") -> tuple[np.ndarray, np.ndarray]:
    """Return the steps of an array of sequences, (R, p), and their lengths."""
    n_sequences, n_steps = array.shape[:2]
    if n_steps == 0:
        raise ValueError(f"{name}[0] has length 0: a sequence needs at least one step")
    if array.ndim == 3 and array.shape[2] == 0:
        raise ValueError(f"{name} has 0 {what}s: its shape is {array.shape}")
    values = array.reshape(n_sequences * n_steps, -1)
    return values, np.full(n_sequences, n_steps, dtype=np.int64)


def _first_with_names(items: Sequence, first: np.ndarray, name: str) -> Any:
    """Return a sequence with as many features as all, and with the names of frames' columns."""
    frames = [(i, item) for i, item in enumerate(items) if isinstance(item, pd.DataFrame)]
    if not frames:
        return first
    i_first, frame = frames[0]
    for i, other in frames:
        if not (other.columns is frame.columns or other.columns.equals(frame.columns)):
            raise ValueError(
                f"{name}[{i}] has columns {list(other.columns)}, but {name}[{i_first}] has "
                f"{list(frame.columns)}"
            )
    return frame


def _check_fitted_kind(
    estimator: BaseEstimator,
    kind: str,
    first: Any,
    sequences: Sequences,
    reset: bool,
    name: str,
) -> None:
    """Hold sequences against what the estimator was fitted on, or have it remember them."""
    own = type(estimator).__name__
    if reset:
        estimator._sequence_kind = kind
    elif kind == _MATRIX and estimator._sequence_kind == _SEQUENCES:
        # A row is a sequence of one feature, of any length.
        if estimator.n_features_in_ != 1:
            raise ValueError(
                f"{name} is a matrix, with one feature a step, but {own} is expecting "
                f"{estimator.n_features_in_} features a step: pass an array (n_samples, n_steps, "
                f"{estimator.n_features_in_}) or a list of (n_steps, {estimator.n_features_in_}) "
                "arrays"
            )
        return
    elif kind == _SEQUENCES and estimator._sequence_kind != _SEQUENCES:
        n_steps = estimator.n_features_in_
        what = "a matrix" if estimator._sequence_kind == _MATRIX else "lists"
        fitted = f"{own} was fitted on {what}, (n_samples, {n_steps}):"
        if sequences.n_features != 1:
            raise ValueError(
                f"{name} has {sequences.n_features} features a step, but {fitted} it is expecting "
                "one"
            )
        is_other = sequences.lengths != n_steps
        if is_other.any() and estimator._sequence_kind == _MATRIX:
            i = int(is_other.argmax())
            raise ValueError(
                f"{name}[{i}] has {sequences.lengths[i]} steps, but {fitted} it is expecting "
                f"{n_steps} features as input, a step each; for sequences of any length fit it on "
                "a list of arrays or on an array (n_samples, n_steps, 1)"
            )
        return
    # No more than the number of features and their names.
    validate_data(estimator, first, reset=reset, skip_check_array=True)


@dataclass(frozen=True)
class TargetLayout:
    """Layout of the targets that came, and so of the predictions that go out.

    Attributes
    ----------
    is_flat : bool
        Whether there was no axis for outputs.
    by_step : bool
        Whether there was one target for each step rather than for each sequence.
    """

    is_flat: bool
    by_step: bool

    def arranged(self, rows: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Give back one row for each sequence, or for each step of them.

        Parameters
        ----------
        rows : (N, m) or (R, m) array; (N,) or (R,) as well where targets were flat
        sequences : Sequences
            Those that are predicted for.

        Returns
        -------
        arranged : array
            (N,) or (N, m); by step (N, T) or (N, T, m) where the sequences came as one array, and
            otherwise an object array (N,) of arrays (T_i,) or (T_i, m), which NumPy, and so
            scikit-learn's cross-validation, can concatenate and index as it does numbers.
        """
        if self.is_flat:
            rows = rows.reshape(len(rows))
        if not self.by_step:
            return rows
        n = sequences.n_sequences
        if sequences.is_stacked:
            return rows.reshape(n, -1, *rows.shape[1:])
        arranged = np.empty(n, dtype=object)
        bounds = sequences.offsets.tolist()
        for i in range(n):
            arranged[i] = rows[bounds[i] : bounds[i + 1]]
        return arranged


def read_targets(
    estimator: BaseEstimator,
    y: Any,
    sequences: Sequences,
    *,
    return_sequences: bool,
    name: str = "y",
    may_be_missing: bool = False,
) -> tuple[np.ndarray, TargetLayout]:
    """Read the targets of a regressor.

    Parameters
    ----------
    estimator : BaseEstimator
        Named in errors.
    y : array-like, or list of array-likes with `return_sequences`
        (N,) or (N, m); with `return_sequences` (N, T) or (N, T, m), or a list of (T_i,) or
        (T_i, m) arrays, whichever way the sequences came.
    sequences : Sequences
    return_sequences : bool
        Whether there is one target for each step.
    name : str
        What to call y in an error.
    may_be_missing : bool
        Whether NaN is accepted.

    Returns
    -------
    targets : (N, m) or (R, m) array
        float32 where all of y is, and float64 otherwise; perhaps what the user passed.
    layout : TargetLayout

    Raises
    ------
    ValueError
        For shapes and values that are not accepted: the message says where.
    TypeError
        For what is no array of numbers at all.
    """
    _require(estimator, y)
    items = as_items(y, name)
    if not return_sequences:
        if items is not None and not makes_array(items):
            raise ValueError(
                f"{name} must have one target a sequence, (n_samples,) or (n_samples, n_outputs), "
                "got a list of sequences; one target a step needs return_sequences=True"
            )
        array = as_array(y if items is None else items, name, "output")
        array = _check_array(array, estimator, name, ensure_2d=False)
        check_consistent_length(sequences.lengths, array)
        targets = array.reshape(len(array), -1)
        _refuse_not_finite_rows(targets, name, may_be_missing)
        return targets, TargetLayout(array.ndim == 1, False)
    if items is not None:
        targets, lengths, has_outputs = read_items(items, name, "output")
    else:
        array = _check_array(
            as_array(y, name, "output"), estimator, name, ensure_2d=False, allow_nd=True
        )
        _refuse_dimensions(array, (2, 3), _by_step_accepts(name))
        targets, lengths = _stacked(array, name, "output")
        has_outputs = array.ndim == 3
    _check_lengths(lengths, sequences, name)
    refuse_not_finite(targets, lengths, name, "output", may_be_missing=may_be_missing)
    return targets, TargetLayout(not has_outputs, True)


def read_step_labels(
    estimator: BaseEstimator, y: Any, sequences: Sequences, *, name: str = "y"
) -> np.ndarray:
    """Read the labels of a classifier with one for each step.

    Parameters
    ----------
    estimator, sequences, name
        As for `read_targets`.
    y : array-like or list of array-likes
        (N, T), or a list of (T_i,): numbers or strings.

    Returns
    -------
    labels : (R,) array
        `TargetLayout(True, True)` gives them back.

    Raises
    ------
    ValueError
        For another shape, and where a label is missing.
    """
    _require(estimator, y)
    items = as_items(y, name)
    if items is None:
        array = np.asarray(y)
        _refuse_dimensions(array, (2,), _by_step_accepts(name))
        refuse_missing_labels(y, name)
        labels, lengths = array.reshape(-1), np.full(len(array), array.shape[1])
    else:
        for i, item in enumerate(items):
            refuse_missing_labels(item, f"{name}[{i}]", by_step=True)
        arrays = [np.asarray(item) for item in items]
        for i, array in enumerate(arrays):
            _refuse_dimensions(array, (1,), f"{name}[{i}] must have shape (n_steps,)")
        if len({array.dtype.kind in "US" for array in arrays}) > 1:
            raise ValueError(f"{name} must have labels of one type, got numbers and strings")
        labels = np.concatenate(arrays)
        lengths = np.fromiter(map(len, arrays), np.int64, len(arrays))
    _check_lengths(lengths, sequences, name)
    return labels


def refuse_missing_labels(labels: Any, name: str, *, by_step: bool = False) -> None:
    """Refuse labels one of which is missing: NaN, None, pd.NA, NaT, or masked.

    Parameters
    ----------
    labels : array-like
        One a sequence, or a row of them for each; with `by_step` those of one sequence.
    name : str
        What to call them in an error.
    by_step : bool

    Raises
    ------
    ValueError
        Naming the place.
    """
    masked = isinstance(labels, np.ma.MaskedArray)
    if isinstance(labels, list | tuple):  # of which numpy might make words, "nan" among them
        labels = pd.Series(labels, dtype=object)
    is_missing = np.ma.getmaskarray(labels) if masked else np.asarray(pd.isna(labels))
    if not is_missing.any():
        return
    i, *steps = np.argwhere(is_missing)[0].tolist() if is_missing.ndim else [0]
    if by_step:
        steps = [i]
    else:
        name = f"{name}[{i}]"
    at = f" at step {steps[0]}" if steps else ""
    what = "a masked value" if masked else _missing(labels, is_missing)
    raise ValueError(f"{name} contains {what}{at}: a label is missing")


def _missing(labels: Any, is_missing: np.ndarray) -> str:
    """Return the first of what is missing, as its users write it."""
    found = np.asarray(labels, dtype=object)[is_missing][0]
    return "NaN" if isinstance(found, float | np.floating) else str(found)


def _require(estimator: BaseEstimator, y: Any) -> None:
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None"
        )


def _by_step_accepts(name: str) -> str:
    return (
        f"with return_sequences=True {name} must have a target for each step, (n_samples, n_steps) "
        "or (n_samples, n_steps, n_outputs), or be a list of arrays"
    )


def _check_lengths(lengths: np.ndarray, sequences: Sequences, name: str) -> None:
    """Refuse targets by step that are not as many as the steps."""
    check_consistent_length(sequences.lengths, lengths)
    is_other = lengths != sequences.lengths
    if is_other.any():
        i = int(is_other.argmax())
        raise ValueError(
            f"{name}[{i}] has {lengths[i]} targets, but sequence {i} has "
            f"{sequences.lengths[i]} steps"
        )


def _refuse_not_finite_rows(targets: np.ndarray, name: str, may_be_missing: bool) -> None:
    is_wrong = np.isinf(targets) if may_be_missing else ~np.isfinite(targets)
    if is_wrong.any():
        i, output = divmod(int(is_wrong.argmax()), targets.shape[1])
        found = "NaN" if np.isnan(targets[i, output]) else "infinity"
        where = f", output {output}" if targets.shape[1] > 1 else ""
        raise ValueError(f"{name}[{i}] contains {found}{where}: it must be finite numbers")
