"""Data of the competitions: the formats in tiny files, the checks, the way over a network."""

import contextlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from paths import ROOT
from shared_data import FOLDER, needs

from tsrnn import _files
from tsrnn.datasets import competitions, download, fetch_m3, fetch_m4
from tsrnn.datasets.competition_data import Panel, Part, digest
from tsrnn.datasets.competition_data import naive_scores as scores_to_check_by
from tsrnn.metrics import mase, smape

IDS = ["Q1", "Q2", "Q3"]
TRAIN = [
    np.array([10.0, 12.5, 9.0, 11.0, 10.5, 13.25, 9.5]),
    np.array([2176.684438, 214.30502319, 100.0, 300.0, 250.0]),
    np.array([5.0, 4.0, 5.0, 6.0, 5.0, 7.0]),
]
TEST = [np.array([11.0, 10.0]), np.array([260.0, 270.0]), np.array([6.0, 6.5])]
PANEL = Panel(np.array(IDS), np.concatenate(TRAIN), np.array([0, 7, 12, 18]), np.stack(TEST))


def naive_scores(seasonality):
    scores = [
        (smape(truth, np.full(2, y[-1])), mase(truth, np.full(2, y[-1]), y, period=seasonality))
        for y, truth in zip(TRAIN, TEST, strict=True)
    ]
    return tuple(np.mean(scores, axis=0))


PART = Part("Q", 3, 2, 4, naive_scores(4), digest(PANEL))


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Put three series in the place of the quarterly ones, and a folder in that of the network."""
    monkeypatch.setitem(competitions.M4, "quarterly", PART)
    monkeypatch.setattr(competitions, "URL", (tmp_path / "remote").as_uri() + "/")
    return tmp_path


def write_csv(folder, nested=False):
    """Write the files as the competition has them: quoted, padded to the longest series."""
    for which, series in (("train", TRAIN), ("test", TEST)):
        width = max(map(len, series))
        rows = [",".join(f'"V{i + 1}"' for i in range(width + 1))]
        for name, y in zip(IDS, series, strict=True):
            cells = [f'"{name}"', *(f'"{value:.15g}"' for value in y)]
            rows.append(",".join(cells + [""] * (width - len(y))))
        place = folder / which.title() if nested else folder
        place.mkdir(parents=True, exist_ok=True)
        (place / f"Quarterly-{which}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def assert_is_the_panel(data):
    assert (data.horizon, data.seasonality, list(data.ids)) == (2, 4, IDS)
    for found, expected in ((data.train, TRAIN), (data.test, TEST)):
        assert len(found) == 3
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("nested", [False, True])
def test_original_files_in_the_folder_are_read(tiny, nested):
    write_csv(tiny, nested)
    assert_is_the_panel(fetch_m4("quarterly", data_home=str(tiny), download_if_missing=False))


def test_an_archive_in_the_folder_is_read(tiny):
    np.savez(tiny / "m4_quarterly.npz", **vars(PANEL), horizon=2, seasonality=4)
    assert_is_the_panel(fetch_m4("quarterly", data_home=tiny, download_if_missing=False))


def test_long_frames_count_the_time_steps_of_each_series(tiny):
    write_csv(tiny)
    data = fetch_m4("quarterly", data_home=tiny, as_frame=True)
    assert list(data.train.columns) == list(data.test.columns) == ["unique_id", "ds", "y"]
    for name, y, truth in zip(IDS, TRAIN, TEST, strict=True):
        both = pd.concat([frame[frame.unique_id == name] for frame in (data.train, data.test)])
        assert both.ds.tolist() == list(range(1, len(y) + 3))
        np.testing.assert_array_equal(both.y, np.r_[y, truth])


def test_what_is_downloaded_is_kept_as_an_archive_alone(tiny):
    write_csv(tiny / "remote", nested=True)
    home = tiny / "new" / "home"
    assert_is_the_panel(fetch_m4("quarterly", data_home=home))
    assert [path.name for path in home.iterdir()] == ["m4_quarterly.npz"]
    for path in (tiny / "remote").glob("*/*"):
        path.unlink()
    assert_is_the_panel(fetch_m4("quarterly", data_home=home))


def test_the_folder_is_that_of_the_environment_or_in_the_home(tiny, monkeypatch):
    write_csv(tiny / "here")
    monkeypatch.setenv("TSRNN_DATA", str(tiny / "here"))
    assert_is_the_panel(fetch_m4("quarterly", download_if_missing=False))
    monkeypatch.delenv("TSRNN_DATA")
    monkeypatch.setenv("HOME", str(tiny))
    monkeypatch.setenv("USERPROFILE", str(tiny))
    assert competitions.data_folder(None) == tiny / "tsrnn_data"
    assert competitions.data_folder("~/else") == tiny / "else"


# What cannot be had, or is not what it should be.


def test_without_data_and_network_the_error_says_what_to_do(tiny):
    with pytest.raises(OSError, match="cannot download .*Quarterly-train.csv.*put them into"):
        fetch_m4("quarterly", data_home=tiny / "home", n_retries=0)
    assert list((tiny / "home").iterdir()) == []
    with pytest.raises(OSError, match="neither m4_quarterly.npz nor.*download_if_missing=True"):
        fetch_m4("quarterly", data_home=tiny, download_if_missing=False)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (replace(PART, n_series=4), r"shape \(3, 2\), not \(4, 2\)"),
        (replace(PART, horizon=3), r"shape \(3, 2\), not \(3, 3\)"),
        (replace(PART, prefix="M"), "names of the series do not all begin with M"),
        (replace(PART, naive_scores=(16.342, 3.974)), "not the 16.342 and 3.974 that were pub"),
        (replace(PART, digest="0" * 64), "a value, a length or a name has changed"),
    ],
)
def test_other_data_are_refused_and_not_kept(tiny, monkeypatch, part, message):
    monkeypatch.setitem(competitions.M4, "quarterly", part)
    write_csv(tiny / "remote", nested=True)
    with pytest.raises(OSError, match=f"not the data of the competition, for .*{message}"):
        fetch_m4("quarterly", data_home=tiny / "home")
    assert list((tiny / "home").iterdir()) == []


def test_offsets_that_do_not_fit_the_values_are_refused(tiny):
    wrong = replace(PANEL, train_offsets=np.array([0, 7, 7, 18]))
    np.savez(tiny / "m4_quarterly.npz", **vars(wrong))
    with pytest.raises(OSError, match="delete it to have it made anew.*the offsets do not cut"):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize(
    "offsets",
    [
        [0, 11, 7, 18],
        [0, 0, 7, 18],
        [0, 18, 18, 18],
        [1, 7, 11, 19],
        [-1, 7, 11, 18],
        [0, 7, 11, 17],
        [0, 7, 18],
        [[0, 7, 11, 18]],
        [0.0, 7.0, 11.0, 18.0],
        [],
        np.array([0, 2**64 - 5, 11, 18], dtype=np.uint64),
    ],
    ids=str,
)
def test_offsets_out_of_order_are_not_returned(tiny, offsets, monkeypatch):
    # Known by nothing but their number, so that no digest would notice.
    monkeypatch.setitem(competitions.M4, "quarterly", Part("Q", 3, 2, 4))
    np.savez(tiny / "m4_quarterly.npz", **vars(PANEL))
    assert len(PANEL.train_values) == 18
    assert_is_the_panel(fetch_m4("quarterly", data_home=tiny))
    np.savez(tiny / "m4_quarterly.npz", **vars(replace(PANEL, train_offsets=np.array(offsets))))
    with pytest.raises(OSError, match="m4_quarterly.npz.*train_offsets|offsets do not cut"):
        fetch_m4("quarterly", data_home=tiny)


def _npy(header):
    text = header.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY\x01\x00",
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10" + "0" * 30 + ",), }"),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }"),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': ("),
        _npy("{'descr': " + "(" * 5000 + ")" * 5000 + ", 'fortran_order': False, 'shape': (1,), }"),
        _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
        _npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (0,), }"),
        _npy("\xff\xfe"),
        _npy("'''"),
        _npy("[1, 2]"),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_LZMA])
def test_arrays_that_are_none_are_an_oserror_whatever_they_raise(tiny, member, compression):
    with zipfile.ZipFile(tiny / "m4_quarterly.npz", "w", compression) as archive:
        for name in vars(PANEL):
            archive.writestr(f"{name}.npy", member)
    with pytest.raises(OSError, match="m4_quarterly.npz is no archive with the arrays ids"):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ids", np.arange(3)),
        ("ids", np.array("Q1")),
        ("train_values", np.array(["a"] * 18)),
        ("train_values", np.zeros((18, 1))),
        ("test", np.zeros(6)),
        ("test", np.zeros((3, 2), dtype=complex)),
    ],
)
def test_arrays_of_another_kind_are_an_oserror(tiny, name, value):
    np.savez(tiny / "m4_quarterly.npz", **vars(PANEL) | {name: value})
    with pytest.raises(OSError, match=f"m4_quarterly.npz is no archive .*: {name} is of"):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'"V1"\n"Q1",\xff1\n', b"", b"\n"])
def test_original_files_that_are_no_text_are_an_oserror(tiny, content):
    write_csv(tiny)
    for which in ("train", "test"):
        (tiny / f"Quarterly-{which}.csv").write_bytes(content)
    with pytest.raises(OSError, match="Quarterly-"):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half an archive"])
def test_a_damaged_archive_is_named(tiny, content):
    (tiny / "m4_quarterly.npz").write_bytes(content)
    with pytest.raises(OSError, match="m4_quarterly.npz is no archive with the arrays ids"):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_with_flipped_bits_is_refused_or_read_right(tiny, save):
    path = tiny / "m4_quarterly.npz"
    save(path, **vars(PANEL))
    whole = path.read_bytes()
    n_refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            data = fetch_m4("quarterly", data_home=tiny, download_if_missing=False)
        except OSError as error:
            assert "m4_quarterly.npz" in str(error)
            n_refused += 1
        else:
            assert_is_the_panel(data)
    assert n_refused > 0.5 * len(whole)


def test_an_archive_without_an_array_is_named(tiny):
    np.savez(tiny / "m4_quarterly.npz", ids=PANEL.ids)
    with pytest.raises(OSError, match="no archive with the arrays ids, train_values"):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("Quarterly-train.csv", '"12.5"', '"twelve"'), "Quarterly-train.csv, line 2: .*twelve"),
        (("Quarterly-train.csv", '"12.5"', ""), "Quarterly-train.csv, line 2: "),
        (("Quarterly-test.csv", '"Q2"', '"Q5"'), "do not hold the same series"),
        (("Quarterly-test.csv", ',"6.5"', ""), "the same number of values for every series"),
    ],
)
def test_a_damaged_original_file_is_named(tiny, change, message):
    write_csv(tiny)
    name, old, new = change
    text = (tiny / name).read_text(encoding="utf-8")
    assert old in text
    (tiny / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(OSError, match=message):
        fetch_m4("quarterly", data_home=tiny)


@pytest.mark.parametrize("fetch", [fetch_m4, fetch_m3])
@pytest.mark.parametrize("frequency", ["Yearly", "minutely", None, ["yearly"]])
def test_a_frequency_that_there_is_not_is_named(fetch, frequency):
    with pytest.raises(ValueError, match="frequency must be one of 'yearly', 'quarterly'"):
        fetch(frequency)


def test_the_digest_knows_every_value_but_not_the_last_digits():
    found = digest(PANEL)
    for name in ("train_values", "test"):
        values = getattr(PANEL, name)
        assert digest(replace(PANEL, **{name: np.nextafter(values, 1e9)})) == found
        changed = values.copy()
        changed.flat[-1] *= 1.0 + 1e-12
        assert digest(replace(PANEL, **{name: changed})) != found
    assert digest(replace(PANEL, ids=PANEL.ids[::-1])) != found
    assert digest(replace(PANEL, train_offsets=np.array([0, 6, 12, 18]))) != found


@pytest.mark.parametrize("seasonality", [1, 4])
def test_the_scores_to_check_by_are_smape_and_mase(seasonality):
    # A few roundings: sums in another order.
    found = scores_to_check_by(PANEL, seasonality)
    np.testing.assert_allclose(found, naive_scores(seasonality), rtol=1e-13)


# The network.


class _Unsteady(http.server.BaseHTTPRequestHandler):
    """Breaks off in the first two answers; has nothing at /missing."""

    n_asked = 0

    def do_GET(self):
        type(self).n_asked += 1
        if self.path == "/missing":
            return self.send_error(404)
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):  # until whoever asked has had enough
                while True:
                    self.wfile.write(bytes(50_000))
        if self.path == "/huge":
            self.send_response(200)
            self.send_header("Content-Length", str(10**15))
            return self.end_headers()
        if self.path == "/nonsense":
            self.send_response(200)
            self.send_header("Content-Length", "many")
            return self.end_headers()
        self.send_response(200)
        self.send_header("Content-Length", "200000")
        self.end_headers()
        self.wfile.write(bytes(200_000 if self.n_asked > 2 else 70_000))

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    _Unsteady.n_asked = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Unsteady) as running:
        thread = threading.Thread(target=running.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_download_that_breaks_off_is_tried_again(server, tmp_path):
    download.download(f"{server}/file", tmp_path / "file", most=10**6, n_retries=2, delay=0.0)
    assert (tmp_path / "file").read_bytes() == bytes(200_000)
    assert _Unsteady.n_asked == 3
    assert len(list(tmp_path.iterdir())) == 1


def test_a_download_that_fails_leaves_what_was_there(server, tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(OSError, match="ended after 70000 of 200000 bytes"):
        download.download(f"{server}/file", tmp_path / "file", most=10**6, n_retries=1, delay=0.0)
    with pytest.raises(OSError, match="404"):
        download.download(f"{server}/missing", tmp_path / "file", most=10**6, n_retries=0)
    assert _Unsteady.n_asked == 3
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("name", ["endless", "huge"])
@pytest.mark.parametrize("most", [0, 1, 300_000])
def test_a_download_has_no_more_than_the_file(server, tmp_path, name, most):
    with pytest.raises(OSError, match=f"cannot download .*more than the {most} bytes"):
        download.download(f"{server}/{name}", tmp_path / "file", most=most, delay=0.0)
    assert _Unsteady.n_asked == 1 and list(tmp_path.iterdir()) == []


def test_a_length_that_is_none_is_an_oserror(server, tmp_path):
    with pytest.raises(OSError, match="cannot download .*nonsense"):
        download.download(f"{server}/nonsense", tmp_path / "file", most=9, n_retries=0)


KILLED = """
import sys, time
from pathlib import Path
from tsrnn.datasets.download import folder_for_a_while
with folder_for_a_while(Path(sys.argv[1]), ".m4_") as place:
    (place / "half").write_text("half")
    print(place.name, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="the system cannot hold folders")
def test_the_folder_of_a_killed_download_is_removed_but_not_that_of_another(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    others = [".m4_file", "m4_folder", ".imdb_folder"]
    (tmp_path / others[0]).touch()
    for name in others[1:]:
        (tmp_path / name).mkdir()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        name = running.stdout.readline().strip()
        with download.folder_for_a_while(tmp_path, ".m4_") as place:
            assert place.is_dir() and place.name != name
            assert (tmp_path / name / "half").exists()
        running.kill()
    assert (tmp_path / name).is_dir()
    with download.folder_for_a_while(tmp_path, ".m4_") as place:
        assert sorted(os.listdir(tmp_path)) == sorted([place.name, *others])
    assert sorted(os.listdir(tmp_path)) == sorted(others)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    def interrupted(file):
        file.write(b"half")
        raise KeyboardInterrupt

    path = tmp_path / "file"
    _files.replace_file(path, lambda file: file.write(b"whole"))
    with pytest.raises(KeyboardInterrupt):
        _files.replace_file(path, interrupted)
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


# M3.


def write_m3(folder):
    half = slice(None, None, -1)
    np.savez(
        folder / "m3.npz",
        ids=np.array(["N1", "N2", "N3"]),
        period=np.array(["yearly", "quarterly", "yearly"]),
        train_values=np.concatenate(TRAIN[half]),
        train_offsets=np.array([0, 6, 11, 18]),
        test_values=np.concatenate([TEST[2], TEST[1], [1.0], TEST[0]]),
        test_offsets=np.array([0, 2, 5, 7]),
    )


def test_m3_gives_the_series_of_a_frequency(monkeypatch, tmp_path):
    write_m3(tmp_path)
    expected = Panel(
        np.array(["N1", "N3"]),
        np.r_[TRAIN[2], TRAIN[0]],
        np.array([0, 6, 13]),
        np.stack([TEST[2], TEST[0]]),
    )
    part = Part("N", 2, 2, 1, None, digest(expected))
    monkeypatch.setitem(competitions.M3, "yearly", part)
    data = fetch_m3("yearly", data_home=tmp_path)
    assert (list(data.ids), data.horizon, data.seasonality) == (["N1", "N3"], 2, 1)
    np.testing.assert_array_equal(data.train[1], TRAIN[0])
    np.testing.assert_array_equal(data.test[0], TEST[2])
    frame = fetch_m3("yearly", data_home=tmp_path, as_frame=True).test
    assert frame.ds.tolist() == [7, 8, 8, 9]


@pytest.mark.parametrize("which", ["train", "test"])
@pytest.mark.parametrize("change", ["out of order", "too few", "below 0", "too far"])
def test_m3_offsets_that_do_not_cut_are_refused(tmp_path, which, change):
    write_m3(tmp_path)
    with np.load(tmp_path / "m3.npz") as archive:
        arrays = dict(archive)
    offsets = arrays[f"{which}_offsets"]
    if change == "out of order":
        offsets[[1, 2]] = offsets[[2, 1]]
    elif change == "too few":
        offsets = offsets[:-1]
    else:
        offsets[-1 if change == "too far" else 0] += 1 if change == "too far" else -1
    np.savez(tmp_path / "m3.npz", **arrays | {f"{which}_offsets": offsets})
    with pytest.raises(OSError, match=f"m3.npz: {which}_offsets do not cut the values"):
        fetch_m3("quarterly", data_home=tmp_path)


def test_a_part_of_the_quarterly_series_is_read_from_its_archive_alone(tiny, monkeypatch):
    monkeypatch.setitem(competitions.M4, "quarterly_part", PART)
    write_csv(tiny / "remote", nested=True)
    write_csv(tiny)
    with pytest.raises(OSError, match="m4_quarterly_part.npz is missing: .* is not downloaded"):
        fetch_m4("quarterly_part", data_home=tiny)
    np.savez(tiny / "m4_quarterly_part.npz", **vars(PANEL))
    assert_is_the_panel(fetch_m4("quarterly_part", data_home=tiny))


def test_m3_that_is_missing_or_another_is_named(tmp_path):
    with pytest.raises(OSError, match="m3.npz is missing: .*Mcomp"):
        fetch_m3("yearly", data_home=tmp_path)
    write_m3(tmp_path)
    with pytest.raises(OSError, match=r"shape \(2, 2\), not \(645, 6\)"):
        fetch_m3("yearly", data_home=tmp_path)
    with pytest.raises(OSError, match="no series of the frequency 'other'"):
        fetch_m3("other", data_home=tmp_path)


# The real data, whose values are checked as they are read.


@pytest.mark.parametrize(
    ("frequency", "n_series", "name"),
    [
        pytest.param(frequency, n, name, marks=needs(f"data/{file}.npz"))
        for frequency, n, file, name in [
            ("yearly", 23_000, "m4_yearly", "Y1"),
            ("quarterly_part", 15_005, "m4_quarterly_part", "Q1"),
            ("weekly", 359, "m4_weekly", "W1"),
            ("hourly", 414, "m4_hourly", "H1"),
        ]
    ],
)
def test_the_m4_data_are_those_of_the_competition(frequency, n_series, name):
    data = fetch_m4(frequency, data_home=FOLDER / "data", download_if_missing=False)
    assert (len(data.train), len(data.test), data.ids[0]) == (n_series, n_series, name)


@needs("data/m3.npz")
def test_the_m3_data_are_those_of_the_competition():
    data = [fetch_m3(frequency, data_home=FOLDER / "data") for frequency in competitions.M3]
    assert sum(len(each.train) for each in data) == 3003
    assert [data[0].ids[0], data[3].ids[-1]] == ["N0001", "N3003"]
