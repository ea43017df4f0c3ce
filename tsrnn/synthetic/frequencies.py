"""Frequencies of series, and what is known of each before a series is seen.

The numbers were tuned by hand until the series that come of them have the statistics of the
training parts of the M3 and M4 competitions (`benchmarks/synthetic_statistics.py` prints both);
there are no public series of the finer frequencies among these but weekly and hourly ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# "unknown" has no priors of its own: each of its series follows those of another frequency.
FREQUENCIES = ("yearly", "quarterly", "monthly", "weekly", "daily", "hourly", "unknown")
UNKNOWN = FREQUENCIES.index("unknown")

# Periods that tell of a frequency, and the usual one of each.
_OF_PERIOD = {4: "quarterly", 12: "monthly", 52: "weekly", 7: "daily", 5: "daily"}
_OF_PERIOD |= dict.fromkeys((24, 48, 96, 168), "hourly")
USUAL_PERIODS = dict(zip(FREQUENCIES, (1, 4, 12, 52, 7, 24, 1), strict=True))


# That a season may have, in steps: a model with one has a state for each of its steps.
LONGEST_PERIOD = 10_000


def frequency_of(period: int) -> str:
    """Return the frequency that a period tells of; 1 and others tell of none."""
    return _OF_PERIOD.get(period, "unknown")


class Prior(NamedTuple):
    """A number by frequency, in the order of FREQUENCIES but the unknown."""

    yearly: float
    quarterly: float
    monthly: float
    weekly: float
    daily: float
    hourly: float

    @property
    def by_frequency(self) -> np.ndarray:
        """The numbers, (6,)."""
        return np.array(self)


# The standard deviation of a drift, in standard deviations of the change of a step.
DRIFT = Prior(1.3, 0.45, 0.12, 0.05, 0.04, 0.02)

# How many walks and smoothing models have a drift, and how many drifts and curves lead upward.
DRIFTING = Prior(0.8, 0.65, 0.5, 0.4, 0.4, 0.3)
RISING = Prior(0.85, 0.75, 0.65, 0.6, 0.6, 0.5)

# The median of the noise on a path, in mean changes of the path, and how many paths have any.
NOISE = Prior(0.3, 0.5, 1.6, 0.4, 0.3, 0.25)
NOISY = Prior(0.2, 0.4, 0.8, 0.55, 0.5, 0.35)

# log10 of the mean change as a share of the level: its mean and standard deviation.
CHANGE = Prior(-1.03, -1.35, -1.12, -1.55, -1.8, -1.7)
CHANGE_SPREAD = Prior(0.32, 0.42, 0.65, 0.5, 0.5, 0.6)

# How many series have a season, where there is a period; the median of its standard deviation, in
# mean changes without it, and the standard deviation of the logarithm.
SEASONAL = Prior(0.3, 0.4, 0.55, 0.5, 0.7, 0.97)
SEASON = Prior(1.0, 1.0, 1.0, 1.2, 1.0, 8.0)
SEASON_SPREAD = Prior(0.8, 1.0, 0.9, 0.8, 0.8, 0.8)

# alpha of smoothing models follows a beta distribution with these.
ALPHA_A = Prior(4.0, 1.8, 0.9, 1.8, 2.0, 1.8)
ALPHA_B = Prior(0.5, 0.8, 1.8, 0.6, 0.6, 0.7)

# How many trends have a break, on the average, and how many paths a sudden level shift.
BREAKS = Prior(0.8, 1.5, 2.5, 4.0, 4.0, 2.0)
SHIFTED = Prior(0.08, 0.08, 0.1, 0.1, 0.1, 0.05)

# How many series have heavy-tailed shocks, and how heavy they are at most (h of Tukey's).
HEAVY = Prior(0.6, 0.65, 0.5, 0.75, 0.7, 0.5)
HEAVIEST = Prior(0.3, 0.3, 0.3, 0.4, 0.4, 0.3)
