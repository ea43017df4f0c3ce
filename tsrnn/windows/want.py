"""An error of its own for series that leave nothing to train on."""

from __future__ import annotations


class NothingToTrainOnError(ValueError):
    """Series are too short, or miss too many values, for any training on all of them."""
