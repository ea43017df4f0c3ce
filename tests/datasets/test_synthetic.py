"""Series from priors, as users ask for them."""

import numpy as np
import pytest
from paths import DOCS

from tsrnn.datasets import make_series
from tsrnn.exceptions import InvalidParameterError
from tsrnn.synthetic import FAMILIES, FREQUENCIES
from tsrnn.synthetic.families import draw_of


def test_a_seed_makes_the_same_series_and_fewer_are_the_first_of_more():
    many, names = make_series(200, (10, 30), 4, random_state=5, return_families=True)
    few, first = make_series(130, (10, 30), 4, random_state=5, return_families=True)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(first, names[:130])
    assert (len(many), len(few), names.shape) == (200, 130, (200,))
    other = make_series(5, (10, 30), 4, random_state=6)
    assert [len(y) for y in other] != [len(y) for y in many[:5]]


def test_no_series_comes_twice():
    series = make_series(1000, 40, families="random_walk", random_state=0)
    first = np.array([(y[1:] - y[0])[:5] for y in series])
    assert len(np.unique(first.round(12), axis=0)) > 990  # short rounded ones may be alike


def test_a_random_state_goes_on_and_none_is_not_repeated():
    state = np.random.RandomState(0)
    one, other = make_series(1, 20, random_state=state), make_series(1, 20, random_state=state)
    assert not np.array_equal(one, other)
    assert not np.array_equal(make_series(1, 20), make_series(1, 20))


def test_series_are_arrays_of_their_own():
    series = make_series(3, 15, random_state=0)
    assert [y.shape for y in series] == [(15,)] * 3
    assert all(y.dtype == float and y.flags.owndata and y.flags.writeable for y in series)


@pytest.mark.parametrize("families", ["cycle", ["cycle"], ("cycle",), {"cycle": 2, "arma": 0}])
def test_a_family_is_had_by_its_name(families):
    _, names = make_series(20, 20, families=families, random_state=0, return_families=True)
    assert set(names) == {"cycle"}


def test_weights_are_kept():
    weights = {"arma": 3, "spikes": 1.0}
    _, names = make_series(1000, 5, families=weights, random_state=0, return_families=True)
    # Five standard errors of a share of three quarters.
    assert np.mean(names == "arma") == pytest.approx(0.75, abs=5 * 0.43 / np.sqrt(1000))


def test_periods_tell_of_a_frequency_which_may_be_named():
    for period, frequency in ((4, "quarterly"), (12, "monthly"), (52, "weekly"), (7, "daily")):
        for one, other in zip(
            make_series(3, 20, period, random_state=0),
            make_series(3, 20, period, random_state=0, frequency=frequency),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
    yearly = make_series(3, 20, frequency="yearly", random_state=0)
    assert not np.array_equal(yearly[0], make_series(3, 20, random_state=0)[0])


def test_numbers_of_numpy_are_numbers():
    one = make_series(np.int64(2), (np.int32(5), np.int64(5)), np.int64(4), random_state=0)
    np.testing.assert_array_equal(one, make_series(2, 5, 4, random_state=0))


def test_missing_values_come_where_asked_alone():
    assert not np.isnan(np.concatenate(make_series(50, 40, random_state=0))).any()
    holed = np.concatenate(make_series(50, 40, random_state=0, missing=0.2))
    assert 0.1 < np.isnan(holed).mean() < 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_series": 0}, "n_series must be an integer"),
        ({"n_series": 2.0}, "n_series must be an integer"),
        ({"length": 0}, "length must be an integer"),
        ({"length": (5,)}, r"length must be an integer or a pair \(shortest, longest\)"),
        ({"length": (9, 5)}, r"length must be a pair \(shortest, longest\) in this order"),
        ({"length": (0, 5)}, r"length\[0\] must be an integer"),
        ({"length": "long"}, "length must be an integer"),
        ({"period": 0}, "period must be"),
        ({"period": "auto"}, "period must be"),
        ({"period": 20_000}, "period must be"),
        ({"families": "walk"}, "families knows smoothing_additive, .*'walk'"),
        ({"families": []}, "families must be None, a name"),
        ({"families": 3}, "families must be None, a name"),
        ({"families": [["arma"]]}, "families knows"),
        ({"families": {"arma": 0}}, "a weight that is positive"),
        ({"families": {"arma": -1}}, r"families\['arma'\] must be a number"),
        ({"families": {"arma": np.nan}}, r"families\['arma'\] must be a number"),
        ({"frequency": "minutely"}, "frequency must be"),
        ({"missing": 1.0}, "missing must be a number"),
        ({"return_families": 1}, "return_families must be True or False"),
    ],
)
def test_a_bad_argument_is_named(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        make_series(**({"n_series": 2, "length": 20} | arguments))


def test_the_docstring_has_every_family_and_frequency():
    for name in (*FAMILIES, *FREQUENCIES):
        assert f'"{name}"' in make_series.__doc__


@pytest.mark.parametrize("family", FAMILIES)
def test_what_draws_a_family_says_what_its_priors_are(family):
    assert draw_of(family).__doc__.startswith(("Draw ", "Sum "))  # the page shows it


def test_the_page_has_the_tables_made_of_the_code():
    text = (DOCS / "synthetic.md").read_text(encoding="utf-8")
    assert "{synthetic-families}" in text
    assert "{synthetic-priors} families" in text
