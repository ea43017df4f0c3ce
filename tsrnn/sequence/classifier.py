"""Sequence classifiers: targets that are labels, under the logarithmic loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, check_consistent_length, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.sequences import (
    Sequences,
    TargetLayout,
    read_step_labels,
    refuse_missing_labels,
)
from tsrnn._input.validation import of_one_moment
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.arguments import LearningRate, Solver
from tsrnn.sequence.base import SequenceEstimator, store_arguments, takes_batches
from tsrnn.sequence.foreign_weights import from_keras, from_torch
from tsrnn.sequence.objective import TrainingState
from tsrnn.sequence.samples import Samples
from tsrnn.sequence.targets import Classes
from tsrnn.sequence.weights import RecurrentMethods, with_shape_of


class SequenceClassifier(ClassifierMixin, RecurrentMethods, SequenceEstimator):
    """Base of the sequence classifiers."""

    classes_: np.ndarray

    def __init__(
        self,
        *,
        hidden_layer_sizes: AnyInt | Sequence[int] = (32,),
        solver: Solver = "adam",
        batch_size: AnyInt | Literal["auto"] = "auto",
        learning_rate_init: AnyFloat = 0.005,
        learning_rate: LearningRate = "constant",
        warmup_steps: AnyInt = 0,
        momentum: AnyFloat = 0.9,
        l2: AnyFloat = 1e-4,
        clip_norm: AnyFloat | None = 1.0,
        bptt_steps: AnyInt | None = None,
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-4,
        n_iter_no_change: AnyInt = 10,
        early_stopping: bool = False,
        validation_fraction: AnyFloat = 0.1,
        class_weight: dict | Literal["balanced"] | None = None,
        return_sequences: bool = False,
        bidirectional: bool = False,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | AnyInt = False,
        n_jobs: AnyInt | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

    @available_if(takes_batches)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch, going on from where training is.

        The first call draws the weights and learns the units, from what it is given.

        Parameters
        ----------
        X, y
            As for `fit`.
        classes : array-like of shape (n_classes,)
            All labels that there will be: at the first call, and then it may be omitted.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
        """
        return self._partial_fit(X, y, sample_weight, classes)

    @of_one_moment
    def predict(self, X: Any) -> np.ndarray:
        """Predict the label of each sequence, or of each of its steps.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        y : (n_samples,) array
            With `return_sequences=True` (n_samples, n_timesteps), or an object array of arrays
            where X is a list.
        """
        outputs, sequences = self._logits(X)
        return self._target_layout.arranged(self._targets.predicted(outputs), sequences)

    @of_one_moment
    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the probability of each label.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        probabilities : (n_samples, n_classes) array
            In the order of `classes_`; none is zero. With `return_sequences=True` (n_samples,
            n_timesteps, n_classes), or an object array of arrays where X is a list.
        """
        outputs, sequences = self._logits(X)
        probabilities = self._targets.plain_loss.predict(outputs)
        # What is that unlikely is not impossible, and has a logarithm.
        np.maximum(probabilities, np.finfo(probabilities.dtype).tiny, out=probabilities)
        return self._arranged(probabilities, sequences)

    @of_one_moment
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Predict the logarithm of the probability of each label.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        log_probabilities : array
            In the shape of what `predict_proba` returns, and none below the logarithm of the
            smallest probability that it tells apart: labels that tie there tie here.
        """
        outputs, sequences = self._logits(X)
        if outputs.shape[1] == 1:
            outputs = np.concatenate([np.zeros_like(outputs), outputs], axis=1)
        logits = outputs - outputs.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        np.maximum(logs, np.log(np.finfo(logs.dtype).tiny), out=logs)
        return self._arranged(logs, sequences)

    @of_one_moment
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the network's raw outputs, logits.

        Parameters
        ----------
        X : array-like or list of arrays
            As for `fit`.

        Returns
        -------
        decision : (n_samples,) or (n_samples, n_classes) array
            For two labels the logarithm of the odds of the second; else a number for each label,
            the largest for the one that is predicted. With `return_sequences=True` one row a step,
            as in `predict_proba`.
        """
        outputs, sequences = self._logits(X)
        if outputs.shape[1] == 1:
            outputs = outputs[:, 0]
        return self._arranged(outputs, sequences)

    @of_one_moment
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of labels that are predicted right.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`. With `return_sequences=True` every step counts, with the weight of its
            sequence.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        if not self._by_step:
            _refuse_unlabelled(self, y, "y")
            return super().score(X, y, sample_weight)
        outputs, targets, weights = self._evaluated(X, y, sample_weight)
        return float(np.average(self._targets.predicted(outputs) == targets, weights=weights))

    @classmethod
    def from_keras_weights(
        cls, arrays: Sequence[np.ndarray], classes: Any = None, **parameters: Any
    ) -> Self:
        """Make a fitted estimator of the weights of a Keras model.

        Parameters
        ----------
        arrays : list of array
            What `get_weights` of a Sequential of SimpleRNN, GRU or LSTM layers, or of Bidirectional
            ones of these, and a Dense returns; the Dense has one output with a sigmoid, or as many
            as there are classes with a softmax.
        classes : array-like of shape (n_classes,), optional
            The labels, in the order of the outputs, which must be ascending; 0, 1, 2 and so on if
            they are not given.
        **parameters
            Of the estimator, without those that the weights decide: `hidden_layer_sizes`,
            `bidirectional` and `standardize` (False). For SimpleRNN `activation` must be what it is
            in Keras; `return_sequences=True` is that of the last layer.

        Returns
        -------
        estimator : estimator
            It predicts what the model does, and can be trained further by `partial_fit`.
        """
        return cls._of_weights(from_keras(cls._kind_of_cell, arrays), classes, parameters)

    @classmethod
    def from_torch_weights(
        cls, state: Mapping[str, np.ndarray], classes: Any = None, **parameters: Any
    ) -> Self:
        """Make a fitted estimator of the weights of a PyTorch model.

        Parameters
        ----------
        state : dict of str to array
            The `state_dict` of a module of RNN, GRU or LSTM layers and a Linear, whatever they are
            called; its outputs are logits, one for two classes or one for each.
        classes
            As for `from_keras_weights`.
        **parameters
            As for `from_keras_weights`; `activation` is RNN's `nonlinearity`.

        Returns
        -------
        estimator : estimator
            It predicts what the module does with `batch_first=True`, the Linear reading the states
            at the last step (in both directions, those that each ends in).
        """
        return cls._of_weights(from_torch(cls._kind_of_cell, state), classes, parameters)

    @classmethod
    def _of_weights(
        cls, weights: dict[str, np.ndarray], classes: Any, parameters: dict[str, Any]
    ) -> Self:
        n_classes = max(2, len(weights["b_y"]))
        if classes is not None:
            refuse_missing_labels(classes, "classes")
        classes = np.arange(n_classes) if classes is None else np.asarray(classes)
        if not np.array_equal(np.unique(classes), classes) or len(classes) != n_classes:
            raise ValueError(
                f"classes must be {n_classes} labels in ascending order, for the weights have "
                f"{len(weights['b_y'])} output(s), got {classes}"
            )
        if len(weights["b_y"]) == 2:
            # A softmax of two is a logistic function of their difference.
            weights = weights | {name: np.diff(weights[name], axis=0) for name in ("W_yh", "b_y")}
        estimator = cls(**cls._arguments_of(weights, parameters))._adopt(weights)
        estimator.classes_ = classes
        estimator._class_weights = None
        estimator._target_layout = TargetLayout(True, estimator._by_step)
        return estimator

    @classmethod
    def _arguments_of(
        cls, weights: dict[str, np.ndarray], parameters: dict[str, Any]
    ) -> dict[str, Any]:
        return with_shape_of(weights, parameters)

    def _logits(self, X: Any) -> tuple[np.ndarray, Sequences]:
        """Return the network's raw outputs, and the sequences.

        Raises
        ------
        ValueError
            If they say of a sequence neither one label nor another.
        """
        outputs, sequences = self._outputs(X)
        says_nothing = np.isnan(outputs) if outputs.shape[1] == 1 else ~np.isfinite(outputs)
        if says_nothing.any():
            row = int(np.argmax(says_nothing.any(axis=1)))
            i = int(np.searchsorted(sequences.offsets, row, "right")) - 1 if self._by_step else row
            raise ValueError(
                f"the network's output for X[{i}] is {outputs[row].tolist()}, which says nothing "
                "of its label: the network explodes there, as one with smaller weights, or fitted "
                "to numbers (and embeddings) of order one, does not"
            )
        return outputs, sequences

    def _arranged(self, rows: np.ndarray, sequences: Sequences) -> np.ndarray:
        """Give back rows with a number for each label, or one number."""
        layout = TargetLayout(is_flat=rows.ndim == 1, by_step=self._by_step)
        return layout.arranged(rows, sequences)

    def _read_targets(
        self, y: Any, sequences: Sequences, name: str
    ) -> tuple[np.ndarray, TargetLayout]:
        layout = TargetLayout(is_flat=True, by_step=bool(self.return_sequences))
        if layout.by_step:
            labels = read_step_labels(self, y, sequences, name=name)
        else:
            labels = _read_labels(self, y, sequences, name)
        check_classification_targets(labels)
        return labels, layout

    @property
    def _targets(self) -> Classes:
        return Classes(self.classes_, vars(self).get("_class_weights"), self._by_step)

    def _learn_targets(
        self, samples: Samples, classes: Any, *, goes_on: bool, partial: bool
    ) -> Samples:
        """Learn which labels there are, or refuse others; take class weights into account."""
        found = np.unique(samples.targets)
        if classes is not None:
            found = _read_classes(classes)
        elif partial and not goes_on:
            raise ValueError("classes must be passed on the first call to partial_fit")
        if not goes_on:
            if len(found) < 2:
                self._refuse_classes(found)
            self.classes_ = found
        elif not (partial and classes is None) and not np.array_equal(found, self.classes_):
            raise ValueError(
                f"training goes on with the classes {self.classes_}, but "
                f"{'y' if classes is None else 'classes'} has {found}"
            )
        self._class_weights = self._read_class_weight(samples, partial=partial)
        samples = self._targets.known(samples, "y")
        has_weight = self._targets.with_weight(samples)
        if not partial and has_weight.sum() < 2:
            self._refuse_classes(self.classes_[has_weight])
        return samples

    def _refuse_classes(self, found: np.ndarray) -> None:
        raise ValueError(
            f"{type(self).__name__} needs sequences of at least 2 classes with a weight above "
            "zero (sample_weight times class_weight), but y has one class only: "
            f"{found.tolist()[0]!r}"
        )

    def _read_class_weight(self, samples: Samples, *, partial: bool) -> np.ndarray | None:
        """Return the weight of each of `classes_`, or None where all are 1."""
        from sklearn.utils import compute_class_weight

        given = self.class_weight
        if given is None:
            return None
        if isinstance(given, dict):
            try:
                weights = compute_class_weight(given, classes=self.classes_, y=samples.targets)
            except (TypeError, ValueError) as error:
                raise InvalidParameterError(f"class_weight: {error}") from error
            if not (np.isfinite(weights).all() and weights.min() >= 0.0 and weights.any()):
                raise InvalidParameterError(
                    f"class_weight must have weights of zero and above, got {given!r}"
                )
            return weights
        if not (isinstance(given, str) and given == "balanced"):
            raise InvalidParameterError(
                f"class_weight must be a dict, 'balanced' or None, got {given!r}"
            )
        if partial:
            raise ValueError(
                "class_weight='balanced' needs all labels at once, which partial_fit does not "
                "have: pass a dict"
            )
        codes = np.searchsorted(self.classes_, samples.targets)
        sums = np.bincount(codes, weights=samples.target_weights, minlength=len(self.classes_))
        n_classes = np.count_nonzero(sums)
        return sums.sum() / (n_classes * np.where(sums > 0.0, sums, 1.0))

    def _learn_target_units(self, samples: Samples) -> None:
        """Learn nothing: labels have no units."""


def _read_labels(
    estimator: SequenceClassifier, y: Any, sequences: Sequences, name: str
) -> np.ndarray:
    """Read one label a sequence."""
    _refuse_unlabelled(estimator, y, name)
    labels = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name=name, estimator_name=type(estimator).__name__)
    check_consistent_length(sequences.lengths, labels)
    return labels


def _refuse_unlabelled(estimator: SequenceClassifier, y: Any, name: str) -> None:
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None"
        )
    refuse_missing_labels(y, name)


def _read_classes(classes: Any) -> np.ndarray:
    refuse_missing_labels(classes, "classes")
    classes = np.asarray(classes)
    if classes.ndim != 1:
        raise ValueError(f"classes must be a list of labels, got the shape {classes.shape}")
    return np.unique(classes)
