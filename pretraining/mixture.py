"""The synthetic series that the network is trained on: which, and how much of them is read.

Series come in rounds of some thousands, each with its own seed: whoever asks for round k has the
same series to the last bit, whatever was asked before. So training can be taken up anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsrnn._input.ragged import offsets_of
from tsrnn.causal.readings import SeriesBatch, Stretches
from tsrnn.synthetic import FREQUENCIES, SeriesStream

# Frequencies that a network is told of; none of them is said where it is unknown.
TOLD = FREQUENCIES[:-1]


@dataclass(frozen=True)
class Kind:
    """Series of one frequency.

    Attributes
    ----------
    share : float
        Of all series.
    frequency : str
    period : int
    lengths : (int, int)
        Shortest and longest, targets after the last step that is read included.
    """

    share: float
    frequency: str
    period: int
    lengths: tuple[int, int]


# Lengths as series of the kind have them, but cut where more of them would take most of the time.
KINDS = (
    Kind(0.22, "yearly", 1, (10, 90)),
    Kind(0.17, "quarterly", 4, (16, 130)),
    Kind(0.01, "quarterly", 1, (8, 40)),
    Kind(0.25, "monthly", 12, (24, 180)),
    Kind(0.02, "monthly", 1, (8, 60)),
    Kind(0.05, "weekly", 52, (90, 320)),
    Kind(0.06, "weekly", 1, (30, 260)),
    Kind(0.04, "daily", 7, (30, 220)),
    Kind(0.01, "daily", 5, (30, 220)),
    Kind(0.02, "daily", 1, (30, 220)),
    Kind(0.07, "hourly", 24, (72, 280)),
    Kind(0.06, "unknown", 1, (10, 160)),
    Kind(0.02, "unknown", 6, (12, 120)),
)


@dataclass(frozen=True)
class Mixture:
    """Rounds of synthetic series.

    Attributes
    ----------
    seed : int
    size : int
        Series of a round, about.
    horizon : int
        Steps ahead that the network says.
    untold : float
        The share of series of a known frequency that it is not told of.
    gaps : float
        The share of missing values, in the tenth of all rounds that have any.
    kinds : tuple of Kind
    """

    seed: int
    size: int
    horizon: int
    untold: float = 0.25
    gaps: float = 0.05
    kinds: tuple[Kind, ...] = KINDS

    def round(self, k: int) -> Stretches:
        """Return the series of a round, in an order drawn at random."""
        random = np.random.default_rng([self.seed, k])
        missing = self.gaps if random.random() < 0.1 else 0.0
        chunks = [
            SeriesStream(
                kind.lengths,
                {(kind.frequency, kind.period): 1.0},
                seed=self.seed * 1000 + i,
                missing=missing,
                chunk_size=max(1, round(kind.share * self.size)),
                dtype=np.float64,
            ).chunk(k)
            for i, kind in enumerate(self.kinds)
        ]
        values = np.concatenate([rows for chunk in chunks for rows in chunk.series()])
        lengths = np.concatenate([chunk.lengths for chunk in chunks])
        periods = np.concatenate([chunk.periods for chunk in chunks])
        told = told_of(np.concatenate([chunk.frequencies for chunk in chunks]))
        told[random.random(len(told)) < self.untold] = 0.0
        # The last values are targets alone: what is read there would train few steps ahead.
        tails = np.clip(lengths // 4, 2, self.horizon // 2)
        offsets = offsets_of(lengths)
        order = random.permutation(len(lengths))
        return Stretches(
            values,
            offsets[:-1][order],
            (offsets[1:] - tails)[order],
            offsets[1:][order],
            periods[order],
            told[order],
        )


def told_of(frequencies: np.ndarray) -> np.ndarray:
    """Return what is read of the frequency of each series, (n, 6), given positions (n,)."""
    return (frequencies[:, None] == np.arange(len(TOLD))).astype(float)


def some_of(stretches: Stretches, chosen: np.ndarray) -> Stretches:
    """Return some of the stretches."""
    return Stretches(
        stretches.values,
        stretches.starts[chosen],
        stretches.stops[chosen],
        stretches.limits[chosen],
        stretches.periods[chosen],
        stretches.static[chosen],
    )


def as_batch(series: list[np.ndarray], period: int, frequency: str) -> SeriesBatch:
    """Return real series of one frequency as the network reads them."""
    told = told_of(np.full(len(series), FREQUENCIES.index(frequency)))
    return SeriesBatch.of(series, period, told)
