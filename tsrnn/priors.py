"""Priors on smoothing parameters: what is known of them before a series is seen.

The parameters with the highest likelihood do not forecast best. A short series often fits best with
a trend that follows every turn, and such a trend does not last. A prior density p of the parameters
is added to the likelihood,

    maximise  log L(parameters, initial state) + log p(parameters),

and pulls towards calmer smoothers unless the series says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExponentialPrior:
    r"""Independent exponential densities, :math:`p(x) \propto e^{-r x}`, with a rate r for each.

    A rate of 0 is no prior; the higher, the closer to 0 the parameter is held. A negative rate
    holds it close to its upper bound.

    Parameters
    ----------
    alpha, beta, gamma, phi : float
        Rates of the smoothing parameters of level, trend and season, and of the damping. That of
        gamma is for its share of `1 - alpha`, which is its largest value.

    Examples
    --------
    >>> from tsrnn import DoubleExpSmoothingRNN
    >>> from tsrnn.priors import ExponentialPrior
    >>> y = [3.0, 5.1, 6.2, 9.4, 10.8, 13.1, 16.0, 16.9]
    >>> model = DoubleExpSmoothingRNN(prior=ExponentialPrior(beta=10.0)).fit(y)
    >>> model.beta_ < DoubleExpSmoothingRNN().fit(y).beta_ + 1e-6
    True
    """

    alpha: float = 0.0
    beta: float = 0.0
    gamma: float = 0.0
    phi: float = 0.0


PRIORS: dict[str, ExponentialPrior] = {
    "cautious": ExponentialPrior(beta=10.0),
}
