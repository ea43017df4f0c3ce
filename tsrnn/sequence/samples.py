"""Samples, that is sequences with targets and weights: merged, split, weighed, standardised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tsrnn._input.ragged import counted, rows_between
from tsrnn._input.sequences import Sequences

# Numbers that are worked on at a time, in double precision: at little memory.
_NUMBERS_AT_A_TIME = 2**17


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
    """

    sequences: Sequences
    targets: np.ndarray
    weights: np.ndarray
    by_step: bool

    @property
    def target_weights(self) -> np.ndarray:
        """The weight of each target."""
        return self.step_weights if self.by_step else self.weights

    @property
    def step_weights(self) -> np.ndarray:
        """The weight of each step: that of its sequence."""
        return np.repeat(self.weights, self.sequences.lengths)

    def take(self, rows: np.ndarray) -> Samples:
        """Return the samples at some rows, in that order."""
        offsets, lengths = self.sequences.offsets, self.sequences.lengths
        which = rows_between(offsets[rows], lengths[rows]) if self.by_step else rows
        return Samples(
            self.sequences.take(rows), self.targets[which], self.weights[rows], self.by_step
        )


def without_weightless(samples: Samples) -> Samples:
    """Leave out the sequences whose weight is zero, which say nothing."""
    if samples.weights.all():
        return samples
    return samples.take(np.flatnonzero(samples.weights))


def merged(samples: Samples, targets: np.ndarray) -> Samples:
    """Make one of sequences that are the same, targets and all, and order them by what they hold.

    So repeating a sequence is weighting it, and the order of samples is of no account: not to the
    last bit, though rounding grows like anything else in the course of training. And no sequence is
    both trained on and validated on.

    Parameters
    ----------
    samples : Samples
    targets : (N, ..) or (R, ..) array of numbers
        The targets as such.
    """
    sequences, weights = samples.sequences, samples.weights
    offsets = sequences.offsets
    of_targets = offsets if samples.by_step else np.arange(sequences.n_sequences + 1)
    values, targets = (array.reshape(len(array), -1) for array in (sequences.values, targets))
    prints = _fingerprints(values, offsets, 1) ^ _fingerprints(targets, of_targets, 2)
    # By numbers as far as they tell sequences apart: their order does not hang on units.
    first, last = (_at_ends(values, offsets, end) for end in (0, -1))
    order = np.lexsort((prints, _at_ends(targets, of_targets, -1), last, first))
    is_first = np.ones(len(order), dtype=bool)
    for k in np.flatnonzero(prints[order[1:]] == prints[order[:-1]]):
        one, other = (slice(*offsets[i : i + 2]) for i in order[k : k + 2])
        of_one, of_other = (slice(*of_targets[i : i + 2]) for i in order[k : k + 2])
        is_first[k + 1] = not (
            np.array_equal(values[one], values[other])
            and np.array_equal(targets[of_one], targets[of_other])
        )
    totals = np.add.reduceat(weights[order], np.flatnonzero(is_first))
    return replace(samples.take(order[is_first]), weights=totals)


def _at_ends(values: np.ndarray, offsets: np.ndarray, end: int) -> np.ndarray:
    """Return the first or the last number of each stretch of rows, 0 of an empty one."""
    starts, ends = offsets[:-1], offsets[1:]
    found = np.zeros(len(starts), values.dtype)
    is_there = ends > starts
    found[is_there] = values[(starts if end == 0 else ends - 1)[is_there], end]
    return found


def _fingerprints(values: np.ndarray, offsets: np.ndarray, seed: int) -> np.ndarray:
    """Return a number for each stretch of rows that is all but surely another for other rows."""
    bits = values.view(f"u{values.dtype.itemsize}")
    columns = np.arange(bits.shape[1], dtype=np.uint64)
    prints = np.zeros(len(offsets) - 1, dtype=np.uint64)
    n, n_rows = 0, max(1, _NUMBERS_AT_A_TIME // max(1, len(columns)))
    while n < len(prints):
        # As many stretches as fit.
        end = max(n + 1, int(np.searchsorted(offsets, offsets[n] + n_rows, "right")) - 1)
        lengths = np.diff(offsets[n : end + 1])
        _, place = counted(lengths)
        place = place.astype(np.uint64)[:, None] * np.uint64(len(columns)) + columns
        of_rows = bits[offsets[n] : offsets[end]] ^ _mixed(place + np.uint64(seed << 48))
        # Differences of sums that wrap around are the sums of stretches, empty ones too.
        sums = np.zeros(len(of_rows) + 1, dtype=np.uint64)
        np.cumsum(_mixed(of_rows).sum(axis=1), out=sums[1:])
        prints[n:end] = np.diff(sums[offsets[n : end + 1] - offsets[n]])
        n = end
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
            f"at least in training and in validation, but n_samples={n}"
            + (f", of which {n_rarest} in the rarest class" if n_labels > 1 else "")
            + ": pass X_val and y_val, or set early_stopping=False"
        )
    kept, held_out = train_test_split(
        np.arange(n), test_size=n_validation, random_state=random_state, stratify=labels
    )
    return samples.take(np.sort(kept)), samples.take(np.sort(held_out))


def center_and_spread(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted mean and standard deviation of each column; a constant's is 1.

    Parameters
    ----------
    values : (R, p) array
        Finite.
    weights : (R,) array

    Returns
    -------
    center, spread : (p,) float64 arrays
    """
    # So that squares neither overflow nor vanish.
    unit = np.abs(values).max(axis=0).astype(float)
    unit[unit == 0.0] = 1.0
    total = float(weights.sum())
    n_rows = max(1, _NUMBERS_AT_A_TIME // values.shape[1])

    def mean(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return (
            sum(
                weights[start : start + n_rows] @ of(values[start : start + n_rows] / unit)
                for start in range(0, len(values), n_rows)
            )
            / total
        )

    center = mean(lambda scaled: scaled)
    spread = np.sqrt(mean(lambda scaled: (scaled - center) ** 2))
    # What a constant leaves is the rounding of its mean, and that of its values.
    rounding = np.finfo(values.dtype).eps * np.abs(center)
    is_constant = spread <= 8.0 * rounding
    return center * unit, np.where(is_constant, 1.0, spread * unit)


def refuse_beyond(values: np.ndarray, dtype: np.dtype, name: str) -> None:
    """Refuse numbers that overflow in the precision that is computed in.

    Raises
    ------
    ValueError
    """
    if dtype == np.float32 and np.abs(values).max(initial=0.0) > np.finfo(np.float32).max:
        raise ValueError(f"{name} has values beyond the range of float32, which X is in")


def check_weights(weights: Any, n_sequences: int, dtype: np.dtype, name: str) -> np.ndarray:
    """Return the weight of each sequence, ones from None.

    Raises
    ------
    ValueError
        For another shape, for what is negative or not finite, or where all are zero.
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
    return weights.astype(dtype)
