r"""Scales on which series are forecast: logarithms, powers, log odds, and the way back.

With bounds l and u, a unit g of each series and an exponent lambda of each,

    log      z = log(y - l)                                                             (1)
    boxcox   z = (((y - l) / g)^lambda - 1) / lambda,  its logarithm where lambda is 0  (2)
    sqrt     z = sqrt(y - l)                                                            (3)
    logit    z = log((y - l) / (u - y))                                                 (4)

The way back from z below what (2) and (3) reach is l. The unit, the geometric mean of y - l, makes
no difference to forecasts, and keeps digits where y is very small or large.

Source: Box and Cox, An analysis of transformations, JRSS B 26 (1964).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from scipy import special

from tsrnn._input.numbers import AnyFloat
from tsrnn._input.ragged import first_marked

Kind = Literal["log", "boxcox", "sqrt", "logit"]
KINDS = get_args(Kind)

Function: TypeAlias = Callable[[np.ndarray], Any]

# Places, between those asked for, at which a function of the user's is looked at.
_N_BETWEEN = 65

# By how much the way there and back may change a value, relative to the largest of its series.
_ROUNDING = 1e-6

# For means of what is carried back: the trapezoid rule, in deviations. Where these reach from one
# bound to the other it is far nearer than Gauss's rule, whose places are the farther apart there.
_PLACES = np.arange(-96, 97) / 8.0
_WEIGHTS = np.exp(-0.5 * _PLACES**2)
_WEIGHTS /= _WEIGHTS.sum()


@dataclass(frozen=True)
class Scale:
    """A scale for each of N series; arrays it is applied to have them along their last axis.

    Attributes
    ----------
    kind : {"log", "boxcox", "sqrt", "logit", "functions", None}
    lower, upper : float
        What values carried back lie within; perhaps infinite.
    exponent, unit : (N,) arrays
        Of (2); ones for others.
    falls : (N,) bool array
        Whether the scale falls where the series rises.
    reach : (2, N) array
        The smallest and the largest value on the scale that was seen in the fit; for functions.
    functions : tuple of two callables, or None
    """

    kind: str | None
    lower: float
    upper: float
    exponent: np.ndarray
    unit: np.ndarray
    falls: np.ndarray
    reach: np.ndarray
    functions: Any = None

    @classmethod
    def plain(
        cls, kind: Any, lower: AnyFloat | None, upper: AnyFloat | None, n_series: int
    ) -> Scale:
        """Return the scale of series of which nothing is known yet; bounds as users give them."""
        functions = None if kind is None or isinstance(kind, str) else tuple(kind)
        if functions is not None:
            kind = "functions"
        if lower is None:
            lower = 0.0 if kind in KINDS else -np.inf
        if upper is None:
            upper = 1.0 if kind == "logit" else np.inf
        ones = np.ones(n_series)
        falls, reach = np.zeros(n_series, dtype=bool), np.zeros((2, n_series))
        return cls(kind, float(lower), float(upper), ones, ones, falls, reach, functions)

    def take(self, series: np.ndarray) -> Scale:
        """Return the scales of the series at these positions."""
        return replace(
            self,
            exponent=self.exponent[series],
            unit=self.unit[series],
            falls=self.falls[series],
            reach=self.reach[:, series],
        )

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Carry values (.., N) to the scale: not finite where they have no place on it."""
        above = values - self.lower if self.kind in KINDS else values
        with np.errstate(all="ignore"):
            if self.kind == "log":
                return np.log(above)  # (1)
            if self.kind == "boxcox":
                return special.boxcox(above / self.unit, self.exponent)  # (2)
            if self.kind == "sqrt":
                return np.sqrt(above)  # (3)
            if self.kind == "logit":
                return np.log(above) - np.log(self.upper - values)  # (4)
        return values if self.functions is None else _elementwise(self.functions[0], values, "f")

    def backward(self, z: np.ndarray) -> np.ndarray:
        """Carry numbers (.., N) back from the scale, within the bounds."""
        return np.clip(self._unbounded(z), self.lower, self.upper)

    def spread(self, z: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Return half of the way between what lies a deviation below and above, carried back."""
        if self.kind is None:
            return deviation
        with np.errstate(invalid="ignore"):  # both may be infinite
            return 0.5 * np.abs(self.backward(z + deviation) - self.backward(z - deviation))

    def mean(self, z: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Return the mean of what normal numbers are carried back to."""
        deviation = np.nan_to_num(deviation)  # of too few values to tell: medians
        if self.kind == "log":
            return self._mean_of_logs(z, deviation)
        total = np.zeros_like(z)
        for place, weight in zip(_PLACES, _WEIGHTS, strict=True):
            total += weight * self.backward(z + place * deviation)
        return np.clip(total, self.lower, self.upper)  # which rounding may have left

    def _mean_of_logs(self, z: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Return the mean of lognormal numbers above the lower bound, cut off at the upper one."""
        mean = z + 0.5 * deviation**2
        if self.upper == np.inf:
            return self.backward(mean)
        most = np.log(self.upper - self.lower)
        with np.errstate(divide="ignore", invalid="ignore"):
            place = (most - z) / deviation
        place = np.where(deviation > 0.0, place, np.where(z < most, np.inf, -np.inf))
        below = np.exp(mean + special.log_ndtr(place - deviation))
        cut_off = (self.upper - self.lower) * special.ndtr(-place)
        return np.clip(self.lower + below + cut_off, self.lower, self.upper)

    def misfits(self, values: np.ndarray, offsets: np.ndarray) -> dict[int, tuple[int, str]]:
        """Return the first value of each series without a place on the scale, and what has one.

        The values are rows of a panel, the scale that of each row. NaN has a place.
        """
        if self.kind is None:
            return {}
        if self.kind == "functions":
            return self._function_misfits(values, offsets)
        no_place = values < self.lower if self.kind == "sqrt" else values <= self.lower
        if self.kind == "logit":
            no_place |= values >= self.upper
        what = {
            "sqrt": f"values not below lower={self.lower:g}: set a lower one",
            "logit": f"values between lower={self.lower:g} and upper={self.upper:g}, both "
            "excluded: set a bound beyond them, and put TransformedForecaster(..., None, lower="
            f"{self.lower:g}, upper={self.upper:g}) around it, which cuts forecasts off; or "
            "take transform=None with these bounds alone",
        }.get(
            self.kind,
            f"values above lower={self.lower:g}: set a lower one, or take transform='sqrt', which "
            "accepts values equal to lower",
        )
        series, rows = first_marked(no_place, offsets)
        return {int(i): (int(row), what) for i, row in zip(series, rows, strict=True)}

    def _unbounded(self, z: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            if self.kind == "log":
                return self.lower + np.exp(z)
            if self.kind == "boxcox":
                floored = np.maximum(z, -1.0 / self.exponent)
                return self.lower + self.unit * special.inv_boxcox(floored, self.exponent)
            if self.kind == "sqrt":
                return self.lower + np.maximum(z, 0.0) ** 2
            if self.kind == "logit":
                return self.lower + (self.upper - self.lower) * special.expit(z)
        if self.functions is None:
            return z
        self._check_way_back(z)
        return _elementwise(self.functions[1], z, "inverse")

    def _check_way_back(self, z: np.ndarray) -> None:
        """Refuse an inverse that is not finite, or turns, where numbers are carried back.

        It is looked at for each series by itself, between the least and the largest of its numbers.
        """
        known = np.concatenate([z.reshape(-1, z.shape[-1]), self.reach])
        known = np.where(np.isfinite(known), known, self.reach[0])
        low, high = known.min(axis=0), known.max(axis=0)
        between = low + np.linspace(0.0, 1.0, _N_BETWEEN)[:, None] * (high - low)
        places = np.sort(np.concatenate([known, between]), axis=0)
        found = _elementwise(self.functions[1], places, "inverse")
        is_finite = np.isfinite(found).all(axis=0)
        with np.errstate(invalid="ignore"):
            changes = np.diff(found, axis=0)
        turns = (changes < 0.0).any(axis=0) & (changes > 0.0).any(axis=0)
        if (turns | ~is_finite).any():
            i = int((turns | ~is_finite).argmax())
            what = "turn between rising and falling" if is_finite[i] else "be infinite"
            raise ValueError(
                f"transform: its inverse must not {what} where forecasts lie on the scale, from "
                f"{places[0, i]:.6g} to {places[-1, i]:.6g}: give one that is monotone and finite "
                "beyond the values of the series, such as one that cuts off its argument"
            )

    def _function_misfits(
        self, values: np.ndarray, offsets: np.ndarray
    ) -> dict[int, tuple[int, str]]:
        """Find where functions are not finite, not the inverse of each other, or not monotone."""
        z = self.forward(values)
        seen = ~np.isnan(values)
        misfits: dict[int, tuple[int, str]] = {}

        def note(wrong: np.ndarray, what: str) -> None:
            for i, row in zip(*first_marked(wrong, offsets), strict=True):
                misfits.setdefault(int(i), (int(row), what))

        note(seen & ~np.isfinite(z), "f to be finite for every value")
        good = seen & np.isfinite(z)
        back = _elementwise(self.functions[1], np.where(good, z, np.nan), "inverse")
        series = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        size = np.zeros(len(offsets) - 1)
        np.maximum.at(size, series[good], np.abs(values[good]))
        off = ~(np.abs(back - values) <= _ROUNDING * size[series])
        note(good & off, "inverse(f(y)) to be y for every value")
        order = np.lexsort((values, series))
        order = order[good[order]]
        step, rise = np.diff(values[order]), np.diff(z[order])
        same = (np.diff(series[order]) == 0) & (step > 0.0)
        turned = np.zeros(len(values), dtype=bool)
        turned[order[1:]] = same & (np.where(self.falls[order[1:]], -rise, rise) <= 0.0)
        note(turned, "f to rise with every value, or to fall with every one")
        return misfits


def with_direction(scale: Scale, values: np.ndarray, offsets: np.ndarray) -> Scale:
    """Return a scale of functions that knows where they rise, of panel rows; others as they are."""
    if scale.functions is None:
        return scale
    series = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    z = scale.take(series).forward(values)
    good = np.isfinite(z)
    low, high = np.full((2, len(offsets) - 1), np.nan)
    np.fmin.at(low, series[good], z[good])
    np.fmax.at(high, series[good], z[good])
    low, high = np.nan_to_num(low), np.nan_to_num(high)
    above = high + 1e-6 * np.maximum(np.abs(high), 1.0)  # a series may be constant
    inverse = scale.functions[1]
    falls = _elementwise(inverse, above, "inverse") < _elementwise(inverse, high, "inverse")
    return replace(scale, falls=falls, reach=np.array([low, high]))


def _elementwise(function: Function, values: np.ndarray, name: str) -> np.ndarray:
    """Call a function of the user's on what is not missing, as a flat array."""
    seen = ~np.isnan(values)
    result = np.full(values.shape, np.nan)
    with np.errstate(all="ignore"):
        found = np.asarray(function(values[seen]))
    if found.shape != (np.count_nonzero(seen),) or found.dtype.kind not in "fiu":
        raise ValueError(
            f"transform: {name} must make one number of each number of a flat array, but of "
            f"{np.count_nonzero(seen)} it made {found.dtype} of shape {found.shape}"
        )
    result[seen] = found
    return result
