"""What the smoothing forecasters learn, and what they make of series that teach little."""

import warnings

import naive
import numpy as np
import pandas as pd
import pytest
from cases import relative_error
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN, TripleExpSmoothingRNN
from tsrnn.datasets import load_co2, make_noisy_line

SOLVERS = ["L-BFGS-B", "TNC", "SLSQP", "trust-constr", "Nelder-Mead", "Powell", "COBYQA"]
LOSSES = ["likelihood", "absolute_error", "huber"]
LINE = make_noisy_line(60, random_state=1).to_numpy()
WALK = 50.0 + np.cumsum(np.random.default_rng(2).normal(size=80))

few_values = pytest.mark.filterwarnings("ignore:series 0 has:UserWarning")


def damped(**options):
    return DoubleExpSmoothingRNN(damped=True, **options)


SMOOTHERS = {"ses": SimpleExpSmoothingRNN, "holt": DoubleExpSmoothingRNN, "damped": damped}
smoothers = pytest.mark.parametrize("smoother", SMOOTHERS.values(), ids=SMOOTHERS)


def parameters(model):
    return np.array([model.alpha_, getattr(model, "beta_", 0.0), getattr(model, "phi_", 1.0)])


def naive_theta(model):
    return parameters(model)[: 1 if isinstance(model, SimpleExpSmoothingRNN) else 3]


def naive_errors(model, y, theta=None, state=None):
    name = "ses" if isinstance(model, SimpleExpSmoothingRNN) else "holt"
    theta = naive_theta(model) if theta is None else theta
    return naive.errors(name, theta, y, model.initial_state_ if state is None else state)


# Learning.


@smoothers
@pytest.mark.parametrize("y", [LINE, WALK], ids=["line", "walk"])
def test_fitted_values_are_those_of_the_textbook_recursion(smoother, y):
    model = smoother().fit(y)
    # The same numbers in another order of operations.
    np.testing.assert_allclose(model.residuals_, naive_errors(model, y), atol=1e-11)
    np.testing.assert_allclose(model.fitted_values_ + model.residuals_, y, rtol=1e-15)
    assert model.sse_ == pytest.approx(np.sum(model.residuals_**2), rel=1e-12)


@smoothers
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("y", [LINE, WALK], ids=["line", "walk"])
def test_no_point_nearby_has_a_lower_loss(smoother, loss, y):
    model = smoother(loss=loss).fit(y)
    spread = np.median(np.abs(smoother().fit(y).residuals_)) / 0.6744897501960817

    def value(residuals):
        if loss == "huber":
            return naive.huber(1.345 * spread, residuals)
        return (naive.squared_error if loss == "likelihood" else naive.absolute_error)(residuals)

    theta, state = naive_theta(model), model.initial_state_
    best, rng = value(model.residuals_), np.random.default_rng(0)
    lowest = [0.0, 0.0, 0.8][: len(theta)]
    highest = [1.0, 1.0, 0.995][: len(theta)]
    for size in (1e-4, 1e-2):
        for _ in range(100):
            nearby = theta + size * rng.normal(size=len(theta))
            if isinstance(model, DoubleExpSmoothingRNN) and not model.damped:
                nearby[2] = 1.0
            else:
                nearby = np.clip(nearby, lowest, highest)
            nearby[:2] = np.clip(nearby[:2], 0.0, 1.0)
            start = state + size * spread * rng.normal(size=len(state))
            other = value(naive_errors(model, y, nearby, start))
            # The sum of magnitudes has kinks, near which its optimiser goes on by steps of 1e-4
            # of the spread; the others are smooth.
            assert other >= best * (1.0 - (1e-4 if loss == "absolute_error" else 1e-9))


@smoothers
@pytest.mark.parametrize("y", [LINE, WALK], ids=["line", "walk"])
@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_each_loss_is_lower_where_it_was_minimised(smoother, loss, y):
    by_squares, by_loss = smoother().fit(y), smoother(loss=loss).fit(y)
    spread = np.median(np.abs(by_squares.residuals_)) / 0.6744897501960817

    def value(model):
        if loss == "huber":
            return naive.huber(1.345 * spread, model.residuals_)
        return naive.absolute_error(model.residuals_)

    assert value(by_loss) <= value(by_squares)
    assert by_loss.sse_ >= by_squares.sse_ * (1.0 - 1e-12)


def test_outliers_pull_robust_fits_less_than_the_squared_error():
    clean = 2.0 * np.arange(60.0) + np.random.default_rng(0).normal(size=60)
    dirty = clean.copy()
    dirty[[20, 40, 57]] += 200.0
    truth = DoubleExpSmoothingRNN().fit(clean).predict(5)
    missed = {
        loss: np.abs(DoubleExpSmoothingRNN(loss=loss).fit(dirty).predict(5) - truth).max()
        for loss in LOSSES
    }
    # The noise has deviation 1; three outliers of 200 lift the mean of 60 values by 10.
    assert missed["absolute_error"] < 1.0
    assert missed["huber"] < 3.0
    assert missed["likelihood"] > 10.0


def test_a_huber_loss_without_a_linear_part_is_the_squared_error():
    by_squares = DoubleExpSmoothingRNN().fit(WALK)
    by_huber = DoubleExpSmoothingRNN(loss="huber", huber_delta=1e6).fit(WALK)
    # Two searches, each to a relative 1e-10 of its loss, and so to its root in the parameters.
    np.testing.assert_allclose(parameters(by_huber), parameters(by_squares), atol=1e-5)
    assert relative_error(by_huber.predict(5), by_squares.predict(5)) < 1e-5


@smoothers
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_finds_the_minimum(smoother, solver):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of 200 iterations some want more
        model = smoother(solver=solver).fit(WALK)
    # A solver may stop early, but from the best point of the scan.
    assert model.sse_ <= smoother().fit(WALK).sse_ * (1.0 + 1e-6)


def short_series(seed, season=0.0):
    """Walks under noise, of 12 to 39 values."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 40))
    y = 50.0 + np.cumsum(rng.normal(size=n) * rng.choice([0.1, 1.0, 2.0]))
    y += rng.normal(size=n) * rng.choice([0.3, 2.0])
    return np.maximum(y + season * np.tile(rng.normal(size=4), 10)[:n], 5.0)


@pytest.mark.parametrize(
    ("smoother", "solver", "y"),
    [
        # Where these ended short of the minimum, by the excess of the sum of squares.
        (DoubleExpSmoothingRNN(), "trust-constr", short_series(4)),  # 1e-6
        (damped(), "trust-constr", short_series(4)),
        (damped(), "trust-constr", short_series(5)),  # 0.2%
        (damped(), "Powell", short_series(0)),  # 0.4%
        (DoubleExpSmoothingRNN(error="mul"), "Powell", short_series(0)),  # 0.5%
        (TripleExpSmoothingRNN(period=4), "COBYQA", short_series(0, season=3.0)),  # 0.3%
        (SimpleExpSmoothingRNN(error="mul"), "trust-constr", short_series(1)),
        (SimpleExpSmoothingRNN(), "COBYQA", short_series(7)),
    ],
)
def test_a_solver_that_says_it_has_converged_is_at_the_minimum(smoother, solver, y):
    model = clone(smoother).set_params(solver=solver).fit(y)
    best = clone(smoother).fit(y)
    assert model.converged_
    # The likelihood is (F / n) ^ (-n / 2), so of F there is no more than 1e-6 left to gain.
    assert model.loglik_ >= best.loglik_ - 0.5 * len(y) * 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_takes_a_robust_loss(solver):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = DoubleExpSmoothingRNN(loss="huber", solver=solver, max_iter=30).fit(LINE)
    assert np.isfinite(model.predict(3)).all()


def test_a_search_that_stops_early_warns_with_what_to_do_and_leaves_a_usable_fit():
    y = np.random.default_rng(3).normal(size=200).cumsum()
    with pytest.warns(ConvergenceWarning, match="stopped early.*raise max_iter"):
        model = damped(loss="absolute_error", max_iter=1).fit(y)
    assert not model.converged_
    assert np.isfinite(model.predict(3)).all()


def test_warnings_name_the_line_that_called_fit():
    with pytest.warns(UserWarning) as caught:
        DoubleExpSmoothingRNN().fit([1.0, 2.0, 4.0])
    assert {warning.filename for warning in caught} == {__file__}


def test_a_fit_is_the_same_whenever_it_is_made():
    first, second = damped().fit(WALK), damped().fit(WALK)
    np.testing.assert_array_equal(first.predict(5), second.predict(5))
    np.testing.assert_array_equal(parameters(first), parameters(second))


def test_several_series_are_fitted_each_on_its_own():
    together = DoubleExpSmoothingRNN().fit(np.column_stack([LINE, WALK[:60]]))
    for i, y in enumerate((LINE, WALK[:60])):
        alone = DoubleExpSmoothingRNN().fit(y)
        assert together.alpha_[i] == alone.alpha_
        np.testing.assert_array_equal(together.predict(4)[:, i], alone.predict(4))
        np.testing.assert_array_equal(together.initial_state_[i], alone.initial_state_)


# Fixed parameters and initial states.


@pytest.mark.parametrize(
    "fixed", [{"alpha": 0.3}, {"beta": 0.2}, {"alpha": 0.0}, {"beta": 1}, {"alpha": 1, "beta": 0.5}]
)
def test_what_is_fixed_stays_and_the_rest_is_learned(fixed):
    model = DoubleExpSmoothingRNN(**fixed).fit(WALK)
    for name, value in fixed.items():
        assert getattr(model, f"{name}_") == value
    grid = np.linspace(0.0, 1.0, 41)
    lowest = min(
        naive.profiled_sse("holt", np.array([alpha, beta, 1.0]), WALK, 2)[0]
        for alpha in ([fixed["alpha"]] if "alpha" in fixed else grid)
        for beta in ([fixed["beta"]] if "beta" in fixed else grid)
    )
    assert model.sse_ <= lowest * (1.0 + 1e-9)  # rounding: the grid can but touch the minimum


@pytest.mark.parametrize("phi", [0.3, 0.8, 0.97, 1.0])
def test_a_fixed_phi_may_lie_outside_the_bounds_it_is_learned_in(phi):
    assert damped(phi=phi).fit(WALK).phi_ == phi


def test_phi_is_one_without_damping_and_within_its_bounds_with_it():
    assert DoubleExpSmoothingRNN().fit(WALK).phi_ == 1.0
    assert 0.8 <= damped().fit(WALK).phi_ <= 0.995


def test_the_heuristic_initial_state_is_the_line_through_the_first_two_values():
    model = DoubleExpSmoothingRNN(initial_state="heuristic").fit(WALK)
    np.testing.assert_array_equal(
        model.initial_state_, [2.0 * WALK[0] - WALK[1], WALK[1] - WALK[0]]
    )
    # The prediction of the first value is that value.
    assert model.fitted_values_[0] == pytest.approx(WALK[0], rel=1e-15)
    assert SimpleExpSmoothingRNN(initial_state="heuristic").fit(WALK).initial_state_ == WALK[0]


def test_the_heuristic_line_goes_on_through_missing_values_after_the_first():
    y = np.r_[np.nan, np.nan, 3.0, np.nan, 7.0, 8.0, 11.0, 12.0, 15.0]
    model = DoubleExpSmoothingRNN(initial_state="heuristic").fit(y)
    np.testing.assert_allclose(model.initial_state_, [1.0, 2.0], rtol=1e-14)
    expected = [np.nan, np.nan, 3.0, 5.0, 7.0]
    np.testing.assert_allclose(model.fitted_values_[:5], expected, atol=1e-13)
    assert SimpleExpSmoothingRNN(initial_state="heuristic").fit(y).initial_state_ == 3.0


def test_one_given_initial_state_serves_all_series_and_a_row_each_serves_its_own():
    two = np.column_stack([LINE, WALK[:60]])
    shared = DoubleExpSmoothingRNN(initial_state=(10.0, 0.5)).fit(two)
    np.testing.assert_allclose(shared.initial_state_, [[10.0, 0.5], [10.0, 0.5]], rtol=1e-15)
    own = DoubleExpSmoothingRNN(initial_state=[[10.0, 0.5], [50.0, 0.0]]).fit(two)
    np.testing.assert_allclose(own.initial_state_, [[10.0, 0.5], [50.0, 0.0]], rtol=1e-15)


# Shapes of what is fitted.

SCALARS = ["alpha_", "beta_", "phi_", "sse_", "sigma2_", "loglik_", "aic_", "aicc_", "bic_"]


def test_of_one_series_the_fitted_numbers_are_scalars():
    for y in (LINE, LINE[:, None]):
        model = DoubleExpSmoothingRNN().fit(y)
        assert all(isinstance(getattr(model, name), float) for name in SCALARS)
        assert isinstance(model.n_iter_, int)
        assert model.converged_ is True
        assert model.state_.shape == model.initial_state_.shape == (2,)
        assert model.fitted_values_.shape == model.residuals_.shape == y.shape


def test_of_several_series_the_fitted_numbers_are_arrays():
    two = np.column_stack([LINE, WALK[:60]])
    model = DoubleExpSmoothingRNN().fit(two)
    names = [*SCALARS, "n_iter_", "converged_"]
    assert all(getattr(model, name).shape == (2,) for name in names)
    assert model.state_.shape == model.initial_state_.shape == (2, 2)
    assert model.fitted_values_.shape == model.residuals_.shape == (60, 2)
    assert SimpleExpSmoothingRNN().fit(two).state_.shape == (2, 1)


@pytest.mark.parametrize("smoother,k", [(SimpleExpSmoothingRNN, 2), (DoubleExpSmoothingRNN, 4)])
def test_parameters_and_states_count_whether_fixed_or_learned(smoother, k):
    for options in ({}, {"alpha": 0.5}, {"initial_state": "heuristic"}):
        model = smoother(**options).fit(WALK)
        assert model.sigma2_ == pytest.approx(model.sse_ / (80 - k), rel=1e-14)
        assert model.aic_ == pytest.approx(2 * (k + 1) - 2 * model.loglik_, rel=1e-14)


# Series that teach little.

ODD_SERIES = {
    "constant": np.full(20, 7.3),
    "zero": np.zeros(20),
    "huge constant": np.full(20, 1e300),
    "line": 3.0 + 0.7 * np.arange(20),
    "spike": np.r_[np.zeros(10), 1.0, np.zeros(9)],
    "spike on a level": np.r_[np.full(10, 5.0), 9.0, np.full(9, 5.0)],
    "spike first": np.r_[1.0, np.zeros(19)],
    "spike last": np.r_[np.zeros(19), 1.0],
    "step": np.r_[np.zeros(20), np.ones(20)],
    "alternating": np.tile([1.0, -1.0], 20),
    "exponential": np.exp(np.arange(30.0)),
    "missing between": np.where(np.arange(20) % 2, np.nan, 1.0 * np.arange(20)),
}


@smoothers
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("y", ODD_SERIES.values(), ids=ODD_SERIES)
def test_an_odd_series_is_fitted_without_a_warning(smoother, loss, y):
    model = smoother(loss=loss).fit(y)
    interval = model.predict_interval(4)
    assert np.isfinite(interval).all()
    assert (interval[:, 0] <= interval[:, 1]).all()
    assert np.isfinite(model.simulate(4, 3, random_state=0)).all()
    assert model.converged_
    # The test of residuals takes neither zeros nor numbers near the end of the range amiss.
    assert "alpha" in model.summary().as_text()


@smoothers
def test_a_constant_goes_on_without_doubt(smoother):
    model = smoother().fit(np.full(12, 7.3))
    np.testing.assert_array_equal(model.predict(3), np.full(3, 7.3))
    np.testing.assert_array_equal(model.predict_interval(3), np.full((3, 2), 7.3))
    assert (model.sse_, model.loglik_) == (0.0, np.inf)


def test_a_line_goes_on_as_a_line():
    y = 3.0 + 0.7 * np.arange(20)
    model = DoubleExpSmoothingRNN().fit(y)
    # Rounding of values of order ten.
    np.testing.assert_allclose(model.predict(5), 3.0 + 0.7 * np.arange(20, 25), rtol=1e-13)


@smoothers
@pytest.mark.parametrize("y", [[2.0, 5.0], [2.0, 2.0]], ids=["different", "alike"])
def test_two_values_are_fitted_as_far_as_it_goes_with_a_warning(smoother, y):
    with pytest.warns(UserWarning, match="series 0 has 2 observed values"):
        model = smoother().fit(y)
    assert np.isfinite(model.predict_interval(3)).all()
    assert np.isfinite(model.sigma2_)


@pytest.mark.parametrize("smoother", [DoubleExpSmoothingRNN, damped])
@pytest.mark.parametrize("y", [[2.0, 5.0, 3.0], [np.nan, 2.0, 5.0, np.nan, 3.0]], ids=len)
def test_with_fewer_values_than_parameters_it_fits_what_it_can_and_warns(smoother, y):
    with pytest.warns(UserWarning, match="series 0 has .*observed values"):
        model = smoother().fit(y)
    assert np.isfinite(model.predict_interval(3)).all()
    assert np.isfinite(model.sigma2_)


def test_the_fallback_says_what_it_holds():
    with pytest.warns(UserWarning) as caught:
        model = DoubleExpSmoothingRNN(beta=0.7).fit([1.0, 4.0])
    message = str(caught[0].message)
    assert "fewer than the 3 parameters" in message
    assert "alpha=0.5, beta=0.7" in message and "heuristic" in message
    assert (model.alpha_, model.beta_) == (0.5, 0.7)
    np.testing.assert_allclose(model.predict(2), [7.0, 10.0], rtol=1e-15)  # the line of the two


@few_values
@pytest.mark.parametrize("n_timesteps", range(2, 40))
def test_every_short_length_is_fitted(n_timesteps):
    y = np.random.default_rng(n_timesteps).normal(size=n_timesteps)
    for smoother in SMOOTHERS.values():
        assert np.isfinite(smoother().fit(y).predict_interval(2)).all()


# The summary.


def test_the_summary_holds_the_fitted_values():
    model = damped(alpha=0.4).fit(load_co2()[-60:])
    text = model.summary().as_text()
    assert "DoubleExpSmoothingRNN" in text and "co2" in text
    for value in (model.beta_, model.phi_, model.aic_, model.sse_, *model.initial_state_):
        assert f"{value:.6g}" in text
    assert text.count("given") == 1 and "learned" in text and "Ljung-Box" in text


def test_the_summary_names_the_coefficients_of_regressors():
    X = pd.DataFrame({"price": np.random.default_rng(0).normal(size=60)})
    model = SimpleExpSmoothingRNN().fit(X, LINE)
    text = model.summary().as_text()
    assert "price" in text and f"{model.coef_[0]:.6g}" in text


def test_the_summary_of_several_series_has_each_of_them():
    text = DoubleExpSmoothingRNN().fit(np.column_stack([LINE, WALK[:60]])).summary().as_text()
    assert text.count("DoubleExpSmoothingRNN") == 2
    assert "phi" not in text


def test_the_summary_does_not_depend_on_the_unit():
    one, other = (SimpleExpSmoothingRNN().fit(WALK * unit).summary() for unit in (1.0, 1e200))
    assert str(one.tables[-1]) == str(other.tables[-1])


# Whatever the numbers.

NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.integers(-3, 3).map(float), st.floats(-1e290, 1e290))
SERIES = st.lists(st.one_of(NUMBERS, NUMBERS, st.just(np.nan)), min_size=2, max_size=25)


@few_values
@settings(max_examples=150, deadline=None, derandomize=True)
@given(SERIES.filter(lambda y: np.count_nonzero(~np.isnan(y)) > 1), st.sampled_from([*SMOOTHERS]))
def test_any_series_is_fitted_with_finite_forecasts_and_no_worse_than_by_rule_of_thumb(y, name):
    y, smoother = np.array(y), SMOOTHERS[name]
    model = smoother().fit(y)
    assert np.isfinite(model.predict_interval(5)).all()
    assert (0.0 <= parameters(model)).all() and (parameters(model) <= 1.0).all()
    np.testing.assert_array_equal(np.isnan(model.residuals_), np.isnan(y))
    assert np.isfinite(model.fitted_values_[np.flatnonzero(~np.isnan(y))[0] :]).all()
    if np.count_nonzero(~np.isnan(y)) > 5:
        other = smoother(alpha=0.5, initial_state="heuristic").fit(y)
        size = np.nanmax(np.abs(y)) or 1.0
        ours, theirs = (np.nansum((m.residuals_ / size) ** 2) for m in (model, other))
        assert ours <= theirs * (1.0 + 1e-6) + 1e-25  # the latter is rounding
