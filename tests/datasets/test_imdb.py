"""The film reviews: a tiny archive in the layout of the original, the checks, the ids of words."""

import gzip
import hashlib
import io
import json
import tarfile

import numpy as np
import pytest
from shared_data import FOLDER, needs

from tsrnn.datasets import fetch_imdb, imdb

# (half, kind, number, rating, text), in the order in which they are returned unshuffled.
REVIEWS = [
    ("train", "neg", 0, 1, "Bad. A bad, BAD film<br /><br />that's all"),
    ("train", "neg", 2, 4, "so-so"),
    ("train", "pos", 1, 9, "A good film: été, naïve, 10/10 \U0001f600"),
    ("train", "pos", 10, 10, "good  good\n"),
    ("test", "neg", 0, 2, "unheard-of, bad"),
    ("test", "neg", 1, 3, "bad"),
    ("test", "pos", 0, 7, "a\x85good\u2028one"),
    ("test", "pos", 3, 8, "good"),
]
# By frequency in the training half, ties by the alphabet.
VOCABULARY = ["bad", "good", "10", "a", "film", "so", "all", "naïve", "that's", "été"]


def add(archive, name, content, **changes):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in changes.items():
        setattr(member, key, value)
    archive.addfile(member, io.BytesIO(content))


def write_original(path, reviews=REVIEWS):
    """Write what the authors' archive has, out of order, and things that are no reviews."""
    with tarfile.open(path, "w:gz") as archive:
        add(archive, "aclImdb/README", b"read me")
        add(archive, "aclImdb/imdb.vocab", b"the\nand\n")
        add(archive, "aclImdb/train/unsup/0_0.txt", b"without a label")
        add(archive, "aclImdb/train/pos/urls_pos.txt", b"http")
        add(archive, "aclImdb/train/pos/7_9.txt", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(archive, "aclImdb/../aclImdb/train/pos/8_9.txt", b"from elsewhere")
        add(archive, "/aclImdb/train/pos/9_9.txt", b"from the root")
        for half, kind, number, rating, text in reversed(reviews):
            add(archive, f"aclImdb/{half}/{kind}/{number}_{rating}.txt", text.encode())
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_lines(path, reviews=REVIEWS, **changes):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for half, kind, number, rating, text in reviews:
            row = {"split": half, "label": int(kind == "pos"), "rating": rating, "id": number}
            print(json.dumps(row | {"text": text} | changes), file=file)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Put eight reviews in the place of all, and a folder in that of the network."""
    (tmp_path / "remote").mkdir()
    path = tmp_path / "remote" / "aclImdb_v1.tar.gz"
    monkeypatch.setattr(imdb, "URL", path.as_uri())
    monkeypatch.setattr(imdb, "SHA256", write_original(path))
    monkeypatch.setattr(imdb, "N_OF_A_KIND", 2)
    return tmp_path


def assert_are_the_reviews(imdb, random_state=0):
    """In the order of a shuffled half, which is the documented one."""
    random = np.random.RandomState(random_state)
    for half in ("train", "test"):
        in_order = [review for review in REVIEWS if review[0] == half]
        expected = [in_order[i] for i in random.permutation(4)]
        found = imdb[half]
        assert found.data == [text for *_, text in expected]
        assert found.target.tolist() == [int(kind == "pos") for _, kind, *_ in expected]
        assert found.rating.tolist() == [rating for *_, rating, _ in expected]
        assert found.target_names == imdb.target_names == ["neg", "pos"]
        assert found.DESCR == imdb.DESCR
    assert "Learning word vectors" in imdb.DESCR


# Where the reviews come from.


def test_what_is_downloaded_is_kept_as_arrays_alone(tiny):
    home = tiny / "new" / "home"
    assert_are_the_reviews(fetch_imdb(data_home=home))
    assert [path.name for path in home.iterdir()] == ["imdb_reviews.npz"]
    (tiny / "remote" / "aclImdb_v1.tar.gz").unlink()
    assert_are_the_reviews(fetch_imdb(data_home=home, download_if_missing=False))


@pytest.mark.parametrize("source", ["aclImdb_v1.tar.gz", "imdb.jsonl.gz"])
def test_files_in_the_folder_are_read(tiny, source):
    home = tiny / "home"
    home.mkdir()
    if source == "imdb.jsonl.gz":
        write_lines(home / source, REVIEWS[::-1])
    else:
        (tiny / "remote" / source).rename(home / source)
    assert_are_the_reviews(fetch_imdb(data_home=home, download_if_missing=False))
    (home / source).unlink()
    assert_are_the_reviews(fetch_imdb(data_home=str(home), download_if_missing=False))


def test_the_folder_is_that_of_the_environment(tiny, monkeypatch):
    write_lines(tiny / "imdb.jsonl.gz")
    monkeypatch.setenv("TSRNN_DATA", str(tiny))
    assert_are_the_reviews(fetch_imdb(download_if_missing=False))


def test_a_folder_that_cannot_be_written_serves_too(tiny, monkeypatch):
    def refuse(path, write):
        raise PermissionError(path)

    write_lines(tiny / "imdb.jsonl.gz")
    monkeypatch.setattr(imdb, "replace_file", refuse)
    assert_are_the_reviews(fetch_imdb(data_home=tiny, download_if_missing=False))
    assert not (tiny / "imdb_reviews.npz").exists()


def test_nothing_of_an_archive_is_unpacked(tiny):
    before = set(tiny.rglob("*"))
    fetch_imdb(data_home=tiny / "home")
    assert {path.name for path in set(tiny.rglob("*")) - before} == {"home", "imdb_reviews.npz"}


# Their order.


def test_reviews_are_shuffled_as_the_seed_says_and_texts_and_ids_alike(tiny):
    for seed in (0, 1, 2):
        texts = fetch_imdb(data_home=tiny, random_state=seed)
        assert_are_the_reviews(texts, seed)
        ids = fetch_imdb(data_home=tiny, random_state=seed, as_ids=True)
        in_order = fetch_imdb(data_home=tiny, shuffle=False, as_ids=True)
        random = np.random.RandomState(seed)
        for half in ("train", "test"):
            np.testing.assert_array_equal(ids[half].rating, texts[half].rating)
            expected = [in_order[half].data[i].tolist() for i in random.permutation(4)]
            assert [row.tolist() for row in ids[half].data] == expected
    assert_are_the_reviews(fetch_imdb(data_home=tiny, random_state=np.random.RandomState(5)), 5)


@pytest.mark.parametrize("as_ids", [False, True])
def test_unshuffled_reviews_begin_with_the_negative_ones(tiny, as_ids):
    imdb = fetch_imdb(data_home=tiny, as_ids=as_ids, shuffle=False)
    for half in ("train", "test"):
        assert imdb[half].target.tolist() == [0, 0, 1, 1]
    if not as_ids:
        assert imdb.train.data + imdb.test.data == [text for *_, text in REVIEWS]


# What cannot be had, or is not what it should be.


def test_without_data_the_error_says_what_to_download_and_where_to_put_it(tiny):
    (tiny / "remote" / "aclImdb_v1.tar.gz").unlink()
    home = tiny / "home"
    with pytest.raises(OSError, match="cannot download .*put it into .*home.*TSRNN_DATA"):
        fetch_imdb(data_home=home, n_retries=0)
    assert list(home.iterdir()) == []
    with pytest.raises(OSError, match="home holds none of .*imdb.jsonl.gz and aclImdb"):
        fetch_imdb(data_home=home, download_if_missing=False)


def test_a_damaged_archive_is_refused_before_it_is_read_and_is_not_kept(tiny):
    path = tiny / "remote" / "aclImdb_v1.tar.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(OSError, match="its SHA-256 is .*, not .*; download .* again"):
        fetch_imdb(data_home=tiny / "home")
    assert list((tiny / "home").iterdir()) == []


@pytest.mark.parametrize(
    "reviews",
    [
        REVIEWS[:-1],
        [*REVIEWS, ("test", "pos", 9, 9, "one too many")],
        [("train", "neg", 0, 9, "of the other class"), *REVIEWS[1:]],
        [("test", "neg", 4, 1, "of the other half"), *REVIEWS[1:]],
        [("train", "neg", 0, 5, "neither good nor bad"), *REVIEWS[1:]],
        [],
    ],
)
def test_other_reviews_are_refused_and_not_kept(tiny, reviews):
    write_lines(tiny / "imdb.jsonl.gz", reviews)
    with pytest.raises(OSError, match="imdb.jsonl.gz.*has 2 reviews of 1 to 4 stars and 2 of 7 to"):
        fetch_imdb(data_home=tiny)
    assert not (tiny / "imdb_reviews.npz").exists()


@pytest.mark.parametrize("changes", [{"split": "valid"}, {"rating": None}, {"id": "x"}])
def test_lines_that_are_no_reviews_are_refused_by_their_number(tiny, changes):
    write_lines(tiny / "imdb.jsonl.gz", **changes)
    with pytest.raises(OSError, match="imdb.jsonl.gz, line 1: no review"):
        fetch_imdb(data_home=tiny)


@pytest.mark.parametrize(
    "changes",
    [
        {"text": None},
        {"text": "\ud800"},
        {"label": 2},
        {"label": [1]},
        {"rating": 1e400},
        {"rating": "1" * 5000},
        {"id": float("nan")},
    ],
    ids=str,
)
def test_numbers_and_texts_that_are_none_are_refused_by_their_line(tiny, changes):
    write_lines(tiny / "imdb.jsonl.gz", **changes)
    with pytest.raises(OSError, match="imdb.jsonl.gz, line 1: no review"):
        fetch_imdb(data_home=tiny)


def test_a_line_that_is_nested_too_deeply_is_refused(tiny):
    (tiny / "imdb.jsonl.gz").write_bytes(gzip.compress(b"[" * 10**6))
    with pytest.raises(OSError, match="imdb.jsonl.gz, line 1: no review .RecursionError"):
        fetch_imdb(data_home=tiny)


@pytest.mark.parametrize("place", [0, 3, 7])
@pytest.mark.parametrize("source", ["imdb.jsonl.gz", "aclImdb_v1.tar.gz"])
def test_two_reviews_of_one_id_are_refused(tiny, monkeypatch, place, source):
    half, kind, number, rating, _ = REVIEWS[place]
    other = next(i for i, one in enumerate(REVIEWS) if one[:2] == (half, kind) and i != place)
    reviews = list(REVIEWS)
    # Another rating, so that it is another file of the archive.
    reviews[other] = (half, kind, number, rating + 1 if rating < 10 else 9, "another text")
    if source == "imdb.jsonl.gz":
        write_lines(tiny / source, reviews)
    else:
        monkeypatch.setattr(imdb, "SHA256", write_original(tiny / source, reviews))
    with pytest.raises(OSError, match=f"{source} has two reviews of the id {number} in {half}/"):
        fetch_imdb(data_home=tiny, download_if_missing=False)
    assert not (tiny / "imdb_reviews.npz").exists()


@pytest.mark.parametrize("damage", ["cut", "no gzip", "no tar", "flipped", "no text", "header"])
def test_an_archive_that_is_damaged_but_has_its_hash_is_an_oserror(tiny, monkeypatch, damage):
    path = tiny / "aclImdb_v1.tar.gz"
    write_original(path)
    content = path.read_bytes()
    plain = gzip.decompress(content)
    content = {
        "cut": content[: len(content) // 2],
        "no gzip": b"no gzip",
        "no tar": gzip.compress(b"x" * 2000),
        "flipped": content[:40] + bytes([content[40] ^ 0xFF]) + content[41:],
        "no text": gzip.compress(plain.replace("été".encode(), b"\xff" * 5)),
        "header": gzip.compress(plain[: len(plain) // 3]),
    }[damage]
    path.write_bytes(content)
    monkeypatch.setattr(imdb, "SHA256", hashlib.sha256(content).hexdigest())
    with pytest.raises(OSError, match=r"aclImdb_v1.tar.gz"):
        fetch_imdb(data_home=tiny, download_if_missing=False)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("text_offsets", lambda old: old[[0, 2, 1, *range(3, len(old))]]),
        ("token_offsets", lambda old: old[[0, 2, 1, *range(3, len(old))]]),
        ("token_offsets", lambda old: old - 1),
        ("text_offsets", lambda old: old.astype(float)),
        ("text", lambda old: old | 0x80),
        ("words", lambda old: old | 0x80),
        ("tokens", lambda old: old + 100),
        ("tokens", lambda old: -old),
        ("rating", lambda old: old[:, None]),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_an_oserror(tiny, name, change):
    fetch_imdb(data_home=tiny)
    path = tiny / "imdb_reviews.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {name: change(arrays[name])})
    for as_ids in (False, True):
        with pytest.raises(OSError, match="imdb_reviews.npz"):
            fetch_imdb(data_home=tiny, as_ids=as_ids)


@pytest.mark.parametrize("size", [0, 100])
def test_a_download_is_no_larger_than_the_archive(tiny, monkeypatch, size):
    monkeypatch.setattr(imdb, "SIZE", size)
    with pytest.raises(OSError, match=f"cannot download .*more than the {size} bytes"):
        fetch_imdb(data_home=tiny / "home")
    assert list((tiny / "home").iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"[1]\n", mtime=0), b"\x1f\x8b\x08"]
)
def test_files_that_are_something_else_are_refused(tiny, content):
    (tiny / "imdb.jsonl.gz").write_bytes(content)
    with pytest.raises(OSError, match="imdb.jsonl.gz"):
        fetch_imdb(data_home=tiny)


def test_lines_cut_off_are_refused(tiny):
    write_lines(tiny / "imdb.jsonl.gz")
    content = (tiny / "imdb.jsonl.gz").read_bytes()
    (tiny / "imdb.jsonl.gz").write_bytes(content[:-20])
    with pytest.raises(OSError, match="imdb.jsonl.gz, line .*EOFError"):
        fetch_imdb(data_home=tiny)


def test_a_damaged_archive_of_arrays_is_refused(tiny):
    fetch_imdb(data_home=tiny)
    path = tiny / "imdb_reviews.npz"
    content = path.read_bytes()
    place = content.index("été".encode())  # within the texts
    path.write_bytes(content[:place] + b"e" + content[place + 1 :])
    with pytest.raises(OSError, match="imdb_reviews.npz is no archive with the arrays text"):
        fetch_imdb(data_home=tiny)
    path.write_bytes(content)
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {"tokens": arrays["tokens"][:-1]})
    with pytest.raises(OSError, match="delete it.*token_offsets do not cut .* into 8 reviews"):
        fetch_imdb(data_home=tiny)


# Ids.


def test_ids_are_ranks_by_frequency_in_the_training_half(tiny):
    imdb = fetch_imdb(data_home=tiny, as_ids=True, shuffle=False)
    assert imdb.word_index == {word: i for i, word in enumerate(VOCABULARY, start=1)}
    assert [ids.tolist() for ids in imdb.train.data] == [
        [1, 4, 1, 1, 5, 9, 7],
        [6, 6],
        [4, 2, 5, 10, 8, 3, 3],
        [2, 2],
    ]
    assert [ids.tolist() for ids in imdb.test.data] == [[0, 0, 1], [1], [4, 2, 0], [2]]
    assert all(ids.dtype == np.int32 for ids in imdb.train.data + imdb.test.data)
    assert imdb.test.target.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("num_words", [2, 4, 11, 12])
def test_num_words_is_the_number_of_ids(tiny, num_words):
    everything = fetch_imdb(data_home=tiny, as_ids=True)
    imdb = fetch_imdb(num_words, data_home=tiny, as_ids=True)
    assert imdb.word_index == {
        word: i for word, i in everything.word_index.items() if i < num_words
    }
    for half in ("train", "test"):
        for ids, all_ids in zip(imdb[half].data, everything[half].data, strict=True):
            assert ids.tolist() == [i if i < num_words else 0 for i in all_ids.tolist()]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"num_words": 1, "as_ids": True}, ValueError, "num_words == 1, must be >= 2"),
        ({"num_words": 2.5, "as_ids": True}, TypeError, "num_words"),
        ({"num_words": 10}, ValueError, "pass as_ids=True"),
        ({"shuffle": 1.5}, TypeError, "shuffle must be"),
        ({"random_state": "one"}, ValueError, "cannot be used to seed"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(tiny, options, error, message):
    with pytest.raises(error, match=message):
        fetch_imdb(data_home=tiny, **options)


@needs("data/imdb.jsonl.gz")
def test_all_the_reviews_are_read(tmp_path):
    (tmp_path / "imdb.jsonl.gz").symlink_to(FOLDER / "data" / "imdb.jsonl.gz")
    imdb = fetch_imdb(data_home=tmp_path, download_if_missing=False, shuffle=False)
    for half in (imdb.train, imdb.test):
        assert len(half.data) == 25_000 and all(isinstance(text, str) for text in half.data)
        assert half.target.tolist() == [0] * 12_500 + [1] * 12_500
    ids = fetch_imdb(
        10_000, data_home=tmp_path, as_ids=True, download_if_missing=False, shuffle=False
    )
    assert list(ids.word_index)[:5] == ["the", "and", "a", "of", "to"]
    lengths = [len(row) for row in ids.train.data]
    # What anyone who has counted these words reports: about 234 a review, 2,500 in the longest.
    assert (len(lengths), sum(lengths), max(lengths)) == (25_000, 5_839_220, 2_473)
    words = dict(map(reversed, ids.word_index.items()))
    first = " ".join(words.get(i, "?") for i in ids.train.data[0].tolist()[:6])
    assert first == "story of a man who has"
    assert imdb.train.data[0].lower().startswith(first)
    some = fetch_imdb(data_home=tmp_path, download_if_missing=False)
    # As often as of a fair coin, give or take six standard deviations.
    assert abs(some.train.target[:1000].mean() - 0.5) < 0.1
