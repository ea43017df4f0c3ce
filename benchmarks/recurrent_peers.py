"""The peers of `recurrent_speed.py`: PyTorch and Keras, each a contender that trains on a task.

A contender has a name, `start()` (the task's weights, and a new optimiser), `epoch()` (one pass
over the task's batches in their order: the mean loss) and `predict()` (all sequences, in their
order).
Each is set up as it runs fastest here: PyTorch with its fused Adam; Keras compiled by XLA, with an
epoch as one call into TensorFlow.

Where a peer has two biases that it only ever adds, Adam would move their sum by two steps at once,
and training would be another than with one bias. So the second is held: PyTorch's, and of a GRU,
of which both have two, the part of its reset and update gates.
"""

import importlib.util
import math
from dataclasses import dataclass

import numpy as np

from tsrnn.sequence.foreign_weights import to_keras, to_torch

BATCH = 128
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Task:
    """A network, its first weights, and what it learns: a number for each sequence."""

    cell: str
    size: int
    weights: dict[str, np.ndarray]
    sequences: list[np.ndarray]
    targets: np.ndarray
    batches: list[np.ndarray]

    @property
    def n_inputs(self) -> int:
        """Numbers that a layer reads at a step."""
        return self.weights["W_hx"].shape[1]

    @property
    def n_steps(self) -> int:
        """Steps of all sequences together."""
        return sum(map(len, self.sequences))

    def bucketed(self) -> list[np.ndarray]:
        """Batches of sequences of about the same length, in random order."""
        by_length = np.argsort([len(x) for x in self.sequences], kind="stable")
        buckets = [by_length[i : i + BATCH] for i in range(0, len(by_length), BATCH)]
        order = np.random.default_rng(0).permutation(len(buckets))
        return [buckets[i] for i in order]


class Torch:
    """PyTorch on sequences stacked (of equal lengths), padded or packed."""

    def __init__(self, task: Task, way: str, bucketed: bool = False) -> None:
        import torch

        self.name = f"PyTorch {torch.__version__.split('+')[0]}"
        if way != "stacked":
            self.name += f", {way}" + (", bucketed" if bucketed else "")
        self.torch, self.task, self.way = torch, task, way
        self.batches = task.bucketed() if bucketed else task.batches
        # Prediction is free to read sequences of about the same length together.
        self.reading = task.bucketed() if way != "stacked" else task.batches
        self.sequences = [torch.from_numpy(x) for x in task.sequences]
        self.lengths = torch.tensor([len(x) for x in task.sequences])
        self.stacked = torch.stack(self.sequences) if way == "stacked" else None
        self.targets = torch.from_numpy(task.targets)

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        nn = self.torch.nn
        make = {"elman": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[self.task.cell]
        self.rnn = make(self.task.n_inputs, self.task.size, batch_first=True)
        self.fc = nn.Linear(self.task.size, 1)
        self.network = nn.ModuleDict({"rnn": self.rnn, "fc": self.fc})
        state = to_torch(self.task.cell, self.task.weights)
        self.network.load_state_dict({k: self.torch.from_numpy(a) for k, a in state.items()})
        parameters = dict(self.network.named_parameters())
        second = parameters["rnn.bias_hh_l0"]
        if self.task.cell == "gru":
            second.register_post_accumulate_grad_hook(self._hold_the_added_bias)
        else:
            second.requires_grad_(False)
        trained = [w for w in parameters.values() if w.requires_grad]
        self.optimiser = self.torch.optim.Adam(trained, lr=LEARNING_RATE, fused=True)

    def _hold_the_added_bias(self, bias: object) -> None:
        bias.grad[: 2 * self.task.size] = 0.0

    def read(self, steps: object) -> object:
        """Return what a layer reads of the steps: numbers as they are."""
        return steps

    def loss(self, outputs: object, targets: object) -> object:
        """Return the mean loss of a batch."""
        return self.torch.nn.functional.mse_loss(outputs, targets)

    def outputs(self, rows: np.ndarray) -> object:
        """Compute a batch's outputs from its last states."""
        utilities = self.torch.nn.utils.rnn
        if self.way == "stacked":
            return self.fc(self.rnn(self.read(self.stacked[rows]))[0][:, -1])
        batch = [self.sequences[i] for i in rows]
        if self.way == "packed":
            packed = utilities.pack_sequence(batch, enforce_sorted=False)
            last = self.rnn(packed._replace(data=self.read(packed.data)))[1]
            return self.fc(last[0][0] if self.task.cell == "lstm" else last[0])
        states = self.rnn(self.read(utilities.pad_sequence(batch, batch_first=True)))[0]
        return self.fc(states[self.torch.arange(len(rows)), self.lengths[rows] - 1])

    def epoch(self) -> float:
        """Train on every batch once; return the mean loss."""
        total = self.torch.zeros(())
        for rows in self.batches:
            self.optimiser.zero_grad()
            loss = self.loss(self.outputs(rows), self.targets[rows])
            loss.backward()
            self.optimiser.step()
            total += loss.detach() * len(rows)
        return float(total) / len(self.targets)

    def predict(self) -> np.ndarray:
        """Return the output for each sequence."""
        answer = np.empty_like(self.task.targets)
        with self.torch.inference_mode():
            for rows in self.reading:
                answer[rows] = self.outputs(rows).numpy()
        return answer


class Keras:
    """Keras on TensorFlow, on sequences of equal lengths: XLA compiles anew for every length."""

    def __init__(self, task: Task) -> None:
        import keras

        self.name = f"Keras {keras.__version__} on {keras.backend.backend()}"
        self.keras, self.task = keras, task
        order = np.concatenate(task.batches)
        self.x = np.stack(task.sequences)
        self.ordered = self.x[order], task.targets[order]
        layers = keras.layers
        make = {"elman": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}[task.cell]
        held = np.ones((2, 3 * task.size), np.float32)
        held[1, : 2 * task.size] = 0.0
        options = {"bias_constraint": lambda bias: bias * held} if task.cell == "gru" else {}
        self.model = keras.Sequential(
            [layers.Input(self.x.shape[1:]), make(task.size, **options), layers.Dense(1)]
        )
        # The epsilon is PyTorch's, for the same steps.
        optimiser = keras.optimizers.Adam(LEARNING_RATE, epsilon=1e-8)
        optimiser.build(self.model.trainable_variables)
        self.fresh = [(variable, variable.numpy()) for variable in optimiser.variables]
        self.model.compile(
            optimiser,
            "mean_squared_error",
            jit_compile=True,
            steps_per_execution=math.ceil(len(self.x) / BATCH),
        )

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        self.model.set_weights(to_keras(self.task.cell, self.task.weights))
        for variable, value in self.fresh:
            variable.assign(value)

    def epoch(self) -> float:
        """Train on every batch once; return the mean loss."""
        fit = self.model.fit(*self.ordered, batch_size=BATCH, shuffle=False, verbose=0)
        return fit.history["loss"][0]

    def predict(self) -> np.ndarray:
        """Return the output for each sequence."""
        return self.model.predict(self.x, batch_size=len(self.x) // 4, verbose=0)


def use_threads(n_threads: int) -> None:
    """Hold the peers that there are to so many threads, before they start any."""
    if has("torch"):
        import torch

        torch.set_num_threads(n_threads)
    if has("tensorflow"):
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(n_threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(n_threads)


def has(library: str) -> bool:
    """Tell whether a library is installed."""
    return importlib.util.find_spec(library) is not None


def make_windows(
    n_sequences: int, n_steps: int, seed: int = 0
) -> tuple[list[np.ndarray], np.ndarray]:
    """Cut windows of noisy waves, each of its own period; what comes next is the target."""
    rng = np.random.default_rng(seed)
    return _waves(np.full(n_sequences, n_steps), rng)


def make_ragged(
    n_sequences: int, longest: int, seed: int = 0
) -> tuple[list[np.ndarray], np.ndarray]:
    """Make noisy waves whose lengths are log-normal around 180, the spread that reviews have."""
    rng = np.random.default_rng(seed)
    lengths = np.exp(np.log(180.0) + 0.66 * rng.standard_normal(n_sequences))
    lengths = np.clip(lengths.astype(int), 1, longest)
    lengths[rng.integers(n_sequences)] = longest
    return _waves(lengths, rng)


def _waves(lengths: np.ndarray, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    sequences, targets = [], np.empty((len(lengths), 1), np.float32)
    for i, length in enumerate(lengths):
        phase = 2.0 * np.pi * (rng.random() + np.arange(length + 1) / rng.uniform(10.0, 40.0))
        wave = np.sqrt(2.0) * np.sin(phase) + 0.1 * rng.standard_normal(length + 1)
        sequences.append(wave[:-1, None].astype(np.float32))
        targets[i] = wave[-1]
    return sequences, targets


def make_task(
    cell: str, size: int, data: tuple[list[np.ndarray], np.ndarray], seed: int = 0
) -> Task:
    """Draw weights as PyTorch draws them, and an order of the sequences in batches."""
    rng = np.random.default_rng(seed)
    rows = {"elman": 1, "gru": 3, "lstm": 4}[cell] * size
    shapes = {"W_hx": (rows, 1), "W_hh": (rows, size), "b_h": (rows,)}
    shapes |= {"b_hn": (size,)} if cell == "gru" else {}
    shapes |= {"W_yh": (1, size), "b_y": (1,)}
    bound = size**-0.5
    weights = {k: rng.uniform(-bound, bound, s).astype(np.float32) for k, s in shapes.items()}
    order = rng.permutation(len(data[0]))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    return Task(cell, size, weights, *data, batches)
