"""Film reviews to sentiment: accuracy, speed beside PyTorch, the time of a study, and memory.

Run as `python benchmarks/imdb.py --data-home FOLDER` (`--help` tells of the options), where FOLDER
is the folder of `tsrnn.datasets.fetch_imdb`. All is on the 25,000 + 25,000 reviews at full length,
with 10,000 words. Its parts:

accuracy
    Test accuracy by the seed, of `TextRNNClassifier` as it is and with other cells, and of a
    logistic regression on tf-idf. Nothing is chosen by the test half: settings and epochs are those
    written here.
simple-10, lstm-32
    The race of `recurrent_speed.py`: same data, same first weights, same random batches of 128, by
    Adam (which ours and PyTorch's have in the same form, so that losses can be compared), with two
    threads. PyTorch packed and padded, and padded with batches of about the same length, which are
    others. Before they are timed contenders warm up on some batches, and the losses on these show
    that what is timed is the same computation.
study
    The seconds of each step of a study: reading, eight epochs with validation, a fit to all
    reviews, the test.
memory
    The peak of the resident memory of a process that reads the reviews and fits a classifier.

The race wants a machine that does nothing else: threads of PyTorch wait for each other all the
time. `--processor`, for machines that others use as well, counts seconds of the processor, with one
thread each.
"""

import argparse
import os

PARTS = ("accuracy", "simple-10", "lstm-32", "study", "memory")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="as of fetch_imdb")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--quick", action="store_true", help="an eighth of the reviews, two seeds")
    parser.add_argument("--models", nargs="*", help="rows of the table of accuracy")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of every contender")
    parser.add_argument("--processor", action="store_true", help="processor seconds, one thread")
    parser.add_argument("--fit-once", choices=("ids", "texts"), help=argparse.SUPPRESS)
    return parser.parse_args()


OPTIONS = read_options()
N_THREADS = 1 if OPTIONS.processor else OPTIONS.threads
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = str(N_THREADS)

import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from recurrent_peers import BATCH, Task, Torch, use_threads
from recurrent_race import Ours, Race, compare, seconds_of
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from tsrnn import TextRNNClassifier
from tsrnn._optim.losses import BinaryLogLoss
from tsrnn._recurrent.architecture import Architecture
from tsrnn._recurrent.engine import Engine
from tsrnn.datasets import fetch_imdb
from tsrnn.text.reading import as_tokens, read_ids

NUM_WORDS, EMBEDDING_DIM = 10_000, 32

# Batches to warm up on, and how far apart losses on them may be by rounding. A simple network has
# exploding gradients now and then, from about the sixtieth batch on: each of them blows roundings
# up, so that losses of whole epochs differ, PyTorch's packed and padded from one another as well.
N_FIRST, SAME_LOSS = 24, 1e-5

NOW = time.process_time if OPTIONS.processor else time.perf_counter

# By what is printed: the settings that differ from the defaults.
MODELS = {
    "SimpleRNN(10), the defaults": {},
    "SimpleRNN(10), both ways": {"bidirectional": True},
    "GRU(32)": {"cell": "gru", "hidden_layer_sizes": 32},
    "GRU(32), both ways": {"cell": "gru", "hidden_layer_sizes": 32, "bidirectional": True},
    "LSTM(32)": {"cell": "lstm", "hidden_layer_sizes": 32},
    "LSTM(32), both ways": {"cell": "lstm", "hidden_layer_sizes": 32, "bidirectional": True},
    # Chosen, with their epochs, on a fifth of the training half.
    "GRU(32), both ways, dropout": {
        "cell": "gru",
        "hidden_layer_sizes": 32,
        "bidirectional": True,
        "embedding_dim": 64,
        "embedding_dropout": 0.5,
        "dropout": 0.5,
        "solver": "adam",
        "learning_rate_init": 0.002,
    },
    "the same on words and pairs of words": {
        "cell": "gru",
        "hidden_layer_sizes": 32,
        "bidirectional": True,
        "ngram_range": (1, 2),
        "max_features": 100_000,
        "embedding_dropout": 0.6,
        "dropout": 0.5,
        "solver": "adam",
        "learning_rate_init": 0.002,
        "max_iter": 5,
    },
}

# Of words, and of pairs of words as well, the strongest that such a model is.
REGRESSIONS = {
    "logistic regression, tf-idf of words": ({}, {}),
    "logistic regression, tf-idf of pairs": (
        {"ngram_range": (1, 2), "min_df": 5, "sublinear_tf": True},
        {"C": 10.0},
    ),
}


def read_reviews(*, as_ids: bool) -> Bunch:
    """Read all reviews, or with --quick an eighth of them."""
    num_words = NUM_WORDS if as_ids else None
    imdb = fetch_imdb(num_words, data_home=OPTIONS.data_home, as_ids=as_ids)
    if OPTIONS.quick:
        for half in (imdb.train, imdb.test):
            half.data, half.target = half.data[::8], half.target[::8]
    return imdb


def report_accuracy() -> None:
    """Print the table of accuracies."""
    of_kind = {as_ids: read_reviews(as_ids=as_ids) for as_ids in (True, False)}
    seeds = range(2 if OPTIONS.quick else OPTIONS.seeds)
    print(f"\ntest accuracy, {len(of_kind[True].train.data)} reviews to learn from")
    print(f"  {'':<40}{'mean':>8}{'seconds':>9}   by the seed")
    for name, settings in MODELS.items():
        if OPTIONS.models and not any(part in name for part in OPTIONS.models):
            continue
        imdb = of_kind["ngram_range" not in settings]  # pairs are of texts
        scores, times = [], []
        for seed in seeds:
            model = TextRNNClassifier(**settings, random_state=seed, n_jobs=N_THREADS)
            seconds, _ = seconds_of(
                lambda model=model, half=imdb.train: model.fit(half.data, half.target)
            )
            times.append(seconds)
            scores.append(model.score(imdb.test.data, imdb.test.target))
        by_seed = "  ".join(f"{score:.4f}" for score in scores)
        print(
            f"  {name:<40}{np.mean(scores):>8.4f}{np.median(times):>9.1f}   {by_seed}", flush=True
        )
    if not OPTIONS.models:
        report_regressions()


def report_regressions() -> None:
    """Print the accuracy of logistic regressions; nothing in them is random."""
    imdb = read_reviews(as_ids=False)
    for name, (of_words, of_regression) in REGRESSIONS.items():
        model = make_pipeline(
            TfidfVectorizer(**of_words), LogisticRegression(**of_regression, max_iter=1000)
        )
        seconds, _ = seconds_of(lambda model=model: model.fit(imdb.train.data, imdb.train.target))
        score = model.score(imdb.test.data, imdb.test.target)
        print(f"  {name:<40}{score:>8.4f}{seconds:>9.1f}", flush=True)


@dataclass(frozen=True)
class TextTask(Task):
    """A task whose steps are ids: `embedding` (n_ids, n_inputs) is where its table starts."""

    embedding: np.ndarray


class TorchText(Torch):
    """PyTorch on sequences of ids: an embedding first, and a logistic loss."""

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        table = self.torch.from_numpy(self.task.embedding.copy())
        self.embedding = self.torch.nn.Embedding.from_pretrained(table, freeze=False)
        super().start()
        self.optimiser.add_param_group({"params": list(self.embedding.parameters())})

    def read(self, steps: Any) -> Any:
        """Look ids up."""
        return self.embedding(steps)

    def loss(self, outputs: Any, targets: Any) -> Any:
        """Return the mean loss of a batch."""
        return self.torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets)


class OurText(Ours):
    """The engine on ids."""

    def start(self) -> None:
        """Go back to the task's weights, with a new optimiser."""
        weights = self.task.weights | {"E": self.task.embedding}
        self.theta = self.engine.architecture.pack(weights, np.float32)
        self.state = self.optimiser.init(self.theta)


class OurClassifier:
    """The estimator: a fit of one epoch, from the ids as users have them."""

    name = "tsrnn, estimator"

    def __init__(self, task: Task, cell: str) -> None:
        self.model = TextRNNClassifier(
            cell=cell,
            hidden_layer_sizes=task.size,
            solver="adam",
            max_iter=1,
            ema_momentum=None,
            embedding_dropout=0.0,
            n_jobs=N_THREADS,
            random_state=0,
        )
        self.X, self.y = task.sequences, task.targets[:, 0]
        self.batches = task.batches

    def start(self) -> None:
        """Every fit starts anew."""

    def epoch(self) -> float:
        """Fit; return the loss of its epoch."""
        return self.model.fit(self.X, self.y).loss_curve_[-1]

    def predict(self) -> np.ndarray:
        """Return the output for each sequence."""
        return self.model.decision_function(self.X)


def make_task(cell: str, size: int, half: Bunch) -> TextTask:
    """Draw weights, as our estimator does, and an order of the reviews in batches."""
    architecture = architecture_of(cell, size)
    random = np.random.RandomState(0)
    weights = architecture.unpack(architecture.initial(random, np.float32))
    order = random.permutation(len(half.data))
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    targets = half.target[:, None].astype(np.float32)
    embedding = weights.pop("E")
    return TextTask(cell, size, weights, half.data, targets, batches, embedding)


def architecture_of(cell: str, size: int) -> Architecture:
    """Return the network that races."""
    name = "elman_tanh" if cell == "elman" else cell
    return Architecture(name, EMBEDDING_DIM, (size,), 1, n_tokens=NUM_WORDS)


class FirstBatches:
    """The warm-up of contenders, and the loss that they had on it."""

    def __init__(self) -> None:
        self.losses: dict[str, list[float]] = {}

    def __call__(self, contender: Any) -> None:
        """Train on the first batches."""
        every = contender.batches
        contender.batches = every[:N_FIRST]
        n_seen = sum(map(len, contender.batches))
        # Epochs tell the mean over all reviews.
        loss = contender.epoch() * sum(map(len, every)) / n_seen
        contender.batches = every
        self.losses[contender.name] = [loss]


def run_race(part: str) -> None:
    """Race on the training half."""
    name, size = part.split("-")
    cell = "elman" if name == "simple" else name
    task = make_task(cell, int(size), read_reviews(as_ids=True).train)
    print(f"\n{cell} {size}, {len(task.sequences)} reviews at full length, {task.n_steps} words")
    peers = {
        "the better of packed and padded": [TorchText(task, "padded"), TorchText(task, "packed")],
        "batches of similar lengths": [TorchText(task, "padded", bucketed=True)],
    }
    with ExitStack() as resources:
        engine = Engine(architecture_of(cell, int(size)), n_jobs=N_THREADS)
        resources.enter_context(engine)
        tokens = as_tokens(read_ids(task.sequences, "X", NUM_WORDS), None)
        targets = task.targets[:, 0].astype(np.int64)
        ours = [OurText(task, engine, tokens, targets, BinaryLogLoss()), OurClassifier(task, cell)]
        contenders = [*ours, *(each for group in peers.values() for each in group)]
        first = FirstBatches()
        race = Race(contenders, now=NOW, warm_up=first)
    race.report(ours, peers)
    same = [each.name for each in (ours[0], *peers["the better of packed and padded"])]
    compare({name: first.losses[name] for name in same}, f"loss of {N_FIRST} batches", SAME_LOSS)
    for name in same:
        print(f"  loss by epoch, {name:<34}" + "".join(f"{x:>10.6f}" for x in race.losses[name]))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a block takes."""
    start = time.perf_counter()
    yield
    print(f"  {what:<52}{time.perf_counter() - start:>8.2f}", flush=True)


def study() -> None:
    """Time a study, from texts and from ids."""
    print("\na study: seconds")
    for as_ids in (True, False):
        kind = "ids" if as_ids else "texts"
        with timed(f"reading the reviews as {kind}"):
            imdb = read_reviews(as_ids=as_ids)
        X, y = imdb.train.data, imdb.train.target
        rest, held_out, y_rest, y_held_out = train_test_split(
            X, y, test_size=0.2, stratify=y, random_state=0
        )
        model = TextRNNClassifier(max_iter=8, n_jobs=N_THREADS, random_state=0)
        with timed(f"{kind}: eight epochs on 80%, each validated on 20%"):
            model.fit(rest, y_rest, X_val=held_out, y_val=y_held_out)
        n_epochs = 1 + int(np.argmin(model.history_["val_loss"]))
        with timed(f"{kind}: {n_epochs} epochs on all"):
            model.set_params(max_iter=n_epochs).fit(X, y)
        with timed(f"{kind}: test half predicted"):
            score = model.score(imdb.test.data, imdb.test.target)
        print(f"  test accuracy {score:.4f}", flush=True)


def report_memory() -> None:
    """Print the peak of processes that fit once, from ids and from texts."""
    print("\npeak memory of a process: MB")
    for kind in ("ids", "texts"):
        command = [sys.executable, __file__, "--fit-once", kind, "--threads", str(N_THREADS)]
        command += ["--data-home", OPTIONS.data_home] if OPTIONS.data_home else []
        command += ["--quick"] if OPTIONS.quick else []
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")


def peak() -> float:
    """Return the largest resident memory that this process has had, in MB."""
    status = Path("/proc/self/status")
    if status.is_file():
        # What getrusage tells began, on Linux, as that of the process which started this one.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fit_once(kind: str) -> None:
    """Read and fit, and print the peak after each."""
    imported = peak()
    imdb = read_reviews(as_ids=kind == "ids")
    read = peak()
    model = TextRNNClassifier(n_jobs=N_THREADS).fit(imdb.train.data, imdb.train.target)
    fitted = peak()
    model.predict(imdb.test.data)
    print(
        f"  {kind}: {imported:.0f} imported, {read:.0f} reviews read, {fitted:.0f} fitted, "
        f"{peak():.0f} test half predicted"
    )


def main() -> None:
    """Print what was asked."""
    warnings.simplefilter("ignore")
    if OPTIONS.fit_once:
        fit_once(OPTIONS.fit_once)
        return
    use_threads(N_THREADS)
    for part in OPTIONS.parts:
        if part == "accuracy":
            report_accuracy()
        elif part == "study":
            study()
        elif part == "memory":
            report_memory()
        else:
            run_race(part)


if __name__ == "__main__":
    main()
