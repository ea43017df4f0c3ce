"""Files with right hashes, whatever they hold, are refused or give right results."""

import json
import os
import subprocess
import sys
import warnings

import forged_files
import numpy as np
import pandas as pd
import pytest
from forged_files import forge
from golden_models import KEPT, RARE, UNFITTED, UPDATED, file_names
from paths import GOLDEN, ROOT
from saved_models import (
    FORECASTERS,
    assert_same,
    fitted,
    fitted_network,
    fitted_panel,
)
from saved_models import series as y_of

import tsrnn
from tsrnn import NaiveForecaster
from tsrnn.exceptions import ModelFormatError
from tsrnn.saving import file as saving
from tsrnn.saving.checks import CHECKS
from tsrnn.saving.classes import MODELS, PARTS

SAVED = GOLDEN / "saved"
SAVED_TAGS = GOLDEN / "saved_tags"
N_FILES = 2000 if os.environ.get("TSRNN_ALL") == "1" else 250


def test_every_class_of_a_file_has_a_check():
    assert set(CHECKS) == {*MODELS.values(), *PARTS.values()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork processes")
def test_files_that_are_changed_in_their_structure_are_refused_or_right(tmp_path):
    with warnings.catch_warnings():
        forged_files.save_all(tmp_path)
    # What is read from memory that is not initialised differs from one of them to the other.
    runs = [
        subprocess.Popen(
            [sys.executable, forged_files.__file__, *map(str, [tmp_path, 0, N_FILES, fill])],
            env={
                **os.environ,
                "MALLOC_PERTURB_": str(fill),
                "OPENBLAS_NUM_THREADS": "1",
                "PYTHONHASHSEED": "0",
                "PYTHONPATH": str(ROOT),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for fill in (85, 170)
    ]
    lines, others = (run.communicate()[0].splitlines() for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert len(lines) == N_FILES
    found = [line.split("\t")[2] for line in lines]
    wrong = [line for line in lines if line.split("\t")[2] not in ("right", "refused")]
    # What a user's argument does later is told in the words of that argument.
    assert [line for line in wrong if "named error" not in line] == []
    assert lines == others
    assert found.count("refused") > 0.5 * N_FILES and found.count("right") > 0.05 * N_FILES


def assert_comes_back(path, tmp_path):
    model = tsrnn.load(path)
    tsrnn.save(model, tmp_path / "again")
    assert_same(tsrnn.load(tmp_path / "again"), model)


@pytest.mark.parametrize("path", sorted(SAVED.iterdir()), ids=lambda path: path.stem)
def test_what_was_saved_before_files_were_checked_is_loaded_and_used(path, tmp_path):
    names = {file_name: name for name, file_name in (KEPT | UPDATED).items()}
    what, _, finite = forged_files.outcome(path, names[path.stem])
    assert what == "right" and all(finite)
    assert_comes_back(path, tmp_path)


@pytest.mark.parametrize(("name", "file_name"), file_names().items())
def test_a_saved_model_of_every_kind_is_loaded_and_used(name, file_name, tmp_path):
    path = SAVED_TAGS / f"{file_name}.tsrnn"
    what, _, finite = forged_files.outcome(path, name)
    # What a model is asked for that it does not have is told in words.
    assert what == "right" and all(finite) or what == "named error"
    assert_comes_back(path, tmp_path)


@pytest.mark.parametrize("file_name", RARE)
def test_a_saved_model_with_rare_parts_is_loaded_and_used(file_name, tmp_path):
    path = SAVED_TAGS / f"{file_name}.tsrnn"
    assert np.isfinite(pd.DataFrame(tsrnn.load(path).predict(2)).iloc[:, -1].to_numpy()).all()
    assert_comes_back(path, tmp_path)


@pytest.mark.parametrize("file_name", UNFITTED)
def test_a_saved_forecaster_that_is_not_fitted_keeps_its_parameters(file_name):
    loaded, model = tsrnn.load(SAVED_TAGS / f"{file_name}.tsrnn"), UNFITTED[file_name]()
    assert type(loaded) is type(model) and loaded.get_params() == model.get_params()


def test_every_kind_of_model_is_among_what_an_older_version_saved():
    """So whoever renames a class and changes its tag is told."""
    known = {*file_names().values(), *RARE, *UNFITTED}
    assert {path.stem for path in SAVED_TAGS.iterdir()} == known
    tags = set()
    for path in SAVED_TAGS.iterdir():
        header, _ = forged_files.read(path.read_bytes())
        tags |= {one["is"] for one in _nodes(header["model"]) if isinstance(one, dict)}
    assert {*MODELS, *PARTS} <= tags


@pytest.mark.parametrize(
    ("file_name", "tag", "attribute", "value"),
    [
        ("forecaster-naive", "ConstantSteps", "step", 1),  # not of numpy
        ("forecaster-naive", "ConstantSteps", "start", None),
        ("forecaster-naive", "Counts", "pattern", "rows"),
        ("forecaster-drift", "_MonthSteps", "months", 0),
        ("forecaster-drift", "_MonthSteps", "day", 40),
        ("forecaster-drift", "_MonthSteps", "day", 3),
        ("forecaster-drift", "_Clock", "unit", "D"),
        ("forecaster-drift", "_Clock", "tz", "Europe/Berlin"),
        ("forecaster-drift", "_Clock", "local", "yes"),
        ("forecaster-simple", "_ListedSteps", "offset", "B"),
        ("forecaster-simple", "_ListedSteps", "known", [1, 2]),
        ("panel-of-third-fridays", "OwnSteps", "n_seen", 36),
        ("panel-of-third-fridays", "OwnSteps", "grids", []),
        ("panel-of-third-fridays", "TimeGrid", "_steps", None),
        ("panel-of-third-fridays", "TimeGrid", "has_stamps", None),
    ],
)
def test_grids_of_older_files_are_checked_too(file_name, tag, attribute, value, tmp_path):
    header, body = forged_files.read((SAVED_TAGS / f"{file_name}.tsrnn").read_bytes())
    parts = next(one for one in _nodes(header["model"]) if type(one) is dict and one["is"] == tag)
    next(pair for pair in parts["of"] if pair[0] == attribute)[1] = value
    (tmp_path / "model").write_bytes(forged_files.signed(header, body))
    with pytest.raises(ModelFormatError, match="holds no model that tsrnn"):
        tsrnn.load(tmp_path / "model")


@pytest.mark.parametrize("position", [-1, 625, 2**31, 10**30, True, 0.5])
def test_the_position_of_a_random_state_is_within_its_key(tmp_path, position):
    tsrnn.save(fitted_network("gru")[0], tmp_path / "model")
    header, body = forged_files.read((tmp_path / "model").read_bytes())
    node = next(
        one
        for one in _nodes(header["model"])
        if isinstance(one, dict) and one.get("is") == "random_state"
    )
    for good in (0, 624):
        node["of"][1] = good
        (tmp_path / "model").write_bytes(forged_files.signed(header, body))
        tsrnn.load(tmp_path / "model")
    node["of"][1] = position
    (tmp_path / "model").write_bytes(forged_files.signed(header, body))
    with pytest.raises(ModelFormatError, match="a RandomState is at a position from 0 to 624"):
        tsrnn.load(tmp_path / "model")


def _nodes(node):
    yield node
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(one)


# Attributes and values.


MODEL = {"is": "NaiveForecaster", "of": [["strategy", "last"], ["period", 1]]}


def refused(path, model, message):
    forge(path, {"tsrnn": "0.1", "arrays": [], "model": model})
    with pytest.raises(ModelFormatError, match=message) as message:
        tsrnn.load(path)
    assert str(message.value).isprintable() and len(str(message.value)) < 900


def kept(value, name="kept"):
    return MODEL | {"of": [*MODEL["of"], [name, value]]}


@pytest.mark.parametrize(
    "name",
    [
        "predict",
        "fit",
        "fit_model",
        "get_params",
        "__class__",
        "__sklearn_is_fitted__",
        "__len__",
        5,
    ],
)
def test_no_attribute_takes_the_place_of_a_method(tmp_path, name):
    refused(tmp_path / "model", kept(5, name), "keeps nothing of the name|TypeError")


def test_attributes_come_once(tmp_path):
    refused(tmp_path / "model", kept(2, "period"), "a key comes twice")
    twice = {"is": "dict", "of": [["a", 1], ["a", 2]]}
    refused(tmp_path / "model", kept(twice), "a key comes twice")


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", '{"is": 1, "is": "tuple", "of": []}']
)
def test_json_has_finite_numbers_and_each_key_once(tmp_path, number):
    text = json.dumps({"tsrnn": "0.1", "arrays": [], "model": kept("HERE")})
    forge(tmp_path / "model", text.replace('"HERE"', number).encode())
    with pytest.raises(ModelFormatError, match="is no finite number|a key comes twice"):
        tsrnn.load(tmp_path / "model")


@pytest.mark.parametrize(
    "zone",
    [
        "dateutil//any/path",
        "dateutil/Europe/Berlin",
        "Dateutil//any/path",
        "tzlocal()",
        "/any/path",
        "../any/path",
        "Europe",
        "x" * 10**6,
        "Nowhere/Town",
        "",
        None,
        5,
        "UTC+99",
    ],
    ids=lambda zone: str(zone)[:20],
)
@pytest.mark.parametrize("form", ["zone", "zoneinfo", "dtype", "index"])
def test_the_name_of_a_zone_is_no_path(tmp_path, zone, form, monkeypatch):
    opened = []
    real = open

    def watched(path, *args, **options):
        opened.append(str(path))
        return real(path, *args, **options)

    monkeypatch.setattr("builtins.open", watched)
    dtype = f"datetime64[ns, {zone}]"
    node = {
        "zone": {"is": "zone", "of": [False, zone]},
        "zoneinfo": {"is": "zone", "of": [True, zone]},
        "dtype": {"is": "dtype", "of": dtype},
        "index": {"is": "index", "of": [[], dtype, None]},
    }[form]
    refused(tmp_path / "model", kept(node), "no model that tsrnn")
    assert not any("any/path" in path for path in opened)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "UTC+02:00", "America/Port-au-Prince"])
def test_the_name_of_a_zone_is_one(tmp_path, zone):
    node = {"is": "zone", "of": [False, zone]}
    forge(tmp_path / "model", {"arrays": [], "model": kept(node)})
    assert str(tsrnn.load(tmp_path / "model").kept) in (zone, "UTC")


@pytest.mark.parametrize("depth", [13, 26, 60])
def test_what_is_kept_in_two_places_at_every_depth_is_refused(tmp_path, depth):
    node = MODEL
    for i in range(depth):
        node = MODEL | {"of": [*MODEL["of"], ["a", node], ["b", {"is": "same", "of": i}]]}
    refused(tmp_path / "model", node, "nested too deeply")


def test_a_part_in_many_places_is_one(tmp_path):
    model = NaiveForecaster()
    model.kept = [NaiveForecaster()] * 1000
    tsrnn.save(model, tmp_path / "model")
    assert len({id(one) for one in tsrnn.load(tmp_path / "model").kept}) == 1


@pytest.mark.parametrize("form", ["tuple", "set", "index", "ValueError", "levels", "series"])
def test_ranges_are_no_longer_than_what_is_in_a_file(tmp_path, form):
    long = {"is": "range", "of": [0, 10**10, 1, None]}
    parts = {
        "index": [long, "float64", None],
        "levels": [[long], [[0]], [None]],
        "series": [long, long, None],
    }
    node = {"is": form, "of": parts.get(form, long)}
    refused(tmp_path / "model", kept(node), "ranges are longer|TypeError")
    refused(tmp_path / "model", kept([long] * 60), "ranges are longer")


@pytest.mark.parametrize(
    ("dtype", "content"),
    [
        ("<U1", b"\0\0\x11\0"),
        (">U2", b"\0\0\0a\xff\xff\xff\xff"),
        ("<U1", b"a\0\0\x80"),
        ("|b1", b"\0\2"),
        ("|b1", b"\xff"),
    ],
)
@pytest.mark.parametrize("tag", ["array", "scalar"])
def test_bytes_that_are_no_value_of_their_type_are_refused(tmp_path, dtype, content, tag):
    n = len(content) // np.dtype(dtype).itemsize
    node = {"is": "array", "of": 0}
    node = node if tag == "array" else {"is": "scalar", "of": node}
    header = {"model": kept(node), "arrays": [{"dtype": dtype, "shape": [n], "order": "C"}]}
    forge(tmp_path / "model", header, content)
    with pytest.raises(ModelFormatError, match="has bytes that are no such value"):
        tsrnn.load(tmp_path / "model")


@pytest.mark.parametrize("name", ["int64[pyarrow]", "interval", "zz", "f4,f4", "O", "Int128"])
def test_a_type_that_is_not_there_is_refused(tmp_path, name):
    node = {"is": "WholeNumbers", "of": [["dtype", {"is": "dtype", "of": name}]]}
    refused(tmp_path / "model", kept(node), "no model that tsrnn")


OFFSET = {"is": "offset", "of": ["QuarterEnd", 1, False, {"is": "dict", "of": []}]}


@pytest.mark.parametrize("values", [-1.5, 3, None, "zz", [], [1, 2], {"is": "tuple", "of": [1]}])
@pytest.mark.parametrize("tag", ["periods", "dates", "spans", "categories", "levels"])
def test_an_index_is_made_of_an_array(tmp_path, tag, values):
    # pandas crashes on periods of a number, later, when it asks for their length.
    parts = {
        "periods": [values, OFFSET, None],
        "dates": [values, None, None, None],
        "spans": [values, None, None],
        "categories": [values, [], False, None],
        "levels": [[values], [values], [None]],
    }[tag]
    refused(tmp_path / "model", kept({"is": tag, "of": parts}), "TypeError|ValueError")


@pytest.mark.parametrize("freq", [None, "Q", 1, [], 0.5])
def test_periods_have_a_frequency(tmp_path, freq):
    model = kept({"is": "periods", "of": [{"is": "array", "of": 0}, freq, None]})
    header = {"arrays": [{"dtype": "<i8", "shape": [2], "order": "C"}], "model": model}
    forge(tmp_path / "model", header, bytes(16))
    with pytest.raises(ModelFormatError, match="TypeError"):
        tsrnn.load(tmp_path / "model")


def test_a_range_of_the_rows_of_a_file_is_taken(tmp_path):
    y = pd.Series(np.arange(50_000.0), index=pd.RangeIndex(1, 50_001))
    model = NaiveForecaster().fit(y)
    tsrnn.save(model, tmp_path / "model")
    assert_same(tsrnn.load(tmp_path / "model"), model)


@pytest.mark.parametrize(
    "version", ["1\n\x1b[31m", "v" * 10**6, 5, None, ["0.1"], "\u202e0.1", "", "{error}"]
)
def test_the_version_of_a_file_is_told_if_it_is_one(tmp_path, version):
    forge(tmp_path / "model", {"tsrnn": version, "arrays": [], "model": {"is": "\n\x1b" * 900}})
    with pytest.raises(ModelFormatError, match="tsrnn of an unknown version saved it") as message:
        tsrnn.load(tmp_path / "model")
    assert str(message.value).isprintable() and len(str(message.value)) < 900


def test_what_is_no_model_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 * 2**30)  # a hole: more than there is memory
    with pytest.raises(ModelFormatError, match="is no saved tsrnn model"):
        tsrnn.load(path)
    if os.path.exists("/dev/zero"):
        with pytest.raises(ModelFormatError, match="is no saved tsrnn model"):
            tsrnn.load("/dev/zero")
    path.write_bytes(saving._MAGIC)
    with pytest.raises(ModelFormatError, match="or is cut off"):
        tsrnn.load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_model_is_read_from_a_pipe(tmp_path):
    tsrnn.save(NaiveForecaster(), tmp_path / "model")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cp", tmp_path / "model", tmp_path / "pipe"]):
        assert tsrnn.load(tmp_path / "pipe").strategy == "last"


def test_models_with_what_users_put_there_are_saved(tmp_path):
    for name in FORECASTERS:
        model = fitted(name, y_of("months"))
        model.note = "of my own"
        tsrnn.save(model, tmp_path / "model")
        assert tsrnn.load(tmp_path / "model").note == "of my own"


@pytest.mark.parametrize("name", [(), ("a", "b", "c"), ("a",), 5])
def test_a_column_that_a_frame_does_not_have_is_told(tmp_path, name):
    panel = fitted_panel("weeks")
    panel.target_col = name  # as many as there are columns, or not
    tsrnn.save(panel, tmp_path / "model")
    with pytest.raises(ValueError, match="df_new must have one column .*, but it has 0"):
        tsrnn.load(tmp_path / "model").update(panel.predict(1))
