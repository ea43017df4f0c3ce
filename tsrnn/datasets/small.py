"""A series that the package ships, and a simulated one."""

from importlib.resources import files
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state, check_scalar

__all__ = ["load_co2", "make_noisy_line"]


def load_co2(*, adjusted: bool = False) -> pd.Series:
    """Load the monthly mean of atmospheric carbon dioxide at Mauna Loa, Hawaii, 1959 to 2001.

    Parameters
    ----------
    adjusted : bool, default=False
        Whether to return the seasonally adjusted series.

    Returns
    -------
    co2 : pandas.Series of shape (516,)
        Concentration in parts per million by volume, to two decimals, named ``"co2"``, on a
        `DatetimeIndex` of month starts (``freq="MS"``). February, March and April 1964 were not
        measured: they are NaN in the series as measured and interpolated in the adjusted one.

    Notes
    -----
    Monthly means of the weekly series that statsmodels bundles and declares to be in the public
    domain [1]_. The adjusted series is what remains when the seasonal part of a robust STL
    decomposition with period 12 is taken off, the three missing months interpolated linearly.

    References
    ----------
    .. [1] C. D. Keeling and T. P. Whorf (2004). Atmospheric CO2 concentrations derived from flask
       air samples at sites in the SIO network. In Trends: A Compendium of Data on Global Change.
       Carbon Dioxide Information Analysis Center, Oak Ridge National Laboratory.

    Examples
    --------
    >>> from tsrnn.datasets import load_co2
    >>> co2 = load_co2()
    >>> co2.index.freqstr, len(co2), int(co2.isna().sum())
    ('MS', 516, 3)
    >>> int(load_co2(adjusted=True).isna().sum())
    0
    """
    with files("tsrnn").joinpath("data", "co2_monthly.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, index_col="month", parse_dates=["month"]).asfreq("MS")
    return table["co2_adjusted" if adjusted else "co2"].rename("co2")


def make_noisy_line(
    n_timesteps: int = 100,
    *,
    slope: float = 0.5,
    intercept: float = 10.0,
    noise: float = 2.0,
    random_state: int | np.random.RandomState | None = None,
) -> pd.Series:
    """Make a straight line with independent Gaussian noise.

    Parameters
    ----------
    n_timesteps : int, default=100
        Length of the series, at least 1.
    slope : float, default=0.5
        Rise of the line from one time step to the next.
    intercept : float, default=10.0
        Value of the line at the first time step.
    noise : float, default=2.0
        Standard deviation of the noise, at least 0.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise; pass an int for the same series in every call.

    Returns
    -------
    y : pandas.Series of shape (n_timesteps,)
        The series, named ``"y"``, on a default `RangeIndex`.

    Raises
    ------
    TypeError
        If an argument is not a number, or `n_timesteps` not an int.
    ValueError
        If `n_timesteps` or `noise` is too small.

    Examples
    --------
    >>> from tsrnn.datasets import make_noisy_line
    >>> make_noisy_line(4, slope=2.0, intercept=1.0, noise=0.0).tolist()
    [1.0, 3.0, 5.0, 7.0]
    >>> make_noisy_line(random_state=0).shape
    (100,)
    """
    check_scalar(n_timesteps, "n_timesteps", Integral, min_val=1)
    check_scalar(slope, "slope", Real)
    check_scalar(intercept, "intercept", Real)
    check_scalar(noise, "noise", Real, min_val=0)
    shocks = check_random_state(random_state).normal(size=n_timesteps)
    return pd.Series(intercept + slope * np.arange(n_timesteps) + noise * shocks, name="y")
