"""Docstrings that the six sequence estimators have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tsrnn._docs import Documented, filled_in

_PARAMETERS = """\
hidden_layer_sizes : int or tuple of int, default=(32,)
    Units of each recurrent layer, from the input up.
{activation}{loss}solver : {"adam", "rmsprop", "sgd", "lbfgs"}, default="adam"
    Three that take mini-batches, and L-BFGS-B of `scipy.optimize` (by that name, too), which takes
    all sequences at once: for small data and small networks it goes deepest.
batch_size : int or "auto", default="auto"
    Sequences in a mini-batch; "auto" is min(200, n_samples).
learning_rate_init : float, default=0.005
    Step of the mini-batch solvers.
learning_rate : {"constant", "cosine"}, default="constant"
    "cosine" has the step fall to 0 along half a wave, over all steps of `max_iter` epochs. Then
    these are as many as are meant: training goes on to the last, whatever `tol` says, unless
    `early_stopping` ends it. A warm start begins the wave anew.
warmup_steps : int, default=0
    Steps (batches) in which the learning rate rises linearly at first. Neither this nor "cosine"
    is for "lbfgs", which makes steps of its own, or for `partial_fit`, which does not know how
    many there will be.
momentum : float, default=0.9
    Of "sgd", in Nesterov's form.
l2 : float, default=1e-4
    Penalty on weights (not on biases). What is minimised is the weighted mean of the losses and
    `0.5 * l2 * sum(W**2) / sum(sample_weight)`, whatever the batches are.
clip_norm : float or None, default=1.0
    Longest gradient, by its Euclidean norm, that the mini-batch solvers follow; a longer one is
    scaled down.
bptt_steps : int or None, default=None
    Backpropagation through time is cut at every so many steps, counted back from the end of each
    sequence; states are carried on. So the gradient of a sequence's target reaches so many steps
    back, and memory grows with them rather than with the sequence; with `return_sequences=True`
    that of a step's target reaches the beginning of its chunk. Not for "lbfgs".
max_iter : int, default=200
    Epochs, or iterations of "lbfgs".
tol : float, default=1e-4
    Mini-batch solvers stop where the loss has not fallen below its lowest by `tol` for
    `n_iter_no_change` epochs in a row; "lbfgs" where no component of the gradient exceeds it.
n_iter_no_change : int, default=10
early_stopping : bool, default=False
    Watch the loss of validation sequences rather than that of training, and go back to the weights
    of the epoch in which it was lowest.
validation_fraction : float, default=0.1
    Part of the sequences that early stopping sets aside{stratified}, where there is no X_val.
{target}{linear_path}return_sequences : bool, default=False
    Whether there is a target at every step, rather than one for a sequence.
bidirectional : bool, default=False
    Whether each layer reads both ways, with `hidden_layer_sizes` units in each direction; the next
    layer, or the output, reads both. For one target a sequence the output reads the states that
    each direction ends in.
standardize : bool, default=True
    Whether the network works on {units} less their mean, divided by their standard deviation, both
    weighted by `sample_weight` and taken over all steps of the training sequences.{of_loss}
warm_start : bool, default=False
    Whether `fit` goes on from the weights there are, with their units; the history goes on, too.
random_state : int, RandomState or None, default=None
    Draws the first weights, what early stopping sets aside, and the batches.
verbose : bool or int, default=False
    Whether to show a progress bar with losses and scores.
n_jobs : int or None, default=None
    Threads, as joblib counts them; None is one. The result is the same to the last bit.
callback : callable or None, default=None
    Called at the end of each epoch with an object that has `epoch` (from 1), `history` (as
    `history_`) and `weights` (a copy, as `weights_`); training ends where it returns something
    true."""

_ACTIVATION = """\
activation : {"tanh", "relu", "logistic", "identity"}, default="tanh"
    Of the hidden layers.
"""

_CLASS_WEIGHT = """\
class_weight : dict, "balanced" or None, default=None
    Weight of each label, by which those of its sequences (or steps) are multiplied; "balanced"
    gives all labels the same sum. A label whose weights are zero throughout is not learned, and
    stays among `classes_`.
"""

_INIT = """\
init : {"holt"} or None, default=None
    "holt" starts a network on lag windows from weights that reproduce Holt's method fitted to the
    same windows, where training then goes on: one layer that reads forward, one feature a step, and
    targets that are the values following a window.
"""

_LOSS = """\
loss : {"squared_error", "absolute_error", "huber", "quantile", "poisson"}, \
default="squared_error"
    What is minimised: for means, for medians, for something between them that large errors bend
    less than squares, for `quantiles`, or for the rates of counts, the network's output being
    their logarithm. It is the mean over the targets of a sequence, in the units of training: the
    square, the magnitude, Huber's loss, the pinball losses of all levels q over
    `sqrt(q * (1 - q))`, so that all pull alike and the median as the magnitude does, or half of
    Poisson's deviance.
quantiles : float or sequence of float, default=None
    Levels between 0 and 1, ascending, of `loss="quantile"`, which are learned at once and never
    cross: outputs are that in the middle, and distances from it. None is (0.05, 0.5, 0.95).
    `predict` gives the median, interpolated where it is not among them, or of levels on one side
    of it the nearest.
huber_delta : float, default=1.0
    Error at which "huber" passes from squares to magnitudes, in units of training: robust standard
    deviations of the targets, or with `standardize=False` the targets' unit.
"""

_LINEAR_PATH = """\
linear_path : bool, default=False
    Whether a linear path leads from the whole sequence to the outputs, past the recurrent layers:
    what a linear regression on the window can say is then no work for them. It starts at 0.
    Sequences are then all of one length, with a target for each.
"""

_ATTRIBUTES = """\
weights_ : dict of str to array
    What was learned, by name; they act on standardised inputs. `W_hx`, `W_hh` and `b_h` of each
    layer {gates}, `W_yh` (n_outputs, n_units) and `b_y` of the output{of_path}. With several
    layers or two directions the names of a layer end in `_l0`, `_l0_reverse`, `_l1` and so on.
input_center_, input_spread_ : (n_features,) arrays
    The network reads `(x - input_center_) / input_spread_`; 0 and 1 without `standardize`, and the
    spread of a constant feature is 1.
{n_timesteps}{of_target}loss_curve_ : list of float
    Training loss of each epoch: the mean over its batches of what is minimised{in_units}.
history_ : dict of str to list of float
    One value an epoch: "loss", as `loss_curve_`; with validation sequences "val_loss" (without the
    penalty), "{metric}" and "val_{metric}"; with `verbose` alone "{metric}", too. These scores are
    measured at the end of an epoch, which for the training part costs another pass over the
    data.{of_metric}{counted}
n_iter_ : int
    Epochs, or iterations of "lbfgs"; those of earlier calls count where training went on.
best_loss_ : float
    The lowest of `val_loss` with early stopping, of `loss` otherwise, since `fit` was called; with
    early stopping it is that of the weights, those that a warm start begins with included.
n_features_in_ : int
    Number of steps if X is a matrix, else of features of a step."""

_OF_REGRESSOR = """\
target_center_, target_spread_ : (n_targets,) arrays
    What the loss makes of the network's output, times `target_spread_` plus `target_center_`, is
    the prediction; 0 and 1 without `standardize`.
quantiles_ : (n_quantiles,) array
    Levels that are learned, with `loss="quantile"`.
"""

# Continues a line of the parameters.
_UNITS_OF_LOSS = """ "absolute_error" and "huber" have
targets less their median, "quantile" less that in the middle, all divided by a robust standard
deviation (1.48 times the median distance from the median), and "poisson" divided by their
mean."""

_OF_CLASSIFIER = """\
classes_ : (n_classes,) array
    The labels, in order. For two of them the network has one output, the logit of the second.
"""

_EXPLOSION = "ten thousand (of losses that grow like the magnitude, a hundred)"

# Continues a line of the attributes.
_OF_METRIC = """ Under another loss than squares
they are "d2" and "val_d2": see `score`."""

# Continues a line of the attributes, and takes over its indentation.
_COUNTED = """ Where there is neither,
"accuracy" is the share that was right as the epoch went on: the mean over its batches, like
"loss"."""

_NOTES = """\
Weights are drawn as Glorot and Bengio [1]_ do for inputs and output, orthogonal from state to
state, and biases are zero{forget}. Without early stopping the weights are those that training ends
with. Where a loss or a gradient is not finite, or the loss of an epoch (of the last batch after the
last step) is {explosion} times that of a constant answer, `TrainingDivergedError` is raised and the
weights of the best epoch before are kept; where training ends at more than twice that loss, or goes
on from weights that were better, a `ConvergenceWarning` says so and they are kept, too. It also
tells where the loss is less than 1% below that of the best constant (of n > 1000 sequences less
than 10.8 / n). Ctrl-C ends training, with a `ConvergenceWarning`, and keeps the best weights so
far; in the first epoch, and in searches, pipelines and panels, it is a `KeyboardInterrupt`."""


@dataclass(frozen=True)
class CellText:
    """Parts of the docstrings of one cell's regressor and classifier.

    Attributes
    ----------
    gates : str
        Shapes of a layer's weights, for its units D and what it reads, p.
    equations : str
        How a layer reads a sequence.
    references : str
    has_activation : bool
        Whether there is a choice of activations.
    forgets : bool
        Whether there is a forget gate.
    """

    gates: str
    equations: str
    references: str
    has_activation: bool = False
    forgets: bool = False


def documented(cell: CellText, *, kind: str) -> Callable[[Documented], Documented]:
    """Fill in what a class's docstring leaves to this module and to the text of its cell."""
    regressor = kind == "regressor"
    return filled_in(
        {
            "{parameters}": _PARAMETERS,
            "{attributes}": _ATTRIBUTES,
            "{equations}": cell.equations,
            "{notes}": _NOTES,
            "{references}": cell.references,
            "{loss}": _LOSS if regressor else "",
            "{of_loss}": _UNITS_OF_LOSS if regressor else "",
            "{activation}": _ACTIVATION if cell.has_activation else "",
            "{target}": _INIT if regressor else _CLASS_WEIGHT,
            "{linear_path}": _LINEAR_PATH if regressor else "",
            "{of_path}": _OF_PATH if regressor else "",
            "{n_timesteps}": _N_TIMESTEPS if regressor else "",
            "{stratified}": "" if regressor else ", with as many of each label",
            "{units}": "inputs and targets" if regressor else "inputs",
            "{gates}": cell.gates,
            "{of_target}": _OF_REGRESSOR if regressor else _OF_CLASSIFIER,
            "{in_units}": ", in standardised units" if regressor else "",
            "{counted}": "" if regressor else _COUNTED,
            "{metric}": "r2" if regressor else "accuracy",
            "{of_metric}": _OF_METRIC if regressor else "",
            "{forget}": ", but for the forget gate's, which is one [2]_" if cell.forgets else "",
            "{explosion}": _EXPLOSION if regressor else "a hundred",
        }
    )


_OF_DENSE = """\
hidden_layer_sizes : int or tuple of int, default=(128, 128)
    Units of each layer, from the input up.
activation : {"relu", "tanh", "logistic", "identity"}, default="relu"
    Of the hidden layers.
linear_path : bool, default=True
    Whether a linear path leads from the window to the outputs, past the layers.
"""

# Continues a line of the attributes.
_OF_PATH = """, `W_yx` (n_outputs,
n_timesteps * n_features) of a linear path"""

_N_TIMESTEPS = """\
n_timesteps_ : int
    Steps of a sequence, with `linear_path=True`.
"""

_ATTRIBUTES_OF_DENSE = """\
weights_ : dict of str to array
    What was learned, by name; they act on standardised inputs, the window step by step. `W_hx`
    (n_units, n_below) and `b_h` of each layer, whose names end in `_l0`, `_l1` and so on where
    there are several; `W_yh` (n_outputs, n_units) and `b_y` of the output; `W_yx` (n_outputs,
    n_timesteps * n_features) of the linear path.
n_timesteps_ : int
    Steps of a window.
"""

# What of the arguments and attributes of recurrent networks a dense one does not have, or has of
# its own.
_OF_RECURRENT = (
    "hidden_layer_sizes",
    "bptt_steps",
    "return_sequences",
    "bidirectional",
    "weights_",
)


def documented_dense(described: Documented) -> Documented:
    """Fill in what the docstring has in common with those of recurrent networks."""
    return filled_in(
        {
            "{parameters}": _OF_DENSE + _without(_OF_RECURRENT, _PARAMETERS),
            "{attributes}": _ATTRIBUTES_OF_DENSE + _without(_OF_RECURRENT, _ATTRIBUTES),
            "{notes}": _NOTES[_NOTES.index("Without early") :],
            "{activation}": "",
            "{loss}": _LOSS,
            "{of_loss}": _UNITS_OF_LOSS,
            "{stratified}": "",
            "{units}": "inputs and targets",
            "{n_timesteps}": "",
            "{of_target}": _OF_REGRESSOR,
            "{in_units}": ", in standardised units",
            "{of_metric}": _OF_METRIC,
            "{counted}": "",
            "{metric}": "r2",
            "{explosion}": _EXPLOSION,
            "default=0.005": "default=0.001",
        }
    )(described)


def _without(names: tuple[str, ...], text: str) -> str:
    """Leave entries out of a list of parameters or attributes, with the marks before them."""
    entries = re.split(r"\n(?=[\w{])", text)
    own = [re.sub(r"\{\w+\}", "", entry).split(" ")[0] for entry in entries]
    return "\n".join(entry for entry, name in zip(entries, own, strict=True) if name not in names)
