"""Few texts: accuracy beside logistic regression on tf-idf, and the speed of reading words.

Run as `python benchmarks/few_texts.py --data-home FOLDER` (`--help` tells of the options), where
FOLDER is the folder of `tsrnn.datasets.fetch_imdb`. Its parts:

scores
    Accuracy and balanced accuracy of `TextRNNClassifier` as it is, by the seed, and of a logistic
    regression on tf-idf. Texts are the first or last words of film reviews, learned from the
    training half and scored on the test half, and made ones of which some words tell the class; in
    two classes and in three of 70, 20 and 10 percent.
choice
    The same for other settings, scored on texts held back from the training half: by them the
    number of steps, the batches, the dropout and the start of few texts were chosen.
words
    Seconds of reading words beside scikit-learn's `CountVectorizer`, as a ratio: texts to ids
    beside `transform`, and a vocabulary learned beside `fit_transform`, for texts of several
    lengths.
"""

import argparse
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch
from text_data import short_texts

from tsrnn import TextRNNClassifier
from tsrnn.datasets import fetch_imdb
from tsrnn.text.vocabulary import learn_vocabulary
from tsrnn.text.words import analyzer_of

PARTS = ("scores", "choice", "words")
SHARES = (0.7, 0.2, 0.1)
N_TEST = 2000
Labelled = tuple[list[str], np.ndarray]

# What the defaults say for few texts, taken away one by one.
AS_MANY = {"batch_size": 128, "max_iter": 4, "embedding_dropout": 0.0, "init": "random"}
CANDIDATES = {
    "as of many texts": AS_MANY,
    "600 steps": {"embedding_dropout": 0.0, "init": "random"},
    "600 steps, dropout": {"init": "random"},
    "600 steps, identity": {"embedding_dropout": 0.0},
    "all three (the defaults)": {},
    "all three, batches of 128": {"batch_size": 128},
    "all three, half as many steps": {"max_iter": 0.5},
    "all three, twice as many steps": {"max_iter": 2.0},
    "all three, dropout of 0.3": {"embedding_dropout": 0.3},
}


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-home", help="as of fetch_imdb")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--texts", type=int, default=500, help="to learn from")
    parser.add_argument("--seeds", type=int, default=5)
    return parser.parse_args()


OPTIONS = read_options()


def words_of(text: str, part: slice) -> str:
    """Return some of the words of a review."""
    return " ".join(re.sub(r"<br\s*/?>", " ", text).split()[part])


def drawn(
    half: Bunch, random: np.random.Generator, n: int, part: slice, by_stars: bool
) -> Labelled:
    """Draw reviews of a half, favourable or not, or of few stars, more and all."""
    if by_stars:
        groups = [half.rating <= 2, (half.rating == 7) | (half.rating == 8), half.rating == 10]
        counts = [round(share * n) for share in SHARES]
        rows = [
            random.choice(np.flatnonzero(group), count, replace=False)
            for group, count in zip(groups, counts, strict=True)
        ]
        labels = np.repeat(np.arange(3), counts)
        rows = np.concatenate(rows)
    else:
        rows = random.choice(len(half.data), n, replace=False)
        labels = half.target[rows]
    order = random.permutation(len(rows))
    return [words_of(half.data[i], part) for i in rows[order]], labels[order]


def halves(kind: str, imdb: Bunch, seed: int, *, held_back: bool) -> tuple[Labelled, Labelled]:
    """Return texts to learn from and to score."""
    random, n = np.random.default_rng(seed), OPTIONS.texts
    if kind.startswith("made"):
        shares = SHARES if "three" in kind else (0.5, 0.5)
        return short_texts(n, random, shares), short_texts(N_TEST, random, shares)
    by_stars = "three" in kind
    part = slice(60) if by_stars else slice(20) if "first" in kind else slice(-20, None)
    if not held_back:
        learned = drawn(imdb.train, random, n, part, by_stars)
        return learned, drawn(imdb.test, random, N_TEST, part, by_stars)
    texts, labels = drawn(imdb.train, random, n + N_TEST, part, by_stars)
    return (texts[:n], labels[:n]), (texts[n:], labels[n:])


KINDS = (
    "reviews, first 20 words",
    "reviews, last 20 words",
    "reviews, three classes by stars, first 60 words",
    "made, two classes",
    "made, three classes",
)


def contenders(candidates: dict[str, dict]) -> Iterator[tuple[str, Callable]]:
    """Yield what is fitted, by its name, as functions of the seed."""
    yield (
        "tf-idf and logistic regression",
        lambda seed: make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)),
    )
    for name, settings in candidates.items():
        if isinstance(settings.get("max_iter"), float):
            default = TextRNNClassifier(random_state=0).fit(*made_once())
            epochs = max(1, round(settings["max_iter"] * default.n_iter_))
            settings = settings | {"max_iter": epochs}
        yield name, lambda seed, settings=settings: TextRNNClassifier(**settings, random_state=seed)


def made_once() -> Labelled:
    """Make texts that tell how many epochs so many have."""
    return short_texts(OPTIONS.texts, 0)


def report(imdb: Bunch, candidates: dict[str, dict], *, held_back: bool) -> None:
    """Print accuracies."""
    where = "held back from the training half" if held_back else "of the test half"
    print(f"\n{OPTIONS.texts} texts to learn from; accuracy on texts {where}")
    fitted = dict(contenders(candidates))
    for kind in KINDS:
        print(f"  {kind}\n    {'':<34}{'mean':>7}{'balanced':>10}   by the seed")
        data = [halves(kind, imdb, seed, held_back=held_back) for seed in range(OPTIONS.seeds)]
        for name, make in fitted.items():
            scores = []
            for seed, (learned, (X, y)) in enumerate(data):
                predicted = make(seed).fit(*learned).predict(X)
                scores.append((np.mean(predicted == y), balanced_accuracy_score(y, predicted)))
            mean, balanced = np.mean(scores, axis=0)
            by_seed = "  ".join(f"{score:.3f}" for score, _ in scores)
            print(f"    {name:<34}{mean:>7.3f}{balanced:>10.3f}   {by_seed}", flush=True)


def seconds_of(*works: Callable[[], object]) -> list[float]:
    """Return the shortest of some runs of each, which take turns."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(7):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [min(taken) for taken in times]


def report_words(imdb: Bunch) -> None:
    """Print ratios to CountVectorizer, by the length of texts."""
    print("\nreading words: seconds, and how many times those of CountVectorizer")
    pattern = TextRNNClassifier().token_pattern
    for n_words, accented in product((3, 20, 200), (False, True)):
        texts = [words_of(text, slice(n_words)) for text in imdb.train.data[:20_000]]
        if accented:  # none is plain ASCII
            texts = [f"{text} caf\u00e9" for text in texts]
        labels = imdb.train.target[:20_000]
        model = TextRNNClassifier(max_iter=1).fit(texts[:2000], labels[:2000])
        theirs = CountVectorizer(token_pattern=pattern, max_features=10_000).fit(texts)
        find = analyzer_of(True, pattern, None, (1, 1), True)
        encoding, transforming, learning, fitting = seconds_of(
            lambda model=model, texts=texts: model.encode(texts),
            lambda theirs=theirs, texts=texts: theirs.transform(texts),
            lambda find=find, texts=texts: learn_vocabulary(map(find, texts), 10_000, 1),
            lambda theirs=theirs, texts=texts: theirs.fit_transform(texts),
        )
        what = f"20,000 texts of {n_words} words" + (" with accents" if accented else "")
        ratios = f"{encoding:>9.3f}{encoding / transforming:>7.2f}"
        ratios += f"{learning:>9.3f}{learning / fitting:>7.2f}"
        print(f"  {what:<44}{ratios}", flush=True)


def main() -> None:
    """Print what was asked."""
    warnings.simplefilter("ignore")
    imdb = fetch_imdb(data_home=OPTIONS.data_home)
    if "scores" in OPTIONS.parts:
        candidates = {"TextRNNClassifier": {}, "  as of many texts": AS_MANY}
        report(imdb, candidates, held_back=False)
    if "choice" in OPTIONS.parts:
        report(imdb, CANDIDATES, held_back=True)
    if "words" in OPTIONS.parts:
        report_words(imdb)


if __name__ == "__main__":
    main()
