"""Terms: what single values add to the metrics, before any mean is taken."""

from __future__ import annotations

import numpy as np


def ratio(error: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return errors, which are not negative, in units of a scale: 0/0 is 0, others infinite."""
    error, scale = np.broadcast_arrays(error, scale)
    without_unit = np.where(error > 0, np.inf, 0.0)
    return np.divide(error, scale, out=without_unit, where=scale > 0)


def ratio_of_sums(error: np.ndarray, size: np.ndarray, where: np.ndarray) -> float:
    """Return the ratio of the sums under a mask, as `ratio` does, though they be beyond floats."""
    with np.errstate(over="ignore"):
        sums = [np.sum(part, where=where) for part in (error, size)]
        if np.isinf(sums).any():  # a power of two rounds nothing
            share = 0.5 ** np.ceil(np.log2(2 * np.size(error)))
            sums = [np.sum(share * part, where=where) for part in (error, size)]
    return float(ratio(*sums))


def symmetric_percentage(y: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Return the terms of the sMAPE."""
    error = np.abs(y - forecast)
    size = np.abs(y) + np.abs(forecast)
    return np.divide(200.0 * error, size, out=np.zeros_like(error), where=size > 0)


def pinball(y: np.ndarray, forecasts: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return pinball losses of forecasts (Q, ...) of quantiles (Q,) of values (...)."""
    error = y - forecasts
    levels = quantiles.reshape(-1, *[1] * (error.ndim - 1))
    return np.where(error >= 0.0, levels * error, (levels - 1.0) * error)


def ranked_probability(y: np.ndarray, forecasts: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Return the CRPS of values (...) for forecasts (Q, ...) of quantiles (Q,).

    That is twice the integral of the pinball loss over all quantiles, which run straight between
    those that are known, and are constant beyond them.
    """
    order = np.argsort(quantiles)
    ends = np.concatenate([[0.0], quantiles[order], [1.0]])
    known = forecasts[order][[0, *range(len(order)), -1]]
    total = np.zeros(y.shape)
    for low, high, first, last in zip(ends[:-1], ends[1:], known[:-1], known[1:], strict=True):
        rise = last - first
        share = np.divide(y - first, rise, out=np.zeros_like(y), where=rise != 0.0)
        crossing = low + np.clip(share, 0.0, 1.0) * (high - low)
        # On either side of the value the loss is a parabola, for which Simpson's rule is exact.
        for start, stop in ((low, crossing), (crossing, high)):
            middle = 0.5 * (start + stop)
            losses = [
                weight * np.maximum(q * error, (q - 1.0) * error)
                for weight, q in ((1.0, start), (4.0, middle), (1.0, stop))
                for error in [y - first - rise * ((q - low) / (high - low))]
            ]
            total += (stop - start) / 3.0 * sum(losses)
    return total


def interval_cost(y: np.ndarray, lower: np.ndarray, upper: np.ndarray, level: float) -> np.ndarray:
    """Return the width of intervals, and what it costs that values lie outside."""
    outside = np.maximum(lower - y, 0.0) + np.maximum(y - upper, 0.0)
    width = np.subtract(upper, lower, out=np.zeros_like(outside), where=upper > lower)
    return width + 2.0 / (1.0 - level) * outside
