"""Texts as sequences of words: an embedding, recurrent layers, and the class of a text."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.sequences import Sequences
from tsrnn._input.validation import (
    check_choice,
    check_count,
    check_flag,
    check_number,
    of_one_moment,
)
from tsrnn._optim.watch import Plan, Training
from tsrnn._recurrent.architecture import Architecture
from tsrnn.exceptions import InvalidParameterError
from tsrnn.sequence.arguments import SEARCHES, Solver, sizes_of_layers
from tsrnn.sequence.base import store_arguments, takes_batches
from tsrnn.sequence.classifier import SequenceClassifier
from tsrnn.sequence.foreign_weights import Cell
from tsrnn.sequence.objective import NetworkObjective, TrainingState
from tsrnn.sequence.samples import Samples
from tsrnn.text.few import are_few, batch_of, dropout_of, with_epochs
from tsrnn.text.objective import TextObjective
from tsrnn.text.reading import (
    Tokens,
    as_items,
    as_tokens,
    holds_texts,
    read_ids,
    write_embeddings,
)
from tsrnn.text.vocabulary import (
    Ids,
    as_mapping,
    decode,
    encode,
    joined,
    learn_vocabulary,
    read_vocabulary,
)
from tsrnn.text.weights import TextWeights
from tsrnn.text.words import analyzer_of, keys_by_word

# Texts that are turned into ids, and read by the network, at a time.
_TEXTS_AT_A_TIME = 4096

# An underscore too: what "word" means to Python's regular expressions, and apostrophes within.
_WORDS = r"(?u)\b\w+(?:'\w+)*\b"

_CELLS: dict[Cell, str] = {"elman": "elman_tanh", "gru": "gru", "lstm": "lstm"}

Init = Literal["auto", "identity", "random"]


class TextRNNClassifier(TextWeights, SequenceClassifier):
    r"""Tell the classes of texts by a recurrent network that reads them word by word.

    Words are looked up in an embedding, a table that is learned with the rest; recurrent layers
    read them in order, from the first to the last however many there are; and the state that they
    end in gives the class, by a logistic unit for two and a softmax for more.

    Parameters
    ----------
    max_features : int, default=10000
        Most ids that there are: that of unknown words and those of the most frequent ones.
    vocabulary : list of str, dict of str to int, or None, default=None
        The words that have ids: a list's from 1 on, a dict's from 1 as well, for 0 stands for all
        others. It is fixed then. By default it is learned from the texts of `fit`, and
        `partial_fit` adds new words while `max_features` leaves room.
    embedding_dim : int, default=32
        Numbers that a word becomes.
    cell : {"elman", "gru", "lstm"}, default="elman"
        Of the recurrent layers; "elman" has the hyperbolic tangent.
    hidden_layer_sizes : int or tuple of int, default=10
        Units of each recurrent layer, from the input up.
    bidirectional : bool, default=False
        Whether each layer reads both ways, with `hidden_layer_sizes` units in each direction.
    dropout : float, default=0.0
        Share of the last layer's units that the output does without at a step of training.
    embedding_dropout : float or "auto", default="auto"
        Share of distinct words whose embedding is put to zero at a step of training, wherever they
        stand in the texts that are read together [1]_. "auto" is 0.5 for fewer than 10,000 texts,
        and 0 for more and for "lbfgs". Those count, here and below, that are trained on: not what
        `early_stopping` sets aside.
    init : {"auto", "identity", "random"}, default="auto"
        What training starts from. "random" is as in Keras. "identity", for the cell "elman", is
        recurrent weights of the identity [3]_ and, if they are learned, embeddings of zero: all
        words alike, and summed wherever they stand. "auto" is "identity" for that cell and fewer
        than 10,000 texts, of which random weights make nothing or something by chance.
    embedding_init : array of shape (n_ids, embedding_dim), dict of str to array, or None
        Embeddings to start from: a row for each id, or vectors of some words (the others are drawn
        at random).
    train_embedding : bool, default=True
        Whether embeddings are learned, or stay what they were at first.
    lowercase, token_pattern, stop_words, ngram_range, min_df
        How a text becomes words, as in scikit-learn's `CountVectorizer`. The pattern's default
        takes apostrophes within words. An n-gram stands where its last word does.
    normalize : bool, default=True
        Whether texts are first brought into composed characters (NFC), and apostrophes as they are
        printed, such as ’, into plain ones, so that a word is written in one way; and so with the
        words of `stop_words`, `vocabulary` and `embedding_init`.
    max_length : int or None, default=None
        Read only so many words of a text, the last ones.
    solver : {"rmsprop", "adam", "sgd", "lbfgs"}, default="rmsprop"
    batch_size : int or "auto", default="auto"
        "auto" is 128, or a sixteenth of the texts where they are fewer than 2,048, but at least 16.
    learning_rate_init : float, default=0.001
    momentum : float, default=0.9
        Of "sgd".
    l2 : float, default=0.0
        Penalty on the weights of layers (not on biases, nor on embeddings).
    clip_norm : float or None, default=1.0
        Longest gradient, by its Euclidean norm, that the mini-batch solvers follow.
    ema_momentum : float or None, default=0.995
        Of a moving average of the weights over the steps of training, by its name in Keras: what is
        kept at the end, and measured after each epoch. None keeps the weights of the last step.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is 600 steps of batches, rounded up to whole epochs, and at least four of
        them: four for 19,200 texts and more. Texts are learned by heart in the end, so that few
        epochs are meant, and there is no warning at the end of them. For "lbfgs" it is 200
        iterations.
    tol, n_iter_no_change
        Training ends where its loss has not fallen by `tol` for so many epochs in a row; with
        ``max_iter="auto"``, for so many quarters of all its epochs.
    early_stopping : bool, default=False
        Watch the loss of texts set aside, or of X_val, and go back to the best epoch.
    validation_fraction : float, default=0.1
        Part of the texts that early stopping sets aside, stratified by class.
    class_weight : dict, "balanced" or None, default=None
    warm_start : bool, default=False
        Whether `fit` goes on from the weights there are, with their vocabulary.
    random_state : int, RandomState or None, default=None
    verbose : bool or int, default=False
        Whether to show a progress bar with losses and scores.
    n_jobs : int or None, default=None
        Threads, as joblib counts them. The result is the same to the last bit.
    callback : callable or None, default=None
        Called at the end of each epoch; see `ElmanRNNClassifier`.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The ids of words, from 1, by how often they occur in the training texts; 0 stands for all
        others. Words that `partial_fit` adds follow after those there are. Not there after a fit to
        integer sequences without `vocabulary`.
    weights_ : dict of str to array
        `E` (n_ids, embedding_dim) and the weights of the layers, as `ElmanRNNClassifier` names
        them; float32.
    classes_ : (n_classes,) array
    history_, loss_curve_, n_iter_, best_loss_
        As of `ElmanRNNClassifier`.

    Notes
    -----
    By default it is the network of Keras' ``Embedding(10000, 32)``, ``SimpleRNN(10)`` and
    ``Dense(1, activation="sigmoid")``; 10,000 texts and more train it as its "rmsprop" does on
    "binary_crossentropy", but that gradients longer than `clip_norm` are shortened, and weights
    averaged over the last two hundred steps or so: without that, one batch can undo an epoch. A
    text in which no word is found is read as one unknown word. Everything is computed in single
    precision.

    Embeddings times input weights are a table with a row for each word, so that a step costs a
    look-up rather than a product; texts of any lengths are read side by side without padding.

    References
    ----------
    .. [1] Gal, Y., Ghahramani, Z., A theoretically grounded application of dropout in recurrent
       neural networks, NeurIPS (2016).
    .. [2] Maas, A. L. et al., Learning word vectors for sentiment analysis, ACL (2011).
    .. [3] Le, Q. V., Jaitly, N., Hinton, G. E., A simple way to initialize recurrent networks of
       rectified linear units, arXiv:1504.00941 (2015).

    Examples
    --------
    >>> from tsrnn import TextRNNClassifier
    >>> texts = ["a fine film", "truly fine", "a dull film", "dull, so dull"] * 20
    >>> mood = ["good", "good", "bad", "bad"] * 20
    >>> model = TextRNNClassifier(random_state=0).fit(texts, mood)
    >>> model.predict(["a fine story", "how dull"])
    array(['good', 'bad'], dtype='<U4')
    >>> model.encode(["a fine story"])[0]
    array([2, 4, 0], dtype=int32)
    """

    # What the other sequence classifiers have as arguments, and texts have no use for.
    standardize = False
    return_sequences = False
    bptt_steps = None

    _left_to_us = ("batch_size", "max_iter")

    vocabulary_: dict[str, int]

    def __init__(
        self,
        *,
        max_features: AnyInt | None = 10_000,
        vocabulary: Any = None,
        embedding_dim: AnyInt = 32,
        cell: Cell = "elman",
        hidden_layer_sizes: AnyInt | Sequence[int] = 10,
        bidirectional: bool = False,
        dropout: AnyFloat = 0.0,
        embedding_dropout: AnyFloat | Literal["auto"] = "auto",
        init: Init = "auto",
        embedding_init: Any = None,
        train_embedding: bool = True,
        lowercase: bool = True,
        token_pattern: str = _WORDS,
        stop_words: Literal["english"] | Collection[str] | None = None,
        ngram_range: tuple[int, int] = (1, 1),
        min_df: AnyInt | float = 1,
        normalize: bool = True,
        max_length: AnyInt | None = None,
        solver: Solver = "rmsprop",
        batch_size: AnyInt | Literal["auto"] = "auto",
        learning_rate_init: AnyFloat = 0.001,
        momentum: AnyFloat = 0.9,
        l2: AnyFloat = 0.0,
        clip_norm: AnyFloat | None = 1.0,
        ema_momentum: AnyFloat | None = 0.995,
        max_iter: AnyInt | Literal["auto"] = "auto",
        tol: AnyFloat = 1e-4,
        n_iter_no_change: AnyInt = 10,
        early_stopping: bool = False,
        validation_fraction: AnyFloat = 0.1,
        class_weight: dict | Literal["balanced"] | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | AnyInt = False,
        n_jobs: AnyInt | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

    @property
    def _epochs_are_meant(self) -> bool:  # type: ignore[override]
        return self.solver not in SEARCHES

    @property
    def cell_name(self) -> str:
        """The key of the cell in the table of networks' cells."""
        check_choice("cell", self.cell, get_args(Cell))
        return _CELLS[self.cell]

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Learn the vocabulary, and train on texts.

        Parameters
        ----------
        X : list, array or Series of str, or of integer sequences
            Texts, or ids of words: integers from 0 to `max_features` - 1, or those of `vocabulary`,
            0 for unknown words. All may be of any length; what has no word is one unknown word.
        y : array-like of shape (n_samples,)
            Labels of any type.
        sample_weight : array-like of shape (n_samples,), optional
            A weight counts in the loss like so many repetitions of the text; see
            `ElmanRNNClassifier.fit`.
        X_val, y_val, sample_weight_val : optional
            Texts to validate on at the end of each epoch, like X and y. With `early_stopping` they
            take the place of a part of X; without it they are only recorded.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            For what is no list of texts, or holds what is none; the message says where.
        ValueError
            For ids, labels, weights or arguments that are not accepted. After any error but the
            next the classifier is as it was before.
        TrainingDivergedError
            If the loss or its gradient is not finite, or the weights blow up. The classifier then
            has the last good weights, and can predict.

        Warns
        -----
        ConvergenceWarning
            If "lbfgs" ended before it converged, or training was interrupted by Ctrl-C (which ends
            it and keeps the best weights so far), or made the loss worse, or learned nothing.
        UserWarning
            If texts never hold one of `stop_words` or `vocabulary`, as they become words.
        """
        return self._finish(self._trained(X, y, sample_weight, X_val, y_val, sample_weight_val))

    @available_if(takes_batches)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one epoch, going on from where training is.

        The first call learns the vocabulary and draws the weights; later ones give new words ids
        while `max_features` leaves room, the most frequent first, with embeddings drawn at random.
        With `vocabulary` none are added. The texts of a call decide what "auto" stands for in it.

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
    def encode(self, X: Any) -> list[np.ndarray]:
        """Turn texts into the ids of their words.

        Parameters
        ----------
        X : list, array or Series of str

        Returns
        -------
        ids : list of (n_words,) int32 arrays
            0 for words that are not in the vocabulary; empty for a text without words.
        """
        check_is_fitted(self)
        items = as_items(X, "X")
        if not holds_texts(items, "X"):
            raise TypeError("encode takes texts, and X[0] is a sequence: it may be ids already")
        return self._encode(items).apart()

    @of_one_moment
    def decode(self, ids: Iterable[Iterable[int]]) -> list[list[str]]:
        """Turn ids back into words.

        Parameters
        ----------
        ids : list of integer sequences

        Returns
        -------
        words : list of list of str
            "<unknown>" for 0.
        """
        check_is_fitted(self)
        return decode(ids, self._known_words())

    def _known_words(self) -> dict[str, int]:
        if "vocabulary_" not in vars(self):
            raise ValueError(
                "there is no vocabulary, for the classifier was fitted to integer sequences: fit "
                "it to texts, or keep to integers"
            )
        return self.vocabulary_

    def _analyzer(self) -> Callable[[str], list[str]]:
        return analyzer_of(
            self.lowercase, self.token_pattern, self.stop_words, self.ngram_range, self.normalize
        )

    def _encode(self, texts: Sequence[str]) -> Ids:
        words_of, vocabulary = self._analyzer(), self._known_words()
        return encode(map(words_of, texts), vocabulary)

    def _check_own_arguments(self) -> None:
        if self.max_features is not None:
            check_count("max_features", self.max_features, 2)
        check_count("embedding_dim", self.embedding_dim)
        check_number("dropout", self.dropout, 0.0, 1.0, include_upper=False)
        if isinstance(self.embedding_dropout, str):
            check_choice("embedding_dropout", self.embedding_dropout, ("auto",))
        else:
            name = "embedding_dropout"
            check_number(name, self.embedding_dropout, 0.0, 1.0, include_upper=False)
        check_choice("init", self.init, get_args(Init))
        if self.init == "identity" and self.cell != "elman":
            raise InvalidParameterError(
                f"init='identity' is a start of cell='elman', which has no gates, got cell="
                f"{self.cell!r}: use init='auto' or 'random'"
            )
        check_flag("train_embedding", self.train_embedding)
        self._analyzer()
        self._check_max_length()
        if self.ema_momentum is not None:
            check_number("ema_momentum", self.ema_momentum, 0.0, 1.0, include_upper=False)
        if isinstance(self.min_df, float):
            check_number("min_df", self.min_df, 0.0, 1.0)
        else:
            check_count("min_df", self.min_df)
        if self.vocabulary is not None and self.min_df != 1:
            raise InvalidParameterError(
                "min_df chooses among the words of texts, and vocabulary is given: leave min_df=1, "
                f"got {self.min_df!r}"
            )
        if self.solver in SEARCHES and (self.dropout or self.embedding_dropout not in ("auto", 0)):
            raise InvalidParameterError(
                f"solver={self.solver!r} searches one function, and dropout draws another at "
                "every step: use a mini-batch solver, or dropout=0 and embedding_dropout=0"
            )

    def _fit(self, X: Any, *args: Any, partial: bool = False, **kwargs: Any) -> Training:
        self._check_own_arguments()
        if "weights_" in vars(self) and (partial or self.warm_start):
            if self.vocabulary is not None:
                self._refuse_another_vocabulary()
            elif partial:
                X = self._learn_more_words(X)
        return super()._fit(X, *args, partial=partial, **kwargs)

    def _refuse_another_vocabulary(self) -> None:
        if self._given_vocabulary() != vars(self).get("vocabulary_"):
            raise InvalidParameterError(
                "training goes on with the vocabulary that it began with, and vocabulary is "
                "another now: set warm_start=False and call fit to start anew"
            )

    def _given_vocabulary(self) -> dict[str, int]:
        """Return `vocabulary` by the words as they are found in texts."""
        given = as_mapping(self.vocabulary)
        keys = keys_by_word(given, self.normalize, "vocabulary")
        return {word: given[key] for word, key in keys.items()}

    def _learn_more_words(self, X: Any) -> Any:
        """Give words of X that have no id yet one, and return X as ids."""
        items = as_items(X, "X")
        if not holds_texts(items, "X"):
            return X
        known, n_ids = self._known_words(), self._n_tokens
        words = map(self._analyzer(), items)
        vocabulary, read = learn_vocabulary(words, self.max_features, self.min_df, known, n_ids)
        n_more = len(vocabulary) - len(known)
        if n_more:
            if self._random_state is not self.random_state:
                self._random_state = copy.deepcopy(self._random_state)
            self._take_in(n_more)
            self.vocabulary_ = vocabulary
            if isinstance(self.embedding_init, Mapping):
                new = {word: i for word, i in vocabulary.items() if i >= n_ids}
                self._write_embeddings(self.weights_["E"], new, some=False)
        return read.apart()

    def _read_sequences(self, X: Any, *, reset: bool, name: str = "X") -> Tokens:
        """Read texts or ids, and learn the vocabulary where there is none yet."""
        items = as_items(X, name)
        is_text = holds_texts(items, name)
        if reset and self.vocabulary is not None:
            words = self._given_vocabulary()
            given = read_vocabulary(words, self.max_features, self._analyzer())
            self.vocabulary_, self._n_tokens = given, 1 + max(given.values())
        elif reset and is_text:
            return self._as_tokens(self._learn_words(items))
        elif reset:
            self._n_tokens = self._most_ids()
        read = self._encode(items) if is_text else read_ids(items, name, self._n_tokens)
        return self._as_tokens(read)

    def _as_tokens(self, read: Ids) -> Tokens:
        self._check_max_length()
        return as_tokens(read, self.max_length)

    def _check_max_length(self) -> None:
        if self.max_length is not None:
            check_count("max_length", self.max_length)

    def _learn_words(self, texts: Sequence[str]) -> Ids:
        words = map(self._analyzer(), texts)
        self.vocabulary_, read = learn_vocabulary(words, self.max_features, self.min_df)
        if not self.vocabulary_:
            raise ValueError(
                "X has no words to learn: all texts are empty, or stop_words, token_pattern or "
                "min_df leave none"
            )
        self._n_tokens = len(self.vocabulary_) + 1
        return read

    def _most_ids(self) -> int:
        if self.max_features is None:
            raise InvalidParameterError(
                "max_features=None takes all words of texts, but X holds integer sequences: set "
                "it to the number of ids"
            )
        return self.max_features

    def _reads_alike(self) -> bool:
        # "auto" leaves words out where texts are few, and in a search never.
        return self.solver in SEARCHES or not (self.dropout or self.embedding_dropout)

    def _learn_units(self, samples: Samples) -> None:
        """Learn nothing: ids have no units."""
        self._learn_target_units(samples)

    def _in_units(self, samples: Samples, dtype: np.dtype) -> Samples:
        targets = self._targets.encoded(samples.targets, dtype)
        return replace(samples, targets=targets, weights=samples.weights.astype(dtype, copy=False))

    def _architecture(self, samples: Samples) -> Architecture:
        return Architecture(
            self.cell_name,
            self.embedding_dim,
            sizes_of_layers(self),
            self._targets.n_outputs(samples.targets),
            bool(self.bidirectional),
            n_tokens=self._n_tokens,
        )

    def _initialize(self, theta: np.ndarray, samples: Samples, *, goes_on: bool) -> None:
        """Write what is to be started from over weights drawn at random."""
        few = self.cell == "elman" and are_few(samples.n_samples)
        if self.init == "identity" or (self.init == "auto" and few):
            self._start_from_the_identity(theta)
        if self.embedding_init is not None:
            by_word = isinstance(self.embedding_init, Mapping)
            vocabulary = self._known_words() if by_word else None
            self._write_embeddings(self._network.unpack(theta)["E"], vocabulary)

    def _write_embeddings(
        self, E: np.ndarray, vocabulary: Mapping[str, int] | None, *, some: bool = True
    ) -> None:
        given = self.embedding_init
        write_embeddings(E, given, vocabulary, normalize=self.normalize, some=some)

    def _start_from_the_identity(self, theta: np.ndarray) -> None:
        for name, weight in self._network.unpack(theta).items():
            if name.startswith("W_hh"):
                weight[:] = np.eye(len(weight))
            elif name == "E" and self.train_embedding:  # else all words would stay the same
                weight[:] = 0.0

    def _batch_left_to_us(self, n_sequences: int) -> int:
        """Return how many texts a batch has where `batch_size` is "auto"."""
        return batch_of(n_sequences)

    def _plan(self, sequences: Sequences, *, partial: bool) -> Plan:
        plan, n_texts = super()._plan(sequences, partial=partial), sequences.n_sequences
        if plan.max_iter == "auto":
            plan = with_epochs(plan, n_texts)
        return plan

    def _objective(self, engine: Any, samples: Samples) -> NetworkObjective:
        words = self.embedding_dropout
        if words == "auto":
            searches = self.solver in SEARCHES
            words = 0.0 if searches else dropout_of(samples.n_samples)
        return TextObjective(
            engine,
            samples,
            self._targets,
            words=words,
            states=self.dropout,
            seed=self._draw_seed(words or self.dropout),
            n_frozen=0 if self.train_embedding else self._n_tokens * self.embedding_dim,
        )

    def _draw_seed(self, drops: float) -> int:
        # Without dropout nothing is drawn, so that epochs one by one have the batches of a fit.
        return int(self._random_state.randint(2**31 - 1)) if drops else 0

    def _outputs(self, X: Any) -> tuple[np.ndarray, Tokens]:
        """Return the network's raw outputs, some thousand texts at a time."""
        check_is_fitted(self)
        items = as_items(X, "X")
        is_text = holds_texts(items, "X")
        if not is_text:
            items = read_ids(items, "X", self._n_tokens).apart()
        theta = self._network.pack(self.weights_, np.float32)
        outputs = []
        with self._engine() as engine:
            for part in _parts(items):
                ids = self._encode(part) if is_text else joined(list(part))
                outputs.append(engine.predict(theta, self._as_tokens(ids)))
        return np.concatenate(outputs), Tokens(np.empty(0, np.int32), np.zeros(1, np.int64))

    def _ready(self, X: Any) -> tuple[np.ndarray, Tokens]:
        check_is_fitted(self)
        tokens = self._read_sequences(X, reset=False)
        return self._network.pack(self.weights_, np.float32), tokens

    def __sklearn_tags__(self):
        """Tell scikit-learn what to expect."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _TEXTS_AT_A_TIME):
        yield items[start : start + _TEXTS_AT_A_TIME]
