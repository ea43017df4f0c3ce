"""Saved models changed in their structure and signed again, and what becomes of their use.

A forged file has the right hash, so that nothing but what `tsrnn.load` checks stands between its
contents and the kernels. Run as a script in a process of its own, this loads and uses many of them,
a line of output each; a process that dies says so by its end.

    python tests/helpers/forged_files.py FOLDER FIRST LAST FILL

FOLDER holds what `save_all` has saved there.
"""

import hashlib
import json
import os
import random
import signal
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import saved_models
from sklearn.exceptions import NotFittedError

import tsrnn
from tsrnn.exceptions import InvalidParameterError, ModelFormatError, TrainingDivergedError
from tsrnn.saving import file as saving

SECONDS = 20  # that a file is given

_PACKAGE = str(Path(tsrnn.__file__).parent)
_N_HEAD = len(saving._MAGIC) + 12


# The models.


def _smoother_of_columns():
    y = pd.DataFrame({"a": saved_models.VALUES, "b": saved_models.VALUES[::-1]})
    y.loc[20:23, "a"] = np.nan
    X = pd.DataFrame({"price": np.cos(np.arange(len(y)))})
    return saved_models.fitted("triple", y, X)


def _auto_of_columns():
    y = pd.DataFrame({"a": saved_models.VALUES, "b": saved_models.VALUES[::-1] ** 2})
    return saved_models.fitted("auto_seasonal", y)


def _on_durations():
    index = pd.timedelta_range("1h", periods=len(saved_models.VALUES), freq="90s")
    return saved_models.fitted("naive", pd.Series(saved_models.VALUES, index))


def _updated_panel():
    panel = saved_models.fitted_panel("weeks", conformal_windows=2)
    return panel.update(panel.predict(2).set_axis(["unique_id", "ds", "y"], axis=1))


def _network():
    x = np.arange(8.0).reshape(4, 2)
    return tsrnn.RNN(2, 3, 1, random_state=0).fit(x, x[:, :1])


def makers():
    """Return what makes each model, by name."""
    indexes = ["rows", "months", "berlin", "quarters", "holidays", "business_days"]
    found = {}
    for i, name in enumerate(saved_models.FORECASTERS):
        index = indexes[i % len(indexes)]
        found[f"forecaster {name}"] = lambda n=name, k=index: saved_models.fitted(
            n, saved_models.series(k)
        )
    for name in saved_models.PANELS:
        found[f"panel {name}"] = lambda n=name: saved_models.fitted_panel(n, conformal_windows=2)
    for name in saved_models.NETWORKS:
        found[f"network {name}"] = lambda n=name: saved_models.fitted_network(n)[0]
    found["forecaster columns"] = _smoother_of_columns
    found["forecaster auto columns"] = _auto_of_columns
    found["forecaster auto columns of two sizes"] = saved_models.with_states_of_two_sizes
    found["forecaster on durations"] = _on_durations
    found["panel weeks updated"] = _updated_panel
    found["rnn"] = _network
    return found


def save_all(folder):
    """Save each of the models in a folder, under its number."""
    warnings.simplefilter("ignore")
    for i, make in enumerate(makers().values()):
        tsrnn.save(make(), folder / f"{i:02}")


# The changes.


def read(content):
    """Return the header of a saved model and the bytes of its arrays."""
    end = _N_HEAD + int.from_bytes(content[_N_HEAD - 8 : _N_HEAD], "little")
    return json.loads(content[_N_HEAD:end]), content[end:-32]


def forge(path, header, body=b"", number=1):
    """Write a file of the right form, whatever it holds."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    start = saving._MAGIC + number.to_bytes(4, "little") + len(text).to_bytes(8, "little")
    content = start + text + body
    path.write_bytes(content + hashlib.sha256(content).digest())


def signed(header, body):
    """Return a file of these parts, with the hash that it must have."""
    text = json.dumps(header).encode()
    start = saving._MAGIC + (1).to_bytes(4, "little") + len(text).to_bytes(8, "little")
    return start + text + body + hashlib.sha256(start + text + body).digest()


def changed(content, seed):
    """Return a file with one or two changes of its structure."""
    chance = random.Random(seed)
    header, body = read(content)
    arrays, start = [], 0
    for entry in header["arrays"]:
        size = int(np.prod(entry["shape"], dtype=int)) * np.dtype(entry["dtype"]).itemsize
        arrays.append([dict(entry), body[start : start + size]])
        start += size
    for _ in range(chance.choice([1, 1, 1, 2])):
        if arrays and chance.random() < 0.45:
            one = chance.randrange(len(arrays))
            arrays[one] = list(chance.choice(_OF_ARRAYS)(chance, *arrays[one]))
        else:
            _change_node(chance, header)
    header["arrays"] = [entry for entry, _ in arrays]
    return signed(header, b"".join(data for _, data in arrays))


def _places(node):
    """List every place in a tree of JSON: what holds it, and its key there."""
    found, waiting = [], [node]
    while waiting:
        holder = waiting.pop()
        keys = holder.keys() if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _change_node(chance, header):
    places = _places(header["model"])
    holder, key = chance.choice(places)
    value, kind = holder[key], chance.randrange(6)
    if kind == 0 and isinstance(holder, list):
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, json.loads(json.dumps(value)))
    elif kind == 2 and type(value) in (int, float):
        holder[key] = chance.choice([value + 1, value - 1, 2 * value, -value, 0, 10**6])
    elif kind == 3:
        other, place = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[place]))
    elif kind == 4 and isinstance(value, dict) and value.get("is") == "array":
        value["of"] = chance.randrange(len(header["arrays"]))
    else:
        holder[key] = chance.choice(
            [None, True, False, -1, 0, 1, 2, 7, 10**9, 10**30, 0.5, -1.5, 1e300, "", "zz", []]
            + [["a", 1], {"is": "float", "of": "nan"}, {"is": "float", "of": "inf"}]
            + [{"is": "tuple", "of": []}, {"is": "dict", "of": []}, {"is": "same", "of": 0}]
            + [{"is": "array", "of": 0}, {"is": "NA", "of": None}]
        )


def _other_shape(chance, entry, data):
    shape = list(entry["shape"])
    shape = chance.choice([shape[::-1], [*shape, 1], [1, *shape], shape[:-1] or [1], [0], [0, 0]])
    return _fitting(entry | {"shape": shape}, data)


def _fewer_or_more(chance, entry, data):
    shape = list(entry["shape"]) or [1]
    axis = chance.randrange(len(shape))
    shape[axis] = max(0, chance.choice([0, 1, shape[axis] - 1, shape[axis] + 1, 2 * shape[axis]]))
    return _fitting(entry | {"shape": shape}, data)


def _other_type(chance, entry, data):
    types = ["<f8", "<f4", "<i8", "<i4", "|u1", "|b1", "<c16", "<U2", "<M8[ns]", ">f8", "<f2"]
    return _fitting(entry | {"dtype": chance.choice(types)}, data)


def _fitting(entry, data):
    """Cut the bytes of an array to its size, or repeat them."""
    size = int(np.prod(entry["shape"], dtype=int)) * np.dtype(entry["dtype"]).itemsize
    data = data or b"\0"
    return entry, (data * (size // len(data) + 1))[:size]


def _other_numbers(chance, entry, data):
    array = np.frombuffer(data, entry["dtype"]).copy()
    if array.dtype.kind not in "iuf" or not array.size:
        return entry, data
    numbers = [-1, 0, 1, 2, 50, 10**6]
    if array.dtype.kind == "f":
        numbers += [np.nan, np.nan, np.inf, -1.5]
    where = chance.choice([slice(None), chance.randrange(array.size), chance.randrange(array.size)])
    with warnings.catch_warnings(action="ignore"):
        array[where] = np.array(chance.choice(numbers)).astype(array.dtype)
    return entry, array.tobytes()


def _shuffled(chance, entry, data):
    array = np.frombuffer(data, entry["dtype"]).copy()
    return entry, np.random.RandomState(chance.randrange(10**6)).permutation(array).tobytes()


_OF_ARRAYS = [_other_shape, _fewer_or_more, _fewer_or_more, _other_type, _other_numbers, _shuffled]


# The uses.


def uses_of(name, model):
    """List what is done with a model: functions of it."""
    kind, _, which = name.partition(" ")
    if kind == "panel":
        return _uses_of_panel(which)
    if kind == "network":
        return _uses_of_network(which)
    if kind == "rnn":
        x = np.arange(8.0).reshape(4, 2)
        return [
            lambda m: m.run(x),
            lambda m: m.step(x[0]),
            lambda m: m.loss_and_grad(x, x[:, :1])[0],
            lambda m: m.summary() and None,
            lambda m: m.fit(x, x[:, :1], max_iter=2).run(x),
        ]
    ahead = np.array([[0.5], [0.25], [0.1]])
    if which == "columns":
        more = np.array([[51.5, 40.0], [np.nan, 41.0], [49.0, 42.0]])
        return [
            lambda m: m.predict(ahead),
            lambda m: m.predict_interval(ahead),
            lambda m: m.simulate(3, 2, X=ahead, random_state=0),
            lambda m: m.summary() and None,
            lambda m: m.update(more, ahead).predict(ahead),
        ]
    more = np.array([51.5, np.nan, 49.0])
    if which.startswith("auto columns"):
        more = np.column_stack([more, more])
    uses = [
        lambda m: m.predict(3),
        lambda m: m.predict_interval(3),
        lambda m: m.predict_quantiles(2, [0.1, 0.9]),
        lambda m: m.simulate(3, 2, random_state=0),
        lambda m: m.update(more).predict(3),
        lambda m: m.predict_interval(2),
    ]
    return [*uses, lambda m: m.summary() and None] if hasattr(model, "summary") else uses


def _uses_of_panel(which):
    stamps = pd.Series(saved_models.PANELS[which.split()[0]][0])

    def update(model):
        more = model.predict(2).set_axis(["unique_id", "ds", "y"], axis=1)
        return model.update(more).predict(2).iloc[:, 2].to_numpy()

    return [
        lambda m: m.predict(2).iloc[:, 2].to_numpy(),
        lambda m: m.predict(2, level=[80]).iloc[:, 2:].to_numpy(),
        lambda m: m.predict(1, level=[80], method="conformal").iloc[:, 2:].to_numpy(),
        lambda m: len(stamps) and update(m),
    ]


def _uses_of_network(which):
    _, X, y = saved_models.NETWORKS[which]

    def more_training(model):
        model.set_params(early_stopping=False, warm_start=True, max_iter=1)
        return model.fit(X, y).predict(X)

    def answers(model, method):
        found = getattr(model, method, lambda X: [0.0])(X)
        return np.concatenate(list(found)) if isinstance(found[0], np.ndarray) else found

    return [
        lambda m: answers(m, "predict"),
        lambda m: answers(m, "predict_proba"),
        lambda m: m.predict_quantiles(X, 0.4) if hasattr(m, "predict_quantiles") else None,
        lambda m: np.concatenate(list(m.hidden_states(X))) if hasattr(m, "hidden_states") else None,
        lambda m: m.summary() and None,
        lambda m: [np.asarray(one) for one in m.to_keras_weights()][0],
        lambda m: m.partial_fit(X, y).predict(X) if hasattr(m, "partial_fit") else None,
        more_training,
    ]


def _numbers(result):
    """Return a result as numbers, where it is one."""
    array = np.asarray(result)
    if array.dtype == object:
        array = np.array([hash(repr(one)) % 1000 for one in array.ravel()], dtype=float)
    return array.astype(float) if array.dtype.kind in "biuf" else np.zeros(0)


def _is_ours(error):
    """Tell whether an error is one that this library raises on purpose, in its own words."""
    if isinstance(error, InvalidParameterError | TrainingDivergedError | NotFittedError):
        return True
    last = traceback.extract_tb(error.__traceback__)[-1]
    # A file may say that it was fitted to sequences of any length, which scikit-learn holds X to.
    if last.name == "_check_n_features":
        return True
    return last.filename.startswith(_PACKAGE) and last.line.startswith("raise")


def outcome(path, name, expected=None):
    """Load a file and use it: what became of it, and a digest of all its results.

    `expected` says for each use whether the model as it was gives numbers that are finite.
    """
    found, digest, finite = "right", hashlib.sha256(), []
    try:
        model = tsrnn.load(path)
    except ModelFormatError:
        return "refused", "", []
    except Exception as error:  # whatever else it is: that is what is looked for
        return f"other error: load: {_message(error)}", "", []
    for i, use in enumerate([lambda m: repr(m) and None, *uses_of(name, model)]):
        np.random.seed(0)  # noqa: NPY002 - what draws without a seed draws from this
        with warnings.catch_warnings(record=True) as message:
            warnings.simplefilter("always")
            try:
                numbers = _numbers(use(model))
            except Exception as error:  # as above
                if not _is_ours(error):
                    return f"other error: use {i}: {_message(error)}", "", []
                found = "named error" if found == "right" else found
                digest.update(type(error).__name__.encode())
                finite.append(False)
                continue
        digest.update(numbers.tobytes())
        finite.append(bool(np.isfinite(numbers).all()))
        silent = not any(issubclass(one.category, RuntimeWarning) for one in message)
        if expected is not None and expected[i] and not finite[-1] and silent:
            found = f"silent NaN: use {i}"
    return found, digest.hexdigest(), finite


def _message(error):
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = [one for one in traceback.extract_tb(error.__traceback__) if _PACKAGE in one.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else last.filename
    return f"{type(error).__name__} at {place}: {ascii(str(error))[:90]}"


def _fill_what_is_empty(fill):
    """Have arrays that are not initialised hold something else in each of two runs."""
    real, real_like = np.empty, np.empty_like

    def filled(array):
        if array.dtype.kind in "fiu" and array.flags.writeable:
            array.fill(fill % 100)
        return array

    np.empty = lambda *args, **options: filled(real(*args, **options))
    np.empty_like = lambda *args, **options: filled(real_like(*args, **options))


def run(folder, first, last, fill):
    """Use the forged files of some numbers, printing "number, name, outcome, digest" of each."""
    warnings.simplefilter("ignore")
    names = list(makers())
    contents = [(folder / f"{i:02}").read_bytes() for i in range(len(names))]
    found = [outcome(folder / f"{i:02}", name) for i, name in enumerate(names)]
    expected = [finite for _, _, finite in found]
    assert all(expected), [one for one in found if not one[2]]
    _fill_what_is_empty(fill)
    path = folder / f"forged-{first}-{fill}"
    seed = first
    # Kernels are loaded by now, so that a child that dies is replaced at once.
    while seed < last:
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read_end)
            for number in range(seed, last):
                which = number % len(names)
                path.write_bytes(changed(contents[which], number))
                signal.alarm(SECONDS)
                what, digest, _ = outcome(path, names[which], expected[which])
                signal.alarm(0)
                line = "\t".join([str(number), names[which], what, digest])
                os.write(write_end, (line + "\n").encode())
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end) as lines:
            for line in lines:
                print(line, end="", flush=True)
                seed = int(line.split("\t")[0]) + 1
        _, status = os.waitpid(child, 0)
        if seed < last:
            number = os.WTERMSIG(status)
            what = "hang" if number == signal.SIGALRM else f"crash: {number or status}"
            print(f"{seed}\t{names[seed % len(names)]}\t{what}\t", flush=True)
            seed += 1
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
