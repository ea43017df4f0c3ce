"""Ask PyTorch and Keras for what recurrent networks with given weights compute.

Run as `python make_recurrent.py recurrent.npz` where both are installed; README.md beside this file
says what is in the file and by which versions it was made. The seeds are fixed, and weights and
data are multiples of 1/1024, which every float type holds exactly.
"""

import json
import os
import sys
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

N_FEATURES, N_OUTPUTS, N_STEPS = 3, 2, 9
LENGTHS = {"equal": [N_STEPS] * 5, "ragged": [9, 1, 4, 7, 5]}

# Sizes of the layers, and whether they read both ways.
LAYOUTS = {
    "one": ((6,), False),
    "two": ((6, 4), False),
    "both_ways": ((6,), True),
    "two_both_ways": ((3, 3), True),
}

TORCH_CELLS = {
    "elman_tanh": (torch.nn.RNN, {"nonlinearity": "tanh"}),
    "elman_relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "gru": (torch.nn.GRU, {}),
    "lstm": (torch.nn.LSTM, {}),
}
KERAS_CELLS = {
    "elman_tanh": (keras.layers.SimpleRNN, {}),
    "elman_relu": (keras.layers.SimpleRNN, {"activation": "relu"}),
    "elman_logistic": (keras.layers.SimpleRNN, {"activation": "sigmoid"}),
    "elman_identity": (keras.layers.SimpleRNN, {"activation": "linear"}),
    "gru": (keras.layers.GRU, {}),
    "lstm": (keras.layers.LSTM, {}),
}

# The activations that differ in nothing but one function are asked of one layer alone.
ONE_LAYER_ONLY = ("elman_relu", "elman_logistic", "elman_identity")

# Equal ones as users compute them; ragged ones to the last digit.
TORCH_RUNS = (("equal", np.float32), ("ragged", np.float64))

EPOCH_SEQUENCES, EPOCH_BATCH, EPOCH_RATE = 43, 8, 0.01


def rounded(rng: np.random.Generator, shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
    """Draw normal numbers, rounded to multiples of 1/1024."""
    return np.round(1024 * scale * rng.standard_normal(shape)) / 1024


def draw_weights(cell: str, shapes: list, rng: np.random.Generator) -> list[np.ndarray]:
    """Draw weights of a size at which states neither saturate nor, unbounded ones, grow."""
    scale = 0.2 if cell in ONE_LAYER_ONLY else 0.4
    return [rounded(rng, tuple(shape), scale).astype(np.float32) for shape in shapes]


def make_data() -> dict[str, np.ndarray]:
    """Sequences one after the other, a target for each and one for each step."""
    rng = np.random.default_rng(1)
    data = {}
    for name, lengths in LENGTHS.items():
        data[f"{name}/lengths"] = np.array(lengths, dtype=np.int64)
        data[f"{name}/X"] = rounded(rng, (sum(lengths), N_FEATURES))
        data[f"{name}/y_last"] = rounded(rng, (len(lengths), N_OUTPUTS))
        data[f"{name}/y_steps"] = rounded(rng, (sum(lengths), N_OUTPUTS))
    return data


class TorchNetwork(torch.nn.Module):
    """Recurrent layers and a head; layers of different sizes are modules of their own."""

    def __init__(self, cell: str, layout: str) -> None:
        super().__init__()
        make, options = TORCH_CELLS[cell]
        sizes, bidirectional = LAYOUTS[layout]
        options = options | {"bidirectional": bidirectional}
        if len(set(sizes)) == 1:
            layers = [make(N_FEATURES, sizes[0], num_layers=len(sizes), **options)]
        else:
            pairs = zip((N_FEATURES, *sizes), sizes, strict=False)
            layers = [make(n_inputs, size, **options) for n_inputs, size in pairs]
        self.rnn = torch.nn.ModuleList(layers) if len(layers) > 1 else layers[0]
        self.n_directions = 2 if bidirectional else 1
        self.fc = torch.nn.Linear(self.n_directions * sizes[-1], N_OUTPUTS)

    def forward(self, sequences: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Return the states at every step (R, D) and at the end (N, D), and the outputs there."""
        packed = pack_sequence(sequences, enforce_sorted=False)
        for layer in self.rnn if isinstance(self.rnn, torch.nn.ModuleList) else [self.rnn]:
            packed, last = layer(packed)
        last = last[0] if isinstance(last, tuple) else last
        ends = torch.cat(list(last[-self.n_directions :]), dim=1)
        padded, lengths = pad_packed_sequence(packed, batch_first=True)
        states = torch.cat([row[:n] for row, n in zip(padded, lengths, strict=True)])
        return states, ends, self.fc(states), self.fc(ends)


def run_torch(cell: str, layout: str, data: dict, rng: np.random.Generator) -> dict:
    """Weights, and of both kinds of sequences states, outputs, losses and gradients."""
    network = TorchNetwork(cell, layout)
    names, tensors = zip(*network.state_dict().items(), strict=True)
    drawn = draw_weights(cell, [tensor.shape for tensor in tensors], rng)
    state = dict(zip(names, drawn, strict=True))
    values = {f"weights/{name}": array for name, array in state.items()}
    for kind, dtype in TORCH_RUNS:
        network.to(getattr(torch, np.dtype(dtype).name))
        network.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
        x, y_last, y_steps = (
            torch.tensor(data[f"{kind}/{name}"].astype(dtype))
            for name in ("X", "y_last", "y_steps")
        )
        states, ends, of_steps, of_ends = network(list(x.split(data[f"{kind}/lengths"].tolist())))
        place = f"{np.dtype(dtype).name}/{kind}"
        tensors = {f"{place}/states": states, f"{place}/last_states": ends}
        for name, outputs, y in (("last", of_ends, y_last), ("steps", of_steps, y_steps)):
            loss = ((outputs - y) ** 2).mean(dim=1).sum()
            network.zero_grad()
            loss.backward(retain_graph=True)
            tensors |= {f"{place}/{name}/outputs": outputs, f"{place}/{name}/loss": loss}
            for key, weight in network.named_parameters():
                tensors[f"{place}/{name}/gradient/{key}"] = weight.grad.clone()
        values |= {name: tensor.detach().numpy() for name, tensor in tensors.items()}
    return values


def keras_network(
    cell: str, layout: str, n_outputs: int, sequences: bool, head: str | None = None, **more: Any
) -> keras.Sequential:
    """Build a Sequential of recurrent layers and a Dense."""
    make, options = KERAS_CELLS[cell]
    sizes, bidirectional = LAYOUTS[layout]
    layers = [keras.layers.Input((N_STEPS, N_FEATURES))]
    for number, size in enumerate(sizes):
        returns = sequences or number < len(sizes) - 1
        layer = make(size, return_sequences=returns, **options, **more)
        layers.append(keras.layers.Bidirectional(layer) if bidirectional else layer)
    return keras.Sequential([*layers, keras.layers.Dense(n_outputs, activation=head)])


def run_keras(cell: str, layout: str, data: dict, rng: np.random.Generator) -> dict:
    """Weights, outputs, losses and their gradients, in float32."""
    x = tf.constant(data["equal/X"].reshape(-1, N_STEPS, N_FEATURES).astype(np.float32))
    values, weights = {}, None
    for name in ("last", "steps"):
        model = keras_network(cell, layout, N_OUTPUTS, sequences=name == "steps")
        if weights is None:
            weights = draw_weights(cell, [w.shape for w in model.get_weights()], rng)
            values |= {f"weights/{i:02}": w for i, w in enumerate(weights)}
        model.set_weights(weights)
        y = tf.constant(data[f"equal/y_{name}"].astype(np.float32))
        with tf.GradientTape() as tape:
            outputs = tf.reshape(model(x), (-1, N_OUTPUTS))
            loss = tf.reduce_sum(tf.reduce_mean((outputs - y) ** 2, axis=1))
        gradients = tape.gradient(loss, model.trainable_variables)
        place = f"float32/equal/{name}"
        values |= {f"{place}/outputs": outputs.numpy(), f"{place}/loss": loss.numpy()}
        values |= {f"{place}/gradient/{i:02}": g.numpy() for i, g in enumerate(gradients)}
    return values


def make_epoch_data() -> dict[str, np.ndarray]:
    """Sequences for an epoch, a number and a class for each, and which are in which batch."""
    rng = np.random.default_rng(2)
    x = rounded(rng, (EPOCH_SEQUENCES, N_STEPS, N_FEATURES))
    sums = x.sum(axis=(1, 2))
    return {
        "X": x,
        "y_squared_error": np.round(1024 * sums / sums.std())[:, None] / 1024,
        "y_log_loss": (sums > 0).astype(np.float64)[:, None],
        "order": rng.permutation(EPOCH_SEQUENCES),
        "batch_size": np.array(EPOCH_BATCH),
        "learning_rate": np.array(EPOCH_RATE),
    }


def run_epoch(cell: str, loss: str, data: dict[str, np.ndarray], rng: np.random.Generator) -> dict:
    """Weights before and after an epoch of RMSprop, and the mean loss of each batch before it."""
    head, name = {
        "squared_error": (None, "mean_squared_error"),
        "log_loss": ("sigmoid", "binary_crossentropy"),
    }[loss]
    # A GRU adds two biases for all gates but one, and RMSprop would move their sum twice as fast as
    # one bias: the second is 0 and is held there.
    held = np.ones((2, 18), np.float32)
    held[1, :12] = 0.0
    more = {"bias_constraint": lambda bias: bias * held} if cell == "gru" else {}
    model = keras_network(cell, "one", 1, sequences=False, head=head, **more)
    start = draw_weights(cell, [w.shape for w in model.get_weights()], rng)
    start = [w * held if w.shape == held.shape else w for w in start]
    model.set_weights(start)
    model.compile(keras.optimizers.RMSprop(EPOCH_RATE), loss=name, jit_compile=False)
    losses = []
    for first in range(0, EPOCH_SEQUENCES, EPOCH_BATCH):
        rows = data["order"][first : first + EPOCH_BATCH]
        x, y = (data[key][rows].astype(np.float32) for key in ("X", f"y_{loss}"))
        model.reset_metrics()
        losses.append(model.train_on_batch(x, y))
    values = {f"weights/{i:02}": w for i, w in enumerate(start)}
    values |= {f"after/{i:02}": w for i, w in enumerate(model.get_weights())}
    return values | {"losses": np.array(losses, dtype=np.float32)}


def write(path: str, groups: dict[str, dict[str, np.ndarray]]) -> None:
    """Write arrays one after the other, by type, and where each is; a file for each is large."""
    index, pieces = {}, {}
    for group, arrays in groups.items():
        for name, value in arrays.items():
            array = np.asarray(value)
            if np.array_equal(array, array.astype(np.float32)):
                array = array.astype(np.float32)  # integers, and multiples of 1/1024
            kept = pieces.setdefault(array.dtype.name, [])
            index[f"{group}/{name}"] = [array.dtype.name, sum(map(len, kept)), array.shape]
            kept.append(array.ravel())
    text = np.frombuffer(json.dumps(index).encode(), dtype=np.uint8)
    joined = {dtype: np.concatenate(kept) for dtype, kept in pieces.items()}
    np.savez_compressed(path, index=text, **joined)


def main() -> None:
    rng = np.random.default_rng(0)
    data, epoch_data = make_data(), make_epoch_data()
    groups = {"data": data, "epoch/data": epoch_data}
    for framework, cells, run in (
        ("torch", TORCH_CELLS, run_torch),
        ("keras", KERAS_CELLS, run_keras),
    ):
        for layout in LAYOUTS:
            for cell in cells:
                if layout == "one" or cell not in ONE_LAYER_ONLY:
                    groups[f"{framework}/{cell}/{layout}"] = run(cell, layout, data, rng)
    for cell in ("elman_tanh", "gru", "lstm"):
        for loss in ("squared_error", "log_loss"):
            groups[f"epoch/{cell}/{loss}"] = run_epoch(cell, loss, epoch_data, rng)
    write(sys.argv[1], groups)
    print(f"torch {torch.__version__}, keras {keras.__version__}, tensorflow {tf.__version__}")


if __name__ == "__main__":
    main()
