"""Dense networks that read a window at once, as a regressor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self, get_args

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._dense.engine import DenseEngine
from tsrnn._input.numbers import AnyFloat, AnyInt
from tsrnn._input.validation import check_choice, of_one_moment
from tsrnn._optim.losses import NumberLoss
from tsrnn._recurrent.table import Table, table_of_counts
from tsrnn.sequence.arguments import (
    Activation,
    LearningRate,
    Solver,
    check_arguments,
    check_running,
    sizes_of_layers,
)
from tsrnn.sequence.base import store_arguments
from tsrnn.sequence.dense_weights import from_keras, from_torch, to_keras, to_torch
from tsrnn.sequence.docs import documented_dense
from tsrnn.sequence.losses import LossName
from tsrnn.sequence.objective import TrainingState
from tsrnn.sequence.regressor import NumberRegressor
from tsrnn.sequence.samples import Samples
from tsrnn.sequence.weights import refuse_other_outputs


@documented_dense
class DenseWindowRegressor(NumberRegressor):
    r"""Predict numbers from windows by a dense network with a linear path.

    A window of T steps is read at once, as a row, rather than step by step: the network for windows
    of one length, such as the last values of many series, which it learns from in a fraction of a
    recurrent network's time and on which dense networks have forecast as well as any [2]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Notes
    -----
    With :math:`h_0 = x` the window, step by step with the features of a step together, and layers
    :math:`l = 1, 2` up to :math:`L`

    .. math::

        h_l &= s(W_{hx,l} h_{l-1} + b_{h,l}) \\
        y &= W_{yh} h_L + b_y + W_{yx} x

    with :math:`s` the `activation`. :math:`W_{yx}` is the linear path, which does what a linear
    regression on the window would, so that the layers have to learn only what bends. Layers are
    drawn as Glorot and Bengio [1]_ do, and the output's weights, :math:`W_{yh}`, :math:`b_y` and
    :math:`W_{yx}`, start at 0: training begins at the answer that is best whatever the window is,
    and not at a random one.

    {notes}

    References
    ----------
    .. [1] Glorot, X., Bengio, Y., Understanding the difficulty of training deep feedforward neural
       networks, AISTATS (2010).
    .. [2] Oreshkin, B. N. et al., N-BEATS: neural basis expansion analysis for interpretable time
       series forecasting, ICLR (2020).

    Examples
    --------
    The next two values of a wave that bends, from the eight before them:

    >>> import numpy as np
    >>> from tsrnn import DenseWindowRegressor
    >>> wave = np.abs(np.sin(0.3 * np.arange(400)))
    >>> windows = np.lib.stride_tricks.sliding_window_view(wave, 10)
    >>> X, y = windows[:, :8], windows[:, 8:]
    >>> model = DenseWindowRegressor(hidden_layer_sizes=32, random_state=0).fit(X[:300], y[:300])
    >>> model.score(X[300:], y[300:]) > 0.95
    True
    """

    _reads_windows = True
    _why_windows = "a dense network reads windows, all of one length"
    _explosive = "W_hx"

    def __init__(
        self,
        *,
        hidden_layer_sizes: AnyInt | Sequence[int] = (128, 128),
        activation: Activation = "relu",
        linear_path: bool = True,
        loss: LossName | NumberLoss = "squared_error",
        quantiles: AnyFloat | Sequence[float] | None = None,
        huber_delta: AnyFloat = 1.0,
        solver: Solver = "adam",
        batch_size: AnyInt | Literal["auto"] = "auto",
        learning_rate_init: AnyFloat = 0.001,
        learning_rate: LearningRate = "constant",
        warmup_steps: AnyInt = 0,
        momentum: AnyFloat = 0.9,
        l2: AnyFloat = 1e-4,
        clip_norm: AnyFloat | None = 1.0,
        max_iter: AnyInt = 200,
        tol: AnyFloat = 1e-4,
        n_iter_no_change: AnyInt = 10,
        early_stopping: bool = False,
        validation_fraction: AnyFloat = 0.1,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool | AnyInt = False,
        n_jobs: AnyInt | None = None,
        callback: Callable[[TrainingState], Any] | None = None,
    ) -> None:
        store_arguments(self, locals())

    @of_one_moment
    def summary(self) -> Table:
        """Return a table of the layers: what each gives, and how many parameters it has.

        Returns
        -------
        table : str
            It shows as it is, in notebooks too. Before a fit there are question marks for what
            follows from the data.
        """
        network = vars(self).get("_network")
        if network is None:
            sizes = sizes_of_layers(self)
            rows: list[Any] = [("input", "(T, ?)", None)]
            rows += [(f"dense_{self.activation}", f"({size},)", None) for size in sizes]
            rows += [("linear path", "(?,)", None)] if self.linear_path else []
            rows += [("output", "(?,)", None)]
            title = f"{type(self).__name__}, not fitted yet"
            return table_of_counts(title, ("layer", "output"), rows)
        counts = {name: weight.size for name, weight in self.weights_.items()}
        rows = [("input", f"({network.n_steps}, {network.n_features})", 0)]
        for suffix, size in zip(network.suffixes, network.hidden_sizes, strict=True):
            count = counts[f"W_hx{suffix}"] + counts[f"b_h{suffix}"]
            rows.append((f"dense_{network.activation}", f"({size},)", count))
        m = network.n_outputs
        rows += [("linear path", f"({m},)", counts["W_yx"])] if network.linear_path else []
        rows.append(("output", f"({m},)", counts["W_yh"] + counts["b_y"]))
        title = f"{type(self).__name__}, {self.weights_['b_y'].dtype}, {self.n_iter_} epochs"
        return table_of_counts(title, ("layer", "output"), rows)

    @of_one_moment
    def to_keras_weights(self) -> list[np.ndarray]:
        """Return the weights as Keras lays them out, standardisation folded into them.

        Returns
        -------
        arrays : list of array
            Kernel and bias of each Dense, from the input to the output, and last the kernel of the
            linear path, where there is one: a Dense without a bias from the flat window to the
            outputs, whose answer is added.
        """
        check_is_fitted(self)
        return to_keras(self._weights_of_data())

    @of_one_moment
    def to_torch_weights(
        self, *, layers: str = "layers", linear: str = "linear"
    ) -> dict[str, np.ndarray]:
        """Return the weights as PyTorch lays them out, standardisation folded into them.

        Parameters
        ----------
        layers, linear : str
            Names of the module's parts: a Sequential in which Linear layers and activations take
            turns, and the linear path, a Linear without a bias from the flat window to the outputs,
            whose answer is added.

        Returns
        -------
        state : dict of str to array
            For `load_state_dict`, once `torch.from_numpy` has made tensors of the arrays.
        """
        check_is_fitted(self)
        return to_torch(self._weights_of_data(), layers=layers, linear=linear)

    @classmethod
    def from_keras_weights(cls, arrays: Sequence[np.ndarray], **parameters: Any) -> Self:
        """Make a fitted estimator of the weights of a Keras model.

        Parameters
        ----------
        arrays : list of array
            What `get_weights` of a Sequential of Dense layers returns, and after it the kernel of a
            linear path, if there is one.
        **parameters
            Of the estimator, without those that the weights decide: `hidden_layer_sizes`,
            `linear_path` and `standardize` (False). `activation` must be what it is in Keras.

        Returns
        -------
        estimator : estimator
            It takes matrices (n_samples, T), predicts what the model does, and can be trained
            further by `partial_fit`.
        """
        return cls._of_weights(from_keras(arrays), parameters)

    @classmethod
    def from_torch_weights(cls, state: Mapping[str, np.ndarray], **parameters: Any) -> Self:
        """Make a fitted estimator of the weights of a PyTorch model.

        Parameters
        ----------
        state : dict of str to array
            The `state_dict` of a module of Linear layers, in the order in which they read one
            another, whatever they are called. One without a bias is the linear path.
        **parameters
            As for `from_keras_weights`.

        Returns
        -------
        estimator : estimator
            It takes matrices (n_samples, T), predicts what the module does, and can be trained
            further by `partial_fit`.
        """
        return cls._of_weights(from_torch(state), parameters)

    def _architecture(self, samples: Samples) -> DenseArchitecture:
        check_choice("activation", self.activation, get_args(Activation))
        return DenseArchitecture(
            self.activation,
            self.n_timesteps_,
            samples.sequences.n_features,
            sizes_of_layers(self),
            self._targets.n_outputs(samples.targets),
            bool(self.linear_path),
        )

    def _engine(self) -> DenseEngine:
        check_running(self)
        return DenseEngine(self._network, n_jobs=self.n_jobs)

    @classmethod
    def _of_weights(cls, weights: dict[str, np.ndarray], parameters: dict[str, Any]) -> Self:
        sizes = tuple(len(array) for name, array in weights.items() if name.startswith("b_h"))
        shape = {"hidden_layer_sizes": sizes, "linear_path": "W_yx" in weights}
        return super()._of_weights(weights, parameters | shape | {"standardize": False})

    def _adopt(self, weights: Mapping[str, np.ndarray]) -> Self:
        check_arguments(self)
        check_choice("activation", self.activation, get_args(Activation))
        sizes = sizes_of_layers(self)
        n_steps = weights["W_hx" if len(sizes) == 1 else "W_hx_l0"].shape[1]
        n_outputs, linear_path = len(weights["b_y"]), "W_yx" in weights
        network = DenseArchitecture(self.activation, n_steps, 1, sizes, n_outputs, linear_path)
        self._take_over(network, weights, n_features=1)
        self.n_features_in_ = self.n_timesteps_ = n_steps
        self._sequence_kind = "matrix"
        return self

    def _weights_of_data(self) -> dict[str, np.ndarray]:
        """Return weights that act on data in its own units: the standardisation taken into them.

        Raises
        ------
        TypeError
            Where outputs are no predictions; the message names what is made of them.
        """
        refuse_other_outputs(self)
        network, weights = self._network, dict(self.weights_)
        spread = np.tile(self.input_spread_, network.n_steps)
        offset = np.tile(self.input_center_ / self.input_spread_, network.n_steps)
        first = network.suffixes[0]
        of_inputs = weights[f"W_hx{first}"]
        weights[f"b_h{first}"] = weights[f"b_h{first}"] - of_inputs @ offset
        weights[f"W_hx{first}"] = of_inputs / spread
        if network.linear_path:
            weights["b_y"] = weights["b_y"] - weights["W_yx"] @ offset
            weights["W_yx"] = weights["W_yx"] / spread * self.target_spread_[:, None]
        weights["W_yh"] = weights["W_yh"] * self.target_spread_[:, None]
        weights["b_y"] = weights["b_y"] * self.target_spread_ + self.target_center_
        dtype = self.weights_["b_y"].dtype
        return {name: np.array(array, dtype) for name, array in weights.items()}
