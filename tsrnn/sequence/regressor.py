"""Regressors of sequences: targets that are numbers, standardised, under a loss of choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.notes import warn_user
from tsrnn._input.sequences import Sequences, TargetLayout, read_targets
from tsrnn._input.validation import of_one_moment
from tsrnn._optim.losses import NumberLoss, QuantileLoss, SquaredErrorLoss
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.base import SequenceEstimator, takes_batches
from tsrnn.sequence.losses import loss_of, read_levels, refuse_targets
from tsrnn.sequence.number_targets import Numbers, r2
from tsrnn.sequence.samples import Samples


def _has_quantiles(estimator: NumberRegressor) -> bool:
    """Whether there is `predict_quantiles`.

    Raises
    ------
    AttributeError
        If not.
    """
    has_some, which = estimator.loss == "quantile", f"loss={estimator.loss!r}"
    if "weights_" in vars(estimator):
        has_some = isinstance(estimator._loss, QuantileLoss)
        which = f"been fitted with {estimator._loss}"
    if not has_some:
        name = type(estimator).__name__
        raise AttributeError(f"predict_quantiles needs loss='quantile': {name} has {which}")
    return True


class NumberRegressor(RegressorMixin, SequenceEstimator):
    """Base of the regressors of sequences, whatever their network is."""

    target_center_: np.ndarray
    target_spread_: np.ndarray
    quantiles_: np.ndarray
    _loss: NumberLoss

    @available_if(takes_batches)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch, going on from where training is.

        The first call draws the weights and learns the units, from what it is given.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, sample_weight)

    @of_one_moment
    def predict(self, X: Any) -> np.ndarray:
        """Predict the target of each sequence, or of each of its steps.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        y : (n_samples,) or (n_samples, n_outputs) array
            In the shape and units of the targets at `fit`, and the precision of X. With
            `return_sequences=True` (n_samples, n_timesteps) or (n_samples, n_timesteps, n_outputs),
            or an object array of arrays where X is a list.

        Warns
        -----
        RuntimeWarning
            If a prediction is not finite, as it can be with an activation that has no bound, or
            with `loss="poisson"`, whose rates are exponentials.
        """
        outputs, sequences = self._outputs(X)
        made = self._in_range(self._targets.decoded(outputs), outputs)
        return self._target_layout.arranged(made, sequences)

    @available_if(_has_quantiles)
    @of_one_moment
    def predict_quantiles(self, X: Any, quantiles: float | Sequence[float] | None = None) -> Any:
        """Predict quantiles of the target of each sequence, or of each of its steps.

        There are some with `loss="quantile"`.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.
        quantiles : float or sequence of float, optional
            Levels, in any order, from the lowest to the highest that was trained, which are the
            default, `quantiles_`. Between two of those a quantile is interpolated, linearly in the
            normal score of its level: as it would be of a normal distribution.

        Returns
        -------
        y : array
            As `predict` returns it, with an axis more for the levels, the last; without it for a
            single number. Quantiles of ascending levels never descend.

        Raises
        ------
        ValueError
            For levels beyond those that were trained.

        Examples
        --------
        >>> import numpy as np
        >>> from tsrnn import GRURegressor
        >>> X = np.random.default_rng(0).normal(size=(300, 5))
        >>> y = X[:, -1] + np.random.default_rng(1).normal(size=300)
        >>> model = GRURegressor(hidden_layer_sizes=8, loss="quantile", quantiles=(0.1, 0.5, 0.9))
        >>> model.set_params(learning_rate="cosine", max_iter=40, random_state=0)
        GRURegressor(...)
        >>> low, middle, high = model.fit(X, y).predict_quantiles(X).T
        >>> bool((low <= middle).all() and (middle <= high).all())
        True
        >>> model.predict_quantiles(X, 0.25).shape
        (300,)
        """
        check_is_fitted(self)
        loss: Any = self._targets.loss  # a QuantileLoss
        trained = levels = loss.levels
        if quantiles is not None:
            levels = loss.recognised(read_levels("quantiles", quantiles))
        for i, level in enumerate(levels):
            if not trained[0] <= level <= trained[-1]:
                raise ValueError(
                    f"quantiles[{i}] = {level:g} lies beyond those that were trained, "
                    f"{trained[0]:g} to {trained[-1]:g}: fit with quantiles that reach so far"
                )
        outputs, sequences = self._outputs(X)
        made = self._in_range(self._targets.quantiles(outputs, levels), outputs)
        layout = self._target_layout
        made = made[:, :, 0] if np.ndim(levels if quantiles is None else quantiles) == 0 else made
        made = made[:, 0] if layout.is_flat else made
        return replace(layout, is_flat=False).arranged(made, sequences)

    @staticmethod
    def _in_range(made: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return predictions, and warn of those that are not finite though the outputs are."""
        if np.isfinite(outputs).all() and not np.isfinite(made).all():
            warn_user(
                f"a prediction is beyond the range of {made.dtype}: the network's output reaches "
                f"{np.abs(outputs).max():.3g} on X, far from any in training",
                RuntimeWarning,
            )
        return made

    @of_one_moment
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of the loss that predictions explain: R2 under the squared error.

        Under another loss it is D2: one less the ratio of the loss to that of the best constant
        answer, as scikit-learn has it, so that a search judges by what it trains.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`. With `return_sequences=True` every step counts, with the weight of its
            sequence. Missing targets are left out.

        Returns
        -------
        score : float
            The mean over the outputs.
        """
        check_is_fitted(self)
        is_squared = isinstance(self._targets.loss, SquaredErrorLoss)
        if is_squared and not self._by_step and not np.any(pd.isna(y)):
            return super().score(X, y, sample_weight)
        outputs, targets, weights = self._evaluated(X, y, sample_weight)
        if np.isnan(self._targets.alone(targets)[weights > 0.0]).all():
            raise ValueError("y has no target: all of weight above zero are NaN")
        if is_squared:
            return r2(self._targets.decoded(outputs), targets, weights)
        return self._targets.score(outputs, self._targets.encoded(targets, float), weights)

    @classmethod
    def _of_weights(cls, weights: dict[str, np.ndarray], parameters: dict[str, Any]) -> Self:
        estimator = cls(**parameters)._adopt(weights)
        estimator._learn_loss(goes_on=False)
        if not estimator._loss.is_plain:
            raise InvalidParameterError(
                f"weights of other libraries are of a head whose output is the prediction: with "
                f"loss={estimator.loss!r} it is made of the output"
            )
        n_outputs = len(weights["b_y"])
        estimator.target_center_, estimator.target_spread_ = np.zeros(n_outputs), np.ones(n_outputs)
        return estimator

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.input_tags.three_d_array = True
        return tags

    def _initialize(self, theta: np.ndarray, samples: Samples, *, goes_on: bool) -> None:
        """Have the head say what targets are constant.

        That is all there is to say of them: its gradient is zero, and it stays there.
        """
        head, targets = self._network.unpack(theta), self._targets.alone(samples.targets)
        self._say_constants(targets, head, for_good=not goes_on)

    def _say_constants(
        self, targets: np.ndarray, head: Mapping[str, np.ndarray], *, for_good: bool
    ) -> None:
        """Make the head say the targets that are constant."""
        lowest, highest = np.fmin.reduce(targets), np.fmax.reduce(targets)
        is_constant = lowest == highest
        if not is_constant.any():
            return
        n_each = len(head["b_y"]) // targets.shape[1]
        of_outputs = np.repeat(is_constant, n_each)
        head["W_yh"][of_outputs] = 0.0
        head["b_y"][of_outputs] = self._targets.of_constants(lowest[is_constant], for_good=for_good)

    def _learn_loss(self, *, goes_on: bool) -> None:
        loss = loss_of(self)
        if goes_on and loss != self._loss and not (loss.is_plain and self._loss.is_plain):
            raise ValueError(
                f"training cannot go on: the outputs are those of {self._loss}, and what is asked "
                f"for now is {loss}; set warm_start=False and call fit to start anew"
            )
        self._loss = loss
        if isinstance(loss, QuantileLoss):
            self.quantiles_ = np.array(loss.levels)

    def _read_targets(
        self, y: Any, sequences: Sequences, name: str
    ) -> tuple[np.ndarray, TargetLayout]:
        by_step = bool(self.return_sequences)
        targets, layout = read_targets(
            self, y, sequences, return_sequences=by_step, name=name, may_be_missing=True
        )
        refuse_targets(targets, sequences, self._loss, name, by_step=by_step)
        if "target_center_" in vars(self):
            n_columns = len(self.target_center_) + self._loss.n_context
            if targets.shape[1] != n_columns:
                raise ValueError(
                    f"{name} must have as many columns as the targets at fit, {n_columns}, got "
                    f"{targets.shape[1]}"
                )
        return targets, layout

    @property
    def _targets(self) -> Numbers:
        learned = vars(self)
        return Numbers(learned.get("target_center_"), learned.get("target_spread_"), self._loss)

    def _learn_targets(
        self, samples: Samples, classes: Any, *, goes_on: bool, partial: bool
    ) -> Samples:
        return self._targets.known(samples, "y")

    def _learn_target_units(self, samples: Samples) -> None:
        targets = self._targets.alone(samples.targets)
        is_there = ~np.isnan(targets).all(axis=0)
        if not is_there.all():
            left = " in what early_stopping leaves of it to train on" if self.early_stopping else ""
            raise ValueError(
                f"y has no target of output {int(is_there.argmin())}{left}: all are NaN"
            )
        n_targets = targets.shape[1]
        self.target_center_, self.target_spread_ = np.zeros(n_targets), np.ones(n_targets)
        if self.standardize:
            self.target_center_, self.target_spread_ = self._loss.units(
                targets, samples.target_weights
            )
