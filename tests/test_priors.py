"""Priors on smoothing parameters: what they are, what is refused, and what they do to a fit."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from tsrnn import DoubleExpSmoothingRNN, SimpleExpSmoothingRNN, TripleExpSmoothingRNN
from tsrnn.cells import SMOOTHING_PARAMETERS
from tsrnn.datasets import load_co2
from tsrnn.exceptions import InvalidParameterError
from tsrnn.priors import PRIORS, ExponentialPrior
from tsrnn.smoothing.arguments import penalty_rates

Y = load_co2(adjusted=True).to_numpy()[-40:]


def test_a_prior_is_a_value():
    prior = ExponentialPrior(alpha=1.0, beta=2.0)
    assert repr(prior) == "ExponentialPrior(alpha=1.0, beta=2.0, gamma=0.0, phi=0.0)"
    assert prior == ExponentialPrior(1.0, 2.0) and hash(prior) == hash(ExponentialPrior(1.0, 2.0))
    assert prior != ExponentialPrior()
    for other in (copy.deepcopy(prior), pickle.loads(pickle.dumps(prior))):
        assert other == prior
    with pytest.raises(FrozenInstanceError):
        prior.alpha = 3.0


def test_it_has_a_rate_for_each_smoothing_parameter():
    assert {field.name for field in fields(ExponentialPrior)} == set(SMOOTHING_PARAMETERS)


def test_it_adds_twice_its_rate_to_minus_twice_the_log_likelihood():
    assert penalty_rates(None) == {}
    rates = penalty_rates(ExponentialPrior(beta=3.0, phi=-1.0))
    assert rates == {"alpha": 0.0, "beta": 6.0, "gamma": 0.0, "phi": -2.0}
    for name, prior in PRIORS.items():
        assert penalty_rates(name) == penalty_rates(prior)


@pytest.mark.parametrize("prior", ["none", "Cautious", 3.0, {"beta": 3.0}, ExponentialPrior, True])
@pytest.mark.parametrize(
    "smoother", [SimpleExpSmoothingRNN, DoubleExpSmoothingRNN, TripleExpSmoothingRNN]
)
def test_what_is_no_prior_is_refused_at_fit_by_name(smoother, prior):
    model = smoother(prior=prior)
    with pytest.raises(InvalidParameterError, match=r"^prior must be None, one of \['cautious'"):
        model.fit(Y)


@pytest.mark.parametrize("rate", [np.nan, np.inf, -np.inf, 1e7, "3", None, [1.0], True, 1j])
@pytest.mark.parametrize("name", ["alpha", "beta", "gamma", "phi"])
def test_a_rate_that_is_no_number_is_refused_at_fit_by_name(name, rate):
    model = DoubleExpSmoothingRNN(prior=ExponentialPrior(**{name: rate}))
    with pytest.raises(InvalidParameterError, match=f"^the prior's rate of {name} must be"):
        model.fit(Y)


@pytest.mark.parametrize("prior", [None, "cautious", ExponentialPrior(beta=4.0)])
def test_an_estimator_keeps_its_prior_in_clones_and_copies(prior):
    model = DoubleExpSmoothingRNN(prior=prior).fit(Y)
    assert model.get_params()["prior"] is prior
    other = clone(model)
    assert other.prior == prior
    np.testing.assert_array_equal(other.fit(Y).predict(3), model.predict(3))
    again = pickle.loads(pickle.dumps(model))
    assert again.prior == prior
    np.testing.assert_array_equal(again.predict(3), model.predict(3))
    assert ("prior" in repr(model)) == (prior is not None)


def test_a_grid_search_chooses_between_priors():
    rows = pd.DataFrame(index=load_co2(adjusted=True)[-40:].index)
    priors = [None, "cautious", ExponentialPrior(alpha=2.0), ExponentialPrior(beta=1e3)]
    search = GridSearchCV(
        DoubleExpSmoothingRNN(), {"prior": priors}, cv=TimeSeriesSplit(3, test_size=4)
    ).fit(rows, load_co2(adjusted=True)[-40:])
    assert search.best_params_["prior"] in priors
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_prior_of_no_rates_is_no_prior():
    plain = DoubleExpSmoothingRNN(damped=True).fit(Y)
    none = DoubleExpSmoothingRNN(damped=True, prior=ExponentialPrior()).fit(Y)
    np.testing.assert_array_equal(none.predict(3), plain.predict(3))
    assert none.loglik_ == plain.loglik_


@pytest.mark.parametrize("solver", ["auto", "L-BFGS-B"])
@pytest.mark.parametrize("error", ["add", "mul"])
def test_the_posterior_is_highest_where_the_fit_is(solver, error):
    """log-likelihood less rate times parameter, of fits with the parameters fixed around it."""
    rates = {"alpha": 3.0, "beta": 10.0}
    options = {"error": error, "solver": solver}
    model = DoubleExpSmoothingRNN(prior=ExponentialPrior(**rates), **options).fit(Y)

    def posterior(one):
        return one.loglik_ - rates["alpha"] * one.alpha_ - rates["beta"] * one.beta_

    best = posterior(model)
    for d_alpha in (-0.05, 0.0, 0.05):
        for d_beta in (-0.05, 0.0, 0.05):
            alpha = float(np.clip(model.alpha_ + d_alpha, 0.0, 1.0))
            beta = float(np.clip(model.beta_ + d_beta, 0.0, 1.0))
            other = DoubleExpSmoothingRNN(alpha=alpha, beta=beta, **options).fit(Y)
            # n / 2 times what a search leaves, 1e-6 of F.
            assert posterior(other) <= best + 1e-5
    assert model.loglik_ <= DoubleExpSmoothingRNN(**options).fit(Y).loglik_ + 1e-5


def test_a_prior_means_the_same_in_whatever_unit_the_series_is():
    prior = ExponentialPrior(alpha=2.0, beta=5.0)
    one = DoubleExpSmoothingRNN(prior=prior).fit(Y)
    other = DoubleExpSmoothingRNN(prior=prior).fit(Y * 2.0**40)
    assert (other.alpha_, other.beta_) == (one.alpha_, one.beta_)


def test_the_prior_of_gamma_is_on_its_share_of_what_alpha_leaves():
    y = load_co2().dropna().to_numpy()[-72:]
    rate = 30.0
    model = TripleExpSmoothingRNN(prior=ExponentialPrior(gamma=rate)).fit(y)

    def posterior(one):
        return one.loglik_ - rate * one.gamma_ / (1.0 - one.alpha_)

    for d_gamma in (-0.02, 0.02):
        gamma = float(np.clip(model.gamma_ + d_gamma, 0.0, 1.0 - model.alpha_))
        other = TripleExpSmoothingRNN(alpha=model.alpha_, gamma=gamma).fit(y)
        assert posterior(other) <= posterior(model) + 1e-5  # as above
