"""Levels and units in which a network of many series reads a window and says what follows it.

With w_1 .. w_T the values of a window, b its level and u its unit, the network reads x and its
outputs o are forecasts b + u o. The level is the last value, w_T, or of series with a season the
mean of the last season. In units of "ratio", of series that are positive,

    u = |b|,   x_t = 2 clip(log(max(w_t, u / 50) / u), -4, 4),                              (1)

and in those of "std"

    u = max(standard deviation of the last two seasons, or of the window, c / 2),
    x_t = clip((w_t - b) / u, -8, 8),                                                       (2)

with c the mean change of the series, which is also what u is at least in (1), lest a value near
zero, or a calm stretch, should make an ordinary change a huge one. Outputs are not bounded, and
b + b o may be anything where b is far from all other values of a window; what is said in ratios of
values of which none is negative is therefore 0 at least. A series that is constant, as
long as its windows are, has no unit: what is read of it is 0, and what is said is its level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# The least value that a logarithm is taken of, in levels, and the largest of these logarithms.
_LEAST_RATIO, _LARGEST_LOG = 0.02, 4.0

# The largest distance from the level that is read, in units.
_LARGEST = 8.0

# What a unit of "std" is at least, in mean changes of the series.
_LEAST_UNIT = 0.5


@dataclass(frozen=True)
class Reading:
    """A way to read windows.

    Attributes
    ----------
    units : {"ratio", "std"}
    center : {"last", "season"}
        The level: the last value, or the mean of the last season.
    period : int
    """

    units: str
    center: str
    period: int

    @property
    def n_level(self) -> int:
        """Values at the end of a window whose mean is its level."""
        return self.period if self.center == "season" else 1

    def level_and_unit(
        self, windows: np.ndarray, change: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return b and u of windows (n, T) of series with these mean changes, (n,) each."""
        is_seasonal = self.center == "season"
        level = windows[:, -self.period :].mean(axis=1) if is_seasonal else windows[:, -1].copy()
        if self.units == "ratio":
            unit = np.maximum(np.abs(level), change)
        else:
            n_steps = 2 * self.period if self.period > 1 else windows.shape[1]
            unit = np.maximum(windows[:, -n_steps:].std(axis=1), _LEAST_UNIT * change)
        calm = np.flatnonzero(change == 0.0)
        alike = calm[np.ptp(windows[calm], axis=1) == 0.0]
        level[alike], unit[alike] = windows[alike, -1], 0.0  # without the rounding of means
        return level, unit

    def below_zero(self, points: np.ndarray, windows: np.ndarray) -> np.ndarray:
        """Return how far points lie below 0, where ratios of what was seen cannot; 0 elsewhere.

        Parameters
        ----------
        points : (n, H) array
        windows : (n, T) array
            As they are forecast, with their seasons.
        """
        if self.units != "ratio":
            return np.zeros_like(points)
        is_bounded = windows.min(axis=1) >= 0.0
        return np.where(is_bounded[:, None], np.maximum(-points, 0.0), 0.0)

    def inputs(self, windows: np.ndarray, level: np.ndarray, unit: np.ndarray) -> np.ndarray:
        """Return x of windows (n, T), by (1) or (2), in single precision."""
        has_unit = unit > 0.0
        unit = np.where(has_unit, unit, 1.0)[:, None]
        if self.units == "ratio":
            shares = np.maximum(windows / unit, _LEAST_RATIO)
            x = 2.0 * np.clip(np.log(shares), -_LARGEST_LOG, _LARGEST_LOG)
        else:
            x = np.clip((windows - level[:, None]) / unit, -_LARGEST, _LARGEST)
        return np.where(has_unit[:, None], x, 0.0).astype(np.float32)
