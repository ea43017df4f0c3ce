"""Features of time that a forecaster takes: its own, or those of the forecasters within it.

Columns are made where time stamps are known, by the outermost forecaster or the panel, and reach
those within as regressors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sklearn.base import BaseEstimator, clone

from tsrnn.exceptions import InvalidParameterError
from tsrnn.features.time_features import TimeFeatures


class FeatureTaker(BaseEstimator):
    """Base of what may have features of time, or forecasters within that have some."""

    def time_features(self) -> tuple[TimeFeatures, ...]:
        """Return the features of time that become regressors, after those of X.

        Returns
        -------
        features : tuple of TimeFeatures
            This forecaster's, or those of one within it, which sees no time stamps itself.
        """
        within: tuple[TimeFeatures, ...] = ()
        for name, part in self.get_params(deep=False).items():
            if isinstance(part, FeatureTaker):
                within += part.time_features()
            elif isinstance(part, list | tuple) and any(map(_has_features, part)):
                raise InvalidParameterError(
                    f"{name} holds a forecaster with features of time, but those within "
                    f"{type(self).__name__} see no time stamps: put RegressionForecaster around it"
                )
        return within

    def reading_columns(self, names: Sequence[str]) -> Self:
        """Return the forecaster of regressors among which the columns of features are already.

        Parameters
        ----------
        names : sequence of str
            Of all regressors.

        Returns
        -------
        forecaster : FeatureTaker
            This one, where names make no difference.
        """
        changed = {}
        for name, part in self.get_params(deep=False).items():
            if (new := _reading_columns(part, names)) is not part:
                changed[name] = new
        return clone(self).set_params(**changed) if changed else self


def _reading_columns(part: Any, names: Sequence[str]) -> Any:
    """Return a forecaster, or a list that may hold some, as `FeatureTaker.reading_columns` does."""
    if isinstance(part, FeatureTaker):
        return part.reading_columns(names)
    if not isinstance(part, list | tuple):
        return part
    new = [_reading_columns(one, names) for one in part]
    if all(one is other for one, other in zip(new, part, strict=True)):
        return part
    return tuple(new) if isinstance(part, tuple) else new


def _has_features(entry: Any) -> bool:
    """Tell whether one of a combination, alone or with its name, has features of time."""
    one = entry[-1] if isinstance(entry, list | tuple) and len(entry) else entry
    return isinstance(one, FeatureTaker) and bool(one.time_features())
