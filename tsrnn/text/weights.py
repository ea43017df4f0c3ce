"""Weights of a text classifier out of it and into it, in the layouts of Keras and PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.validation import check_count
from tsrnn._optim.minibatch import State
from tsrnn.sequence.foreign_weights import (
    Cell,
    check_arrays,
    check_state,
    from_keras,
    from_torch,
    read_table,
    to_keras,
    to_torch,
)
from tsrnn.text.words import keys_by_word


class TextWeights:
    """The part of a text classifier that is about its weights: an embedding before the layers."""

    # What the rest of the classifier brings.
    cell: Cell
    embedding_dim: int
    weights_: dict[str, np.ndarray]
    _network: Any
    _optimizer_state: tuple[str, State | None]
    _random_state: Any
    _of_weights: Any

    def to_keras_weights(self) -> list[np.ndarray]:
        """Return the weights as Keras lays them out.

        Returns
        -------
        arrays : list of array
            For `set_weights` of a Sequential of an Embedding, SimpleRNN, GRU or LSTM layers (in
            Bidirectional with `bidirectional=True`) and a Dense with a sigmoid (two classes) or a
            softmax (more). It reads our ids.
        """
        check_is_fitted(self)
        others = dict(self.weights_)
        return [others.pop("E").copy(), *to_keras(self.cell, others)]

    @classmethod
    def from_keras_weights(
        cls,
        arrays: Sequence[np.ndarray],
        classes: Any = None,
        *,
        cell: Cell = "elman",
        vocabulary: Mapping[str, int] | None = None,
        **parameters: Any,
    ) -> Self:
        """Make a fitted classifier of the weights of a Keras model.

        Parameters
        ----------
        arrays : list of array
            What `get_weights` of a Sequential of an Embedding, SimpleRNN (with tanh), GRU or LSTM
            layers, or Bidirectional ones, and a Dense returns.
        classes : array-like of shape (n_classes,), optional
            The labels, ascending; 0, 1, 2 and so on if they are not given.
        cell : {"elman", "gru", "lstm"}
        vocabulary : dict of str to int, optional
            The ids of words by the model's convention, read under `normalize` as texts are.
            Without it the classifier takes ids. Our id of unknown words is 0.
        **parameters
            Of the classifier, without those that the weights decide.

        Returns
        -------
        classifier : TextRNNClassifier
            It predicts what the model does.
        """
        check_arrays(arrays)
        if not len(arrays):
            raise ValueError(
                "expected the array of an Embedding, then those of recurrent layers and of a "
                "Dense, got none"
            )
        E, others = read_table("arrays[0]", arrays[0]), from_keras(cell, arrays[1:])
        classifier = cls._of_weights({"E": E} | others, classes, parameters | {"cell": cell})
        if vocabulary is not None:
            classifier.vocabulary_ = known_rows(vocabulary, len(E), classifier.normalize)
        return classifier

    def to_torch_weights(
        self, *, rnn: str = "rnn", head: str = "fc", embedding: str = "embedding"
    ) -> dict[str, np.ndarray]:
        """Return the weights as PyTorch lays them out.

        Parameters
        ----------
        rnn, head, embedding : str
            Names of the module's parts: an RNN, GRU or LSTM, a Linear, and an Embedding.

        Returns
        -------
        state : dict of str to array
            For `load_state_dict`, once `torch.from_numpy` has made tensors of the arrays.
        """
        check_is_fitted(self)
        others = dict(self.weights_)
        table = {f"{embedding}.weight": others.pop("E").copy()}
        return table | to_torch(self.cell, others, rnn=rnn, head=head)

    @classmethod
    def from_torch_weights(
        cls,
        state: Mapping[str, np.ndarray],
        classes: Any = None,
        *,
        cell: Cell = "elman",
        embedding: str = "embedding",
        vocabulary: Mapping[str, int] | None = None,
        **parameters: Any,
    ) -> Self:
        """Make a fitted classifier of the weights of a PyTorch model.

        Parameters
        ----------
        state : dict of str to array
            The `state_dict` of a module of an Embedding, an RNN (with tanh), GRU or LSTM and a
            Linear, which gives logits.
        classes, cell
            As for `from_keras_weights`.
        embedding : str
            Name of the Embedding.
        vocabulary, **parameters
            As for `from_keras_weights`.

        Returns
        -------
        classifier : TextRNNClassifier
            It predicts what the module does with `batch_first=True`.
        """
        check_state(state)
        key = f"{embedding}.weight"
        if key not in state:
            raise ValueError(f"state has no {key!r}: name the Embedding by embedding=")
        others = from_torch(cell, {name: state[name] for name in state if name != key})
        weights = {"E": read_table(key, state[key])} | others
        classifier = cls._of_weights(weights, classes, parameters | {"cell": cell})
        if vocabulary is not None:
            n_ids, normalize = len(weights["E"]), classifier.normalize
            classifier.vocabulary_ = known_rows(vocabulary, n_ids, normalize)
        return classifier

    def _input_row_before_fit(self) -> tuple[str, str, int | None]:
        return "embedding", f"(T, {check_count('embedding_dim', self.embedding_dim)})", None

    @classmethod
    def _arguments_of(
        cls, weights: dict[str, np.ndarray], parameters: dict[str, Any]
    ) -> dict[str, Any]:
        arguments = super()._arguments_of(weights, parameters)  # type: ignore[misc]
        del arguments["standardize"]
        max_features, embedding_dim = weights["E"].shape
        return arguments | {"max_features": max_features, "embedding_dim": embedding_dim}

    def _take_in(self, n_more: int) -> None:
        """Add ids, with embeddings drawn at random, to the weights and to what training keeps."""
        old, dtype = self._network, self.weights_["E"].dtype
        new = replace(old, n_tokens=old.n_tokens + n_more)
        alone = replace(old, n_tokens=n_more)
        rows = alone.unpack(alone.initial(self._random_state, dtype))["E"]

        def extended(vector: np.ndarray, rows: np.ndarray) -> np.ndarray:
            parts = dict(old.unpack(vector))
            parts["E"] = np.concatenate([parts["E"], rows])
            return new.pack(parts, dtype)

        self.weights_ = new.unpack(extended(old.pack(self.weights_, dtype), rows))
        solver, state = self._optimizer_state
        if state is not None:  # what there is for each parameter, and perhaps a count of steps
            state = tuple(
                extended(one, np.zeros_like(rows)) if one.size == old.n_parameters else one
                for one in state
            )
        self._optimizer_state = solver, state
        self._network, self._n_tokens = new, new.n_tokens

    def _adopt(self, weights: Mapping[str, np.ndarray]) -> Self:
        super()._adopt(weights)  # type: ignore[misc]  # of the network's part
        for name in ("n_features_in_", "_sequence_kind", "input_center_", "input_spread_"):
            delattr(self, name)
        self._n_tokens = len(weights["E"])
        return self


def known_rows(vocabulary: Mapping[str, int], n_ids: int, normalize: bool) -> dict[str, int]:
    """Return the ids of words as they are found in texts.

    Raises
    ------
    TypeError
        For what is no mapping.
    ValueError
        If one of them has no row of the embedding, or two are one word.
    """
    if not isinstance(vocabulary, Mapping):
        raise TypeError(
            f"vocabulary must be a dict from words to ids, got {type(vocabulary).__name__}"
        )
    for word, i in vocabulary.items():
        if not isinstance(i, Integral):
            raise ValueError(f"vocabulary[{word!r}] must be an integer, got {i!r}")
        if not 0 <= i < n_ids:
            raise ValueError(f"vocabulary[{word!r}] is {i}, but there are {n_ids} ids, from 0")
    keys = keys_by_word(vocabulary, normalize, "vocabulary")
    return {word: vocabulary[key] for word, key in keys.items()}
