"""The exceptions and warnings that are tsrnn's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class InvalidParameterError(ValueError, TypeError):
    """A constructor argument has a value or a type that the estimator does not accept.

    Raised by ``fit``, never by ``__init__``. It can be caught as either of its parents.

    Examples
    --------
    >>> from tsrnn.exceptions import InvalidParameterError
    >>> try:
    ...     raise InvalidParameterError("alpha must be None or a number in [0, 1], got 2")
    ... except ValueError as error:
    ...     print(error)
    alpha must be None or a number in [0, 1], got 2
    """


class TrainingDivergedError(RuntimeError):
    """The loss or its gradient stopped being finite during training.

    Parameters
    ----------
    message : str
        What happened and what to try.
    step : int, optional
        The optimiser's step at which it happened, from 0.
    loss : float, optional
        The loss at that step.
    gradient_norm : float, optional
        The Euclidean norm of the gradient at that step.

    Attributes
    ----------
    step : int or None
        As passed.
    loss : float or None
        As passed.
    gradient_norm : float or None
        As passed.
    best_theta : array or None
        The best parameters before it, as one array, where an optimiser had seen any.

    Examples
    --------
    >>> from tsrnn.exceptions import TrainingDivergedError
    >>> error = TrainingDivergedError("the loss is not finite", step=12, loss=float("inf"))
    >>> error.step, error.loss, error.gradient_norm
    (12, inf, None)
    """

    def __init__(
        self,
        message: str,
        *,
        step: int | None = None,
        loss: float | None = None,
        gradient_norm: float | None = None,
    ) -> None:
        super().__init__(message)
        self.step = step
        self.loss = loss
        self.gradient_norm = gradient_norm
        self.best_theta: np.ndarray | None = None


class ModelFormatError(ValueError):
    """A file is not a saved tsrnn model, is damaged, or needs another version of the library.

    Examples
    --------
    >>> from tsrnn.exceptions import ModelFormatError
    >>> issubclass(ModelFormatError, ValueError)
    True
    """


class BeyondStampsError(ValueError, OverflowError):
    """Time stamps lie so far away that 64 bits cannot hold them.

    Examples
    --------
    >>> from tsrnn.exceptions import BeyondStampsError
    >>> issubclass(BeyondStampsError, ValueError)
    True
    """


class IrregularIndexError(ValueError):
    """Time stamps do not follow each other regularly.

    Parameters
    ----------
    message : str
    row : int
        The first row that is out of step.

    Attributes
    ----------
    row : int

    Examples
    --------
    >>> from tsrnn.exceptions import IrregularIndexError
    >>> IrregularIndexError("2020-01-05 does not follow 2020-01-03", row=3).row
    3
    """

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message, row)  # both, so that a copy from another process has both
        self.row = row

    def __str__(self) -> str:
        """Return the message alone."""
        return str(self.args[0])


class UnfinishedStepWarning(UserWarning):
    """The last step of rows that were put together seems to hold those of its beginning alone.

    Ten days' sales then count as a month's. Given by ``fill_gaps`` and ``PanelForecaster`` with
    ``aggregate``.

    Examples
    --------
    >>> import warnings
    >>> from tsrnn.exceptions import UnfinishedStepWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", UnfinishedStepWarning)  # today is to count as a day
    """


class UnreliableForecastWarning(UserWarning):
    """A forecaster is not to be relied on for this series, or this far ahead.

    Given by `RNNForecaster`: at ``fit`` where its one-step errors are larger than those of
    repeating the last value, or where there is too little to train on; at ``predict`` and its like
    where the forecast leaves the range of the series farther than the series has cause to. The
    docstring of `RNNForecaster` has the rules. Given by `ComplexExpSmoothingRNN` at ``predict`` and
    its like where the forecast lies outside of the series by more than three times its range.

    Examples
    --------
    >>> import warnings
    >>> from tsrnn.exceptions import UnreliableForecastWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", UnreliableForecastWarning)  # stop a run that it concerns
    """


class UnusedColumnsWarning(UserWarning):
    """A frame has columns that are not looked at.

    Given by ``PanelForecaster`` for columns that are neither regressors nor static, and for static
    columns where the forecaster does not look at any.

    Examples
    --------
    >>> import warnings
    >>> from tsrnn.exceptions import UnusedColumnsWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", UnusedColumnsWarning)  # they are for others
    """
