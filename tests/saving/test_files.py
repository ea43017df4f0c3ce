"""A saved model is whole or is refused, and whatever stops a save leaves a whole one."""

import errno
import hashlib
import json
import os
import pickle
import socket
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forged_files import forge
from panels import make_frame
from saved_models import assert_same

import tsrnn
from tsrnn import NaiveForecaster, PanelForecaster, _files
from tsrnn.exceptions import ModelFormatError
from tsrnn.saving import file as saving

OLD = NaiveForecaster(strategy="drift").fit([1.0, 2.0, 4.0])
NEW = NaiveForecaster(strategy="seasonal", period=3).fit([3.0, 1.0, 2.0, 5.0])


@pytest.fixture
def path(tmp_path):
    """Where a model is saved already."""
    path = tmp_path / "model.any"
    tsrnn.save(OLD, path)
    return path


# What is refused.


def small_file(path):
    """Save a small model with an array; every byte of its file will be changed."""
    model = NaiveForecaster()
    model.kept = np.array([0.5, 2.0])
    tsrnn.save(model, path)
    assert_same(tsrnn.load(path), model)
    return path.read_bytes()


def test_every_changed_byte_is_noticed(path):
    content = small_file(path)
    every_value = os.environ.get("TSRNN_ALL") == "1"
    for place in range(len(content)):
        for change in range(1, 256) if every_value else (1, 128, 255):
            changed = bytearray(content)
            changed[place] ^= change
            path.write_bytes(changed)
            with pytest.raises(ModelFormatError, match="model.any"):
                tsrnn.load(path)


def test_every_truncation_is_noticed(path):
    content = small_file(path)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFormatError, match="model.any"):
            tsrnn.load(path)


@pytest.mark.parametrize("more", [b"\0", b"\n", b"x" * 32, "again"])
def test_what_follows_the_end_is_noticed(path, more):
    content = path.read_bytes()
    path.write_bytes(content + (content if more == "again" else more))
    with pytest.raises(ModelFormatError, match="is damaged"):
        tsrnn.load(path)


class _Payload:
    def __reduce__(self):
        return (os.mkdir, (self.folder,))


def test_foreign_files_are_refused_and_run_no_code(tmp_path):
    path, payload = tmp_path / "foreign", _Payload()
    payload.folder = str(tmp_path / "made by the payload")
    array = np.array([payload], dtype=object)
    np.savez(tmp_path / "foreign.npz", array)
    contents = [b"", b"\0" * 100, b"{}", b"# text\n" * 20, pickle.dumps(payload)]
    for content in [*contents, (tmp_path / "foreign.npz").read_bytes()]:
        path.write_bytes(content)
        with pytest.raises(ModelFormatError, match="foreign is no saved tsrnn model"):
            tsrnn.load(path)
    assert not Path(payload.folder).exists()


def test_a_newer_format_asks_for_a_newer_version(path, monkeypatch):
    monkeypatch.setattr(saving, "_FORMAT", 2)
    tsrnn.save(NEW, path)
    monkeypatch.undo()
    with pytest.raises(ModelFormatError, match="has format 2, but tsrnn .* reads up to 1: a newer"):
        tsrnn.load(path)


MODEL = ["strategy", "last"], ["period", 1]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"\xff", "UnicodeDecodeError"),
        (b"{", "JSONDecodeError"),
        (b"[" * 100_000, "RecursionError"),
        ([], "AttributeError"),
        ({}, "KeyError: 'arrays'"),
        ({"arrays": []}, "KeyError: 'model'"),
        ({"arrays": [], "model": 1}, "outermost object is of the type int"),
        ({"arrays": [], "model": {"is": "Layout", "of": []}}, "a Layout lacks .'is_flat'"),
        ({"arrays": [], "model": {"is": "Ridge", "of": []}}, "there is no type 'Ridge'"),
        ({"arrays": [], "model": {"is": [], "of": []}}, "TypeError"),
        ({"arrays": [], "model": {"of": []}}, "KeyError: 'is'"),
        ({"arrays": [], "model": {"is": "tuple", "of": [], "and": 1}}, "other members"),
        ({"arrays": [], "model": {"is": "NaiveForecaster", "of": []}}, "lacks .'period'"),
        ({"arrays": [], "model": {"is": "NaiveForecaster", "of": 3}}, "TypeError"),
        ({"arrays": [], "model": {"is": "array", "of": 0}}, "ValueError"),
        ({"arrays": [], "model": {"is": "array", "of": -1}}, "ValueError"),
        ({"arrays": [], "model": {"is": "random_state", "of": [1]}}, "not enough values"),
        ({"arrays": [], "model": {"is": "offset", "of": ["exec", 1, False, {}]}}, "TypeError|KeyE"),
        ({"arrays": [], "model": {"is": "zone", "of": [True, "../../etc/passwd"]}}, "ValueError"),
        ({"arrays": [{"dtype": "|O", "shape": [1], "order": "C"}], "model": 1}, "no array is like"),
        ({"arrays": [{"dtype": "f8,f8", "shape": [1], "order": "C"}], "model": 1}, "no array is"),
        ({"arrays": [{"dtype": "<f8", "shape": [1], "order": "K"}], "model": 1}, "no array is"),
        ({"arrays": [{"dtype": "<f8", "shape": [10**15], "order": "C"}], "model": 1}, "bytes end"),
        ({"arrays": [{"dtype": "<f8", "shape": [-8], "order": "C"}], "model": 1}, "no array has"),
        ({"arrays": [{"dtype": "<f8", "shape": [0, 10**30], "order": "C"}], "model": 1}, "Error"),
        ({"arrays": [{"dtype": "<U99999999999", "shape": [0], "order": "C"}], "model": 1}, "Error"),
        ({"arrays": [{"dtype": 8, "shape": [0], "order": "C"}], "model": 1}, "TypeError"),
        ({"arrays": [{"dtype": "<f8", "shape": 3, "order": "C"}], "model": 1}, "TypeError"),
    ],
)
def test_forged_files_are_refused(tmp_path, header, message):
    forge(tmp_path / "model", header)
    with pytest.raises(ModelFormatError, match=f"(?s)model holds no model .*({message})"):
        tsrnn.load(tmp_path / "model")


def test_bytes_without_an_array_are_refused(tmp_path):
    model = {"is": "NaiveForecaster", "of": MODEL}
    forge(tmp_path / "model", {"arrays": [], "model": model})
    assert_same(tsrnn.load(tmp_path / "model"), NaiveForecaster(period=1))
    forge(tmp_path / "model", {"arrays": [], "model": model}, body=b"12345678")
    with pytest.raises(ModelFormatError, match="there are 8 bytes after the last array"):
        tsrnn.load(tmp_path / "model")


@pytest.mark.parametrize(("start", "number"), [(2**63, 1), (40, 0)])
def test_lengths_and_versions_that_lead_nowhere_are_refused(tmp_path, start, number):
    text = b'{"arrays":[],"model":1}'
    content = saving._MAGIC + number.to_bytes(4, "little") + start.to_bytes(8, "little") + text
    (tmp_path / "model").write_bytes(content + hashlib.sha256(content).digest())
    with pytest.raises(ModelFormatError, match="model "):
        tsrnn.load(tmp_path / "model")


def test_attributes_of_another_version_are_refused(tmp_path):
    parts = [["is_pandas", True], ["is_flat", True], ["names", None], ["colour", "red"]]
    model = {"is": "NaiveForecaster", "of": [*MODEL, ["_layout", {"is": "Layout", "of": parts}]]}
    forge(tmp_path / "model", {"tsrnn": "9.1", "arrays": [], "model": model})
    expected = r"no model that tsrnn 0.* knows; tsrnn 9.1 saved it \(.*a Layout has no .'colour'"
    with pytest.raises(ModelFormatError, match=expected):
        tsrnn.load(tmp_path / "model")


def test_a_panel_saved_before_it_could_fill_gaps_comes_back(tmp_path):
    panel = PanelForecaster(NaiveForecaster()).fit(make_frame([9, 12]))
    tsrnn.save(panel, tmp_path / "model")
    with (tmp_path / "model").open("rb") as file:
        text, body = saving._checked(file)
    header = json.loads(str(text, "utf-8"))
    later = {"fill", "aggregate", "rows", "n_filled", "reach"}

    def as_it_was(node):
        if isinstance(node, dict):
            return {name: as_it_was(one) for name, one in node.items()}
        if not isinstance(node, list):
            return node
        return [as_it_was(one) for one in node if not (isinstance(one, list) and one[:1] and
                isinstance(one[0], str) and one[0] in later)]  # fmt: skip

    old = as_it_was(header)
    assert len(json.dumps(old)) < len(json.dumps(header))
    forge(tmp_path / "model", old, body=bytes(body))
    again = tsrnn.load(tmp_path / "model")
    assert_same(again.get_params(), panel.get_params())
    assert again.filled_.empty
    more = make_frame([2, 2], start="2020-01-13")
    pd.testing.assert_frame_equal(again.update(more).predict(2), panel.update(more).predict(2))


def test_a_file_that_is_not_there_or_a_folder_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        tsrnn.load(tmp_path / "missing")
    with pytest.raises(OSError):
        tsrnn.load(tmp_path)
    with pytest.raises(IsADirectoryError):
        tsrnn.save(OLD, tmp_path)
    with pytest.raises(FileNotFoundError):
        tsrnn.save(OLD, tmp_path / "missing" / "model")
    assert os.listdir(tmp_path) == []


# Saves that are stopped.


@pytest.mark.parametrize("name", ["model", "model.npz", "mo[d]el .*", "-"])
def test_the_file_has_exactly_the_name(tmp_path, name):
    for model in (OLD, NEW):
        tsrnn.save(model, str(tmp_path / name))
        assert os.listdir(tmp_path) == [name]
        assert_same(tsrnn.load(tmp_path / name), model)


class Stopped(Exception):
    pass


def stopping_at(k, real):
    """Return a function that works k times and is then stopped, before it did anything."""
    calls = iter(range(10**9))

    def stopping(*args, **options):
        if next(calls) == k:
            raise Stopped
        return real(*args, **options)

    return stopping


def assert_whole(path, *models):
    """The file is one of the models, and after the next save there is nothing beside it."""
    content = path.read_bytes()
    expected = []
    for model in models:
        tsrnn.save(model, path.with_name("expected"))
        expected.append(path.with_name("expected").read_bytes())
    path.with_name("expected").unlink()
    assert content in expected
    tsrnn.save(NEW, path)
    assert os.listdir(path.parent) == [path.name]
    assert_same(tsrnn.load(path), NEW)


@pytest.mark.parametrize("name", ["fsync", "replace", "open", "close"])
@pytest.mark.parametrize("k", range(3))
def test_a_save_that_is_stopped_by_the_system_leaves_a_whole_model(path, monkeypatch, name, k):
    monkeypatch.setattr(_files.os, name, stopping_at(k, getattr(os, name)))
    try:
        tsrnn.save(NEW, path)
    except Stopped:
        monkeypatch.undo()
        assert os.listdir(path.parent) == [path.name]
        assert_whole(path, OLD, NEW)
    else:
        monkeypatch.undo()
        assert_whole(path, NEW)


def test_a_save_that_is_stopped_at_any_write_leaves_the_old_model(path, monkeypatch):
    real = saving._write
    n_stopped = 0
    for k in range(100):

        class File:
            def __init__(self, file, k=k):
                self.write = stopping_at(k, file.write)

        monkeypatch.setattr(saving, "_write", lambda file, *rest, F=File: real(F(file), *rest))
        try:
            tsrnn.save(NEW, path)
        except Stopped:
            n_stopped += 1
            assert os.listdir(path.parent) == [path.name]
            assert_same(tsrnn.load(path), OLD)
        else:
            break
    monkeypatch.undo()
    assert n_stopped == k > 5  # head, JSON, arrays, hash
    assert_whole(path, NEW)


def test_a_full_disk_leaves_the_old_model(path):
    resource = pytest.importorskip("resource", reason="limits on the size of files are of Unix")
    model = tsrnn.load(path)
    model.more = np.zeros(1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, before[1]))
    try:
        with pytest.raises(OSError) as caught:
            tsrnn.save(model, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
    assert os.listdir(path.parent) == [path.name]
    assert_whole(path, OLD)


def test_what_a_killed_save_left_is_removed_but_not_what_another_one_writes(path):
    left = path.with_name(f".{path.name}.{'0' * 16}.tmp")
    left.write_bytes(b"half")
    others = [f".other.{'0' * 16}.tmp", f".{path.name}.{'0' * 16}", f"{path.name}.tmp"]
    for name in others:
        path.with_name(name).touch()
    written = path.with_name(f".{path.name}.{'1' * 16}.tmp")
    with written.open("xb") as file:
        _files.lock(file)
        tsrnn.save(NEW, path)
        assert sorted(os.listdir(path.parent)) == sorted([path.name, written.name, *others])
    tsrnn.save(NEW, path)
    assert sorted(os.listdir(path.parent)) == sorted([path.name, *others])


def test_a_file_system_without_locks_will_do(path, monkeypatch):
    def unsupported(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(_files.fcntl, "flock", unsupported)
    path.with_name(f".{path.name}.{'0' * 16}.tmp").touch()
    tsrnn.save(NEW, path)
    assert os.listdir(path.parent) == [path.name]


KILLER = """
import os, random, signal, sys, time
import numpy as np
import tsrnn

path, n_kills = sys.argv[1], int(sys.argv[2])
models = [tsrnn.NaiveForecaster().fit(np.arange(float(n))) for n in (1000, 20_000)]
wholes = []
for model in models:
    tsrnn.save(model, path)
    wholes.append(open(path, "rb").read())
chance = random.Random(0)
seen, left = set(), 0
for k in range(n_kills):
    child = os.fork()
    if child == 0:
        while True:
            for model in models:
                tsrnn.save(model, path)
    time.sleep(chance.uniform(0.0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    seen.add(wholes.index(open(path, "rb").read()))
    tsrnn.load(path)
    left += len(os.listdir(os.path.dirname(path))) - 1
    tsrnn.save(models[k % 2], path)
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]
print(len(seen), left)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork processes")
def test_a_save_that_is_killed_leaves_a_whole_model(tmp_path):
    n_kills = 200 if os.environ.get("TSRNN_ALL") == "1" else 20
    command = [sys.executable, "-c", KILLER, str(tmp_path / "model"), str(n_kills)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    n_seen, n_left = map(int, done.stdout.split())
    assert n_seen == 2 and n_left > 0  # both models were met, and kills in the middle of a save


# What is at the path.

posix = pytest.mark.skipif(os.name != "posix", reason="modes and pipes are those of POSIX")


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o444, 0o700])
def test_a_file_keeps_its_mode(path, mode):
    path.chmod(mode)
    for model in (NEW, OLD):
        tsrnn.save(model, path)
        assert stat.S_IMODE(path.stat().st_mode) == mode
        assert_same(tsrnn.load(path), model)


@posix
def test_nobody_else_reads_what_is_not_yet_whole(path, monkeypatch):
    path.chmod(0o600)
    seen = []
    real = saving._write

    def watched(file, *rest):
        real(file, *rest)
        seen.append(stat.S_IMODE(os.fstat(file.fileno()).st_mode))

    monkeypatch.setattr(saving, "_write", watched)
    tsrnn.save(NEW, path)
    assert seen == [0o600]


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_usual_mode(tmp_path, mask):
    old = os.umask(mask)
    try:
        tsrnn.save(NEW, tmp_path / "new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~mask


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give")
def test_a_file_keeps_its_owner_where_the_system_lets_it(path):
    os.chown(path, 12345, 54321)
    path.chmod(0o640)
    tsrnn.save(NEW, path)
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 54321, 0o640)


@posix
@pytest.mark.parametrize("kind", ["absolute", "relative", "of a link", "to nothing", "of a folder"])
def test_a_link_goes_on_to_point_to_the_model(tmp_path, kind):
    (tmp_path / "models").mkdir()
    target, link = tmp_path / "models" / "target", tmp_path / "link"
    if kind != "to nothing":
        tsrnn.save(OLD, target)
        target.chmod(0o600)
    if kind == "of a folder":
        (tmp_path / "there").symlink_to("models")
        link = tmp_path / "there" / "target"
    elif kind == "of a link":
        (tmp_path / "between").symlink_to(target)
        link.symlink_to("between")
    else:
        link.symlink_to("models/target" if kind == "relative" else target)
    tsrnn.save(NEW, link)
    assert kind == "of a folder" or link.is_symlink()
    assert not target.is_symlink()
    assert_same(tsrnn.load(target), NEW)
    assert os.listdir(tmp_path / "models") == ["target"]
    assert kind == "to nothing" or stat.S_IMODE(target.stat().st_mode) == 0o600


@posix
def test_a_link_to_itself_is_an_oserror(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OSError):
        tsrnn.save(NEW, tmp_path / "link")
    assert os.listdir(tmp_path) == ["link"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system numbers no files there")
@pytest.mark.parametrize("kind", ["/proc/self/fd", "/dev/fd", "/proc/thread-self/fd", "link"])
def test_an_open_file_is_not_replaced_by_its_number(tmp_path, kind):
    with open(tmp_path / "log", "w") as log:
        log.write("kept")
        place = Path("/dev/fd" if kind == "link" else kind) / str(log.fileno())
        if kind == "link":
            (tmp_path / "link").symlink_to(place)
            place = tmp_path / "link"
        before = (tmp_path / "log").stat().st_ino
        with pytest.raises(OSError, match=f"{place} is an open file.*give another name"):
            tsrnn.save(NEW, place)
    assert (tmp_path / "log").read_text() == "kept"
    assert (tmp_path / "log").stat().st_ino == before
    tsrnn.save(NEW, tmp_path / "log")


@posix
@pytest.mark.parametrize("kind", ["pipe", "socket", "link to a pipe", "device", "folder"])
def test_what_is_no_file_is_left_there(tmp_path, kind):
    place = tmp_path / "place"
    with socket.socket(socket.AF_UNIX) as listening:
        if kind == "socket":
            listening.bind(str(place))
        elif kind == "device":
            place.symlink_to("/dev/null")
        elif kind == "folder":
            place.mkdir()
        else:
            os.mkfifo(tmp_path / "pipe" if "link" in kind else place)
            if "link" in kind:
                place.symlink_to("pipe")
        before = place.stat()
        word = kind.split()[-1]
        with pytest.raises(OSError, match=f"place is a {word}.*give .*name"):
            tsrnn.save(NEW, place)
        assert (place.stat().st_mode, place.stat().st_ino) == (before.st_mode, before.st_ino)
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
