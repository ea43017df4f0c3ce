"""The estimators that users have: those that folders pass on; files, pages and tests read them."""

from __future__ import annotations

import inspect

from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from tsrnn import compose, forecasting, panel, pretrained, sequence, smoothing, text, theta, windows
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting import Forecaster

_FACES = (
    compose,
    forecasting,
    panel,
    pretrained,
    sequence,
    smoothing,
    text,
    theta,
    windows,
)

# By their public names, which saved files have for tags: a name stays, whatever becomes of a class.
ESTIMATORS: dict[str, type[BaseEstimator]] = {
    name: one
    for face in _FACES
    for name, one in vars(face).items()
    if name in face.__all__ and inspect.isclass(one) and issubclass(one, BaseEstimator)
    if not inspect.isabstract(one)
}

_KINDS = {"classifier": ClassifierMixin, "forecaster": Forecaster, "regressor": RegressorMixin}


def all_estimators(type_filter: str | None = None) -> list[tuple[str, type[BaseEstimator]]]:
    """List the estimators of the package, as `sklearn.utils.all_estimators` does.

    Parameters
    ----------
    type_filter : {"classifier", "forecaster", "regressor"} or None, default=None
        Which to list. Forecasters are regressors, too.

    Returns
    -------
    estimators : list of tuple
        Names and classes, sorted by name.

    Raises
    ------
    ValueError
        For another filter.

    Examples
    --------
    >>> from tsrnn import all_estimators
    >>> [name for name, _ in all_estimators("classifier")]
    ['ElmanRNNClassifier', 'GRUClassifier', 'LSTMClassifier', 'TextRNNClassifier']
    """
    if type_filter is None:
        return sorted(ESTIMATORS.items())
    if type_filter not in _KINDS:
        raise InvalidParameterError(
            f"type_filter must be one of {sorted(_KINDS)} or None, got {type_filter!r}"
        )
    kind = _KINDS[type_filter]
    return [(name, one) for name, one in sorted(ESTIMATORS.items()) if issubclass(one, kind)]
