"""Priors on smoothing parameters: what is known of them before a series is seen.

The parameters with the highest likelihood do not forecast best. A short series often fits best with
a trend that follows every turn, and such a trend does not last. A prior density p of the parameters
is added to the likelihood,

    maximise  log L(parameters, initial state) + log p(parameters),

and pulls towards calmer smoothers unless the series says otherwise.

The rates of "cautious" were chosen on the training parts of the M3 and M4 competitions: their last
values were forecast from those before, from two origins. By so many percent did the mean errors
change beside no prior (sMAPE, then MASE, averaged over four data sets of each competition; of the
additive Holt-Winters method over those with a season):

=================  ============  ============  ============  ============
rates              Holt          damped Holt   Holt-Winters  automatic
=================  ============  ============  ============  ============
beta=5             -2.2, -3.7    -1.8, -2.0    -4.0, -4.6    -1.5, -1.6
beta=10            -2.5, -4.3    -2.2, -2.5    -5.1, -5.5    -2.0, -1.8
beta=20            -2.9, -4.8    -2.5, -2.6    -5.8, -6.6    -2.4, -1.9
beta=40            -3.2, -4.6    -2.3, -2.0    -6.3, -7.1    -2.4, -1.3
=================  ============  ============  ============  ============

That is what `python benchmarks/prior_strength.py` prints. The optimum is flat: yearly series prefer
5 to 10, monthly ones 40. Rates of gamma up to 10, and of phi of 10 and -10, changed automatic
selection by less than half a percent, one way or the other. A level that follows the series more
closely than the likelihood asks for forecasts better besides: of 500 series of each data set at
most, `python benchmarks/prior_strength.py --sample 500 beta=20 beta=20,alpha=-1 ..` says

==================  ============  ============  ============  ============
rates               Holt          damped Holt   Holt-Winters  automatic
==================  ============  ============  ============  ============
beta=20             -2.3, -4.0    -2.4, -2.4    -6.1, -7.2    -2.4, -1.6
beta=20, alpha=-1   -2.9, -4.4    -2.8, -2.6    -6.2, -7.2    -2.4, -1.8
beta=20, alpha=-2   -3.2, -4.7    -3.1, -2.9    -6.2, -7.2    -2.6, -2.1
beta=20, alpha=-4   -3.3, -4.8    -3.0, -3.0    -5.8, -7.1    -2.2, -2.2
==================  ============  ============  ============  ============
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
    "cautious": ExponentialPrior(alpha=-2.0, beta=20.0),
}
