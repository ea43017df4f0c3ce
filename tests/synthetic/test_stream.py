"""Streams of series: chunks by their number, lengths, frequencies, missing values."""

import numpy as np
import pytest

from tsrnn.exceptions import InvalidParameterError
from tsrnn.synthetic import FAMILIES, FREQUENCIES, SeriesStream

MIXTURE = {"yearly": 1, "monthly": 2, ("weekly", 1): 1, "unknown": 0}


def same(one, other):
    return all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def test_a_chunk_is_the_same_whatever_was_asked_before():
    stream = SeriesStream((10, 40), MIXTURE, missing=0.1, seed=3, chunk_size=80)
    first = [stream.chunk(k) for k in range(3)]
    other = SeriesStream((10, 40), MIXTURE, missing=0.1, seed=3, chunk_size=80)
    assert all(same(first[k], other.chunk(k)) for k in (2, 0, 1))
    assert not np.array_equal(first[0].lengths, first[1].lengths)


@pytest.mark.parametrize(
    ("frequency", "seed", "k", "total", "checksum", "median"),
    [
        ("yearly", 0, 0, 8252, 139030, 5.534890085842994),
        ("monthly", 1, 2, 8984, 121643, 5.096484172573512),
        ("hourly", 2, 5, 8187, 148701, 5.692675478477321),
    ],
)
def test_streams_are_those_that_networks_were_trained_on(
    frequency, seed, k, total, checksum, median
):
    """Weights that are shipped come of a command and a seed, and can be had again by them."""
    stream = SeriesStream((14, 97), frequency, seed=seed, chunk_size=200, dtype=float)
    chunk = stream.chunk(k)
    assert chunk.lengths.sum() == total
    assert chunk.families @ np.arange(200) == checksum
    # Processors differ in last digits of exponentials, which rounding may make a digit of a value.
    found = np.nanmedian(np.log1p(np.abs(chunk.values)))
    assert found == pytest.approx(median, rel=1e-4)


def test_seeds_have_series_of_their_own():
    one, other = (SeriesStream(20, seed=seed, chunk_size=30).chunk(0).values for seed in (0, 1))
    assert not np.isclose(one, other).any(axis=1).all()


def test_chunks_know_what_is_in_them():
    chunk = SeriesStream((10, 40), MIXTURE, chunk_size=500).chunk(0)
    assert chunk.values.dtype == np.float32
    assert chunk.values.flags.c_contiguous
    assert chunk.values.shape == (500, chunk.lengths.max())
    assert (10 <= chunk.lengths).all()
    assert (chunk.lengths <= 40).all()
    ends = np.isfinite(chunk.values).sum(axis=1)
    np.testing.assert_array_equal(ends, chunk.lengths)
    names = [FREQUENCIES[code] for code in chunk.frequencies]
    found = set(zip(names, chunk.periods.tolist(), strict=True))
    assert found == {("yearly", 1), ("monthly", 12), ("weekly", 1)}
    # Five standard errors of a share of one half.
    assert np.mean([name == "monthly" for name in names]) == pytest.approx(0.5, abs=0.11)
    assert set(chunk.families) <= set(range(len(FAMILIES)))


def test_lengths_have_logarithms_that_are_uniform():
    lengths = SeriesStream((16, 64), families="random_walk", chunk_size=4000).chunk(0).lengths
    assert {16, 64} <= set(lengths)
    # Half of them below the geometric mean, within five standard errors.
    assert np.mean(lengths < 32) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(4000) + 0.01)


def test_missing_values_are_as_many_as_asked_and_no_other_value_changes():
    whole = SeriesStream(80, chunk_size=1000).chunk(0).values
    holed = SeriesStream(80, chunk_size=1000, missing=0.1).chunk(0).values
    gone = np.isnan(holed)
    # Shares differ widely by series, and gaps lie on each other and end with the series.
    assert gone.mean() == pytest.approx(0.1, abs=0.03)
    assert not gone[:, 0].any()
    np.testing.assert_array_equal(whole[~gone], holed[~gone])


def test_unknown_series_follow_the_priors_of_all_others():
    def smooth(frequency):
        chunk = SeriesStream(60, {(frequency, 1): 1.0}, chunk_size=800).chunk(0)
        d = np.diff(chunk.values.astype(float), axis=1)
        d -= d.mean(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            acf = (d[:, 1:] * d[:, :-1]).mean(axis=1) / (d**2).mean(axis=1)
        return np.nanmedian(acf)

    assert smooth("monthly") < smooth("unknown") < smooth("yearly")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frequencies": "montly"}, "frequency must be .*'montly'"),
        ({"frequencies": {"monthly": -1.0}}, r"frequencies\['monthly'\] must be a number"),
        ({"frequencies": {"monthly": 0.0}}, "a weight that is positive"),
        ({"frequencies": {("monthly", 0): 1.0}}, "period must be an integer"),
        ({"frequencies": {}}, "a weight that is positive"),
        ({"seed": -1}, "seed must be an integer"),
        ({"chunk_size": 0}, "chunk_size must be an integer"),
        ({"missing": 0.7}, "missing must be a number"),
    ],
)
def test_a_stream_names_a_bad_argument(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        SeriesStream(20, **arguments)


def test_a_chunk_has_a_number():
    with pytest.raises(InvalidParameterError, match="k must be an integer"):
        SeriesStream(20).chunk(-1)
