"""Samples, that is sequences with targets and weights: merged, split, weighed, standardised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import counted, offsets_of, rows_between
from tsrnn._input.sequences import Sequences
from tsrnn._optim.units import NUMBERS_AT_A_TIME


@dataclass(frozen=True)
class Samples:
    """Sequences with their targets and weights.

    Attributes
    ----------
    sequences : Sequences
    targets : (N, ..) array, or (R, ..) with one target a step
    weights : (N,) array
    by_step : bool
        Whether there is one target a step.
    kinds : (N,) int array, or None where nobody has looked
        Which samples are the same, targets and all: they have the same number, and stand together.
    n_before : int or None
        How many there were before those that are the same were made one.
    """

    sequences: Sequences
    targets: np.ndarray
    weights: np.ndarray
    by_step: bool
    kinds: Any = None
    n_before: int | None = None

    @property
    def n_samples(self) -> int:
        """The number of samples, those that were made one counted each."""
        return self.sequences.n_sequences if self.n_before is None else self.n_before

    @property
    def target_weights(self) -> np.ndarray:
        """The weight of each target."""
        return self.step_weights if self.by_step else self.weights

    @property
    def step_weights(self) -> np.ndarray:
        """The weight of each step: that of its sequence."""
        return np.repeat(self.weights, self.sequences.lengths)

    def targets_of(self, rows: np.ndarray) -> np.ndarray:
        """Return where the targets of the samples at some rows are, in that order."""
        offsets, lengths = self.sequences.offsets, self.sequences.lengths
        return rows_between(offsets[rows], lengths[rows]) if self.by_step else rows

    def take(self, rows: np.ndarray) -> Samples:
        """Return the samples at some rows, in that order."""
        return Samples(
            self.sequences.take(rows),
            self.targets[self.targets_of(rows)],
            self.weights[rows],
            self.by_step,
            None if self.kinds is None else self.kinds[rows],
        )


def without_weightless(samples: Samples) -> Samples:
    """Leave out the sequences whose weight is zero, which say nothing."""
    if samples.weights.all():
        return samples
    return samples.take(np.flatnonzero(samples.weights))


def in_order(samples: Samples, targets: np.ndarray) -> Samples:
    """Order samples by what they hold, and number them by it.

    So the order in which they came is of no account: not to the last bit, though rounding grows
    like anything else in the course of training.

    Parameters
    ----------
    samples : Samples
    targets : (N, ..) or (R, ..) array of numbers
        The targets as such.
    """
    offsets = samples.sequences.offsets
    of_targets = offsets if samples.by_step else np.arange(samples.sequences.n_sequences + 1)
    values, targets = _columns_of(samples.sequences.values), _columns_of(targets)
    # By numbers as far as they tell sequences apart: their order does not hang on units.
    keys = [_at_ends(targets, of_targets, -1)]
    keys += [_at_ends(values, offsets, end) for end in (-1, 0)]
    order = np.lexsort(keys)
    is_tied = _same_as_before(keys, order)
    if is_tied.any():
        prints = _fingerprints(values, offsets, 1) ^ _fingerprints(targets, of_targets, 2)
        order = np.lexsort([samples.weights, prints, *keys])
        is_tied = _same_as_before([prints, samples.sequences.lengths], order)
    ordered = samples.take(order)
    tied = np.flatnonzero(is_tied)
    if tied.size:
        sequences, targets = ordered.sequences, targets[samples.targets_of(order)]
        offsets = sequences.offsets
        is_tied[tied] = _repeats(_columns_of(sequences.values), offsets, tied)
        is_tied[tied] &= _repeats(targets, offsets if samples.by_step else of_targets, tied)
    return replace(ordered, kinds=np.cumsum(~is_tied))


def merged(samples: Samples) -> Samples:
    """Make one of samples in order that are the same, with the sum of their weights."""
    starts = np.flatnonzero(np.diff(samples.kinds, prepend=-1))
    if len(starts) == len(samples.kinds):
        return samples
    totals = np.add.reduceat(samples.weights, starts, dtype=float)
    totals = totals.astype(samples.weights.dtype)
    return replace(samples.take(starts), weights=totals, n_before=len(samples.kinds))


def _columns_of(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)


def _at_ends(values: np.ndarray, offsets: np.ndarray, end: int) -> np.ndarray:
    """Return the first or the last number of each stretch of rows, 0 of an empty one."""
    starts, ends = offsets[:-1], offsets[1:]
    found = np.zeros(len(starts), values.dtype)
    is_there = ends > starts
    found[is_there] = values[(starts if end == 0 else ends - 1)[is_there], end]
    return found


def _same_as_before(keys: list[np.ndarray], order: np.ndarray) -> np.ndarray:
    """Tell for each place in an order whether its keys are all those of the place before."""
    is_same = np.ones(len(order), dtype=bool)
    is_same[:1] = False
    for key in keys:
        is_same[1:] &= key[order[1:]] == key[order[:-1]]
    return is_same


def _repeats(values: np.ndarray, offsets: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Tell which of some stretches hold what the stretch before does, which is as long."""
    lengths = np.diff(offsets)[which]
    is_same = np.empty(len(which), dtype=bool)
    for piece in _pieces(offsets_of(lengths), values.shape[1]):
        here, before = (
            rows_between(offsets[stretches], lengths[piece])
            for stretches in (which[piece], which[piece] - 1)
        )
        differs = (values[here] != values[before]).any(axis=1)
        counts = offsets_of(differs)[offsets_of(lengths[piece])]
        is_same[piece] = np.diff(counts) == 0
    return is_same


def _pieces(offsets: np.ndarray, n_columns: int) -> Iterator[slice]:
    """Yield as many stretches at a time as are worked on at a time."""
    n, n_rows = 0, max(1, NUMBERS_AT_A_TIME // max(1, n_columns))
    while n < len(offsets) - 1:
        end = max(n + 1, int(np.searchsorted(offsets, offsets[n] + n_rows, "right")) - 1)
        yield slice(n, end)
        n = end


def _fingerprints(values: np.ndarray, offsets: np.ndarray, seed: int) -> np.ndarray:
    """Return a number for each stretch of rows that is all but surely another for other rows."""
    bits = values.view(f"u{values.dtype.itemsize}")
    columns = np.arange(bits.shape[1], dtype=np.uint64)
    prints = np.zeros(len(offsets) - 1, dtype=np.uint64)
    for piece in _pieces(offsets, len(columns)):
        bounds = offsets[piece.start : piece.stop + 1]
        _, place = counted(np.diff(bounds))
        place = place.astype(np.uint64)[:, None] * np.uint64(len(columns)) + columns
        of_rows = bits[bounds[0] : bounds[-1]] ^ _mixed(place + np.uint64(seed << 48))
        # Differences of sums that wrap around are the sums of stretches, empty ones too.
        sums = np.zeros(len(of_rows) + 1, dtype=np.uint64)
        np.cumsum(_mixed(of_rows).sum(axis=1), out=sums[1:])
        prints[piece] = np.diff(sums[bounds - bounds[0]])
    return prints


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Scramble the bits of numbers: the last lines of SplitMix64 (Steele et al. 2014)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def split_off(
    samples: Samples,
    fraction: float,
    labels: np.ndarray | None,
    random_state: np.random.RandomState,
) -> tuple[Samples, Samples]:
    """Draw a part for validation, with as many of each label, where there are labels.

    Sequences are drawn, each with its weight; but one that outweighs what may be drawn is in both
    parts, its weight divided between them.

    Raises
    ------
    ValueError
        If there are too few sequences for it.
    """
    from sklearn.model_selection import train_test_split

    n = samples.sequences.n_sequences
    n_validation = int(np.ceil(fraction * n))
    n_labels = 1 if labels is None else len(np.unique(labels))
    n_rarest = n if labels is None else int(np.unique(labels, return_counts=True)[1].min())
    if n_rarest < 2 or min(n_validation, n - n_validation) < n_labels:
        least = "each class" if n_labels > 1 else "each part"
        raise ValueError(
            f"early_stopping with validation_fraction={fraction:g} needs one sequence of {least} "
            f"(and of weight above zero) at least in training and in validation, but n_samples={n}"
            + (f", of which {n_rarest} in the rarest class" if n_labels > 1 else "")
            + ": pass X_val and y_val, or set early_stopping=False"
        )
    kept, held_out = train_test_split(
        np.arange(n), test_size=n_validation, random_state=random_state, stratify=labels
    )
    share = n_validation / n
    in_both = np.flatnonzero(_outweighs(samples.weights, labels, share))
    parts = []
    for rows, factor in ((kept, 1.0 - share), (held_out, share)):
        weights = samples.weights.copy()
        weights[in_both] *= factor
        parts.append(replace(samples, weights=weights).take(np.union1d(rows, in_both)))
    return parts[0], parts[1]


def _outweighs(weights: np.ndarray, labels: np.ndarray | None, share: float) -> np.ndarray:
    """Tell which weights are more than twice those of a share of all, or of their label's."""
    of = np.zeros(len(weights), np.int64)
    if labels is not None:
        of = np.unique(labels, return_inverse=True)[1]
    counts = np.bincount(of)
    means = np.bincount(of, weights) / counts
    return weights > (2.0 * means * np.ceil(share * counts))[of]


def refuse_beyond(values: np.ndarray, dtype: np.dtype, name: str) -> None:
    """Refuse numbers that overflow in the precision that is computed in.

    Raises
    ------
    ValueError
    """
    largest = np.fmax.reduce(np.abs(values), axis=None, initial=0.0)  # NaN is missing
    if dtype == np.float32 and largest > np.finfo(np.float32).max:
        raise ValueError(f"{name} has values beyond the range of float32, which X is in")


def check_weights(weights: Any, n_sequences: int, dtype: np.dtype, name: str) -> np.ndarray:
    """Return the weight of each sequence, ones from None.

    Raises
    ------
    ValueError
        For another shape, for what is negative or not finite, where all are zero, or where the
        precision that is computed in has no such numbers.
    """
    from sklearn.utils import check_array

    if weights is None:
        return np.ones(n_sequences, dtype)
    weights = check_array(weights, ensure_2d=False, dtype=np.float64, input_name=name, copy=True)
    if weights.ndim == 0:
        weights = np.full(n_sequences, float(weights))
    if weights.shape != (n_sequences,):
        raise ValueError(
            f"{name} must have shape ({n_sequences},), a number for each sequence, got "
            f"{weights.shape}"
        )
    if weights.min() < 0.0:
        raise ValueError(f"{name} must not be negative, got {weights.min():g}")
    if not weights.any():
        raise ValueError(f"{name} is zero throughout: at least one weight must be positive")
    with np.errstate(over="ignore", under="ignore"):
        rounded = weights.astype(dtype)
        total = rounded.sum()
    if not 0.0 < total < np.inf:
        raise ValueError(
            f"{name} is beyond the range of {np.dtype(dtype)}, which X is in: from "
            f"{weights.min():g} to {weights.max():g}"
        )
    return rounded
