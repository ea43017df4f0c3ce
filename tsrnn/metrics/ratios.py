"""Scores of methods beside those of a benchmark: ratios, and their means over series and data."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api.types import is_float_dtype, is_numeric_dtype

from tsrnn._input.frames import kind_in_words, opened
from tsrnn.metrics.reading import numbers, refuse_other_labels
from tsrnn.metrics.table import is_coverage, is_metric

_SET = "the data set"


def owa(
    smapes: ArrayLike, mases: ArrayLike, naive2_smapes: ArrayLike, naive2_mases: ArrayLike
) -> float:
    r"""Overall weighted average, by which the M4 competition ranked its methods.

    The mean of two ratios to the benchmark Naive2, that of the sMAPE and that of the MASE. Both are
    ratios of means over all series, not means of ratios.

    Parameters
    ----------
    smapes, mases : float or array-like of shape (n_series,)
        The scores of a method, as `smape` and `mase` give them for each series, or their means.
    naive2_smapes, naive2_mases : float or array-like of shape (n_series,)
        Those of Naive2, which is `DeseasonalizedForecaster(NaiveForecaster(), period=...)`, on the
        same series.

    Returns
    -------
    owa : float
        1 for Naive2 itself, less for better methods.

    Raises
    ------
    ValueError
        If scores are missing, infinite or negative, of different numbers of series, or Naive2 made
        no error at all.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis, V. Assimakopoulos (2020). The M4 Competition: 100,000 time
       series and 61 forecasting methods. International Journal of Forecasting, 36(1), 54-74.

    Examples
    --------
    For a panel, score each series, of whatever length, on its own:

    >>> from tsrnn.metrics import mase, owa, smape
    >>> series = [[1.0, 2.0, 3.0], [5.0, 4.0, 5.0, 6.0, 5.0]]
    >>> truth, forecasts, naive2 = [[4.0], [6.0]], [[4.0], [5.5]], [[3.0], [5.0]]
    >>> scores = [
    ...     (smape(y, f), mase(y, f, y_train)) for y, f, y_train in zip(truth, forecasts, series)
    ... ]
    >>> benchmark = [
    ...     (smape(y, f), mase(y, f, y_train)) for y, f, y_train in zip(truth, naive2, series)
    ... ]
    >>> round(owa(*zip(*scores), *zip(*benchmark)), 3)
    0.218

    As published for the competition's damped trend on the yearly series:

    >>> round(owa(15.198, 3.379, 16.342, 3.974), 3)
    0.89
    """
    ratios = []
    for name, method, benchmark in (
        ("smapes", smapes, naive2_smapes),
        ("mases", mases, naive2_mases),
    ):
        refuse_other_labels(method, benchmark, name, f"naive2_{name}")
        scores, naive2 = _scores(method, name), _scores(benchmark, f"naive2_{name}")
        if len(scores) != len(naive2):
            raise ValueError(
                f"{name} and naive2_{name} must be scores of the same series, got {len(scores)} "
                f"and {len(naive2)}."
            )
        if not naive2.any():
            raise ValueError(f"naive2_{name} must have a positive mean: there is no ratio to 0.")
        ratios.append(np.mean(scores) / np.mean(naive2))
    return float(np.mean(ratios))


def relative_scores(
    scores: Any, baseline: Hashable, metrics: Sequence[str] | None = None
) -> pd.DataFrame:
    """Compare models with a baseline on several data sets: geometric means of relative errors.

    On each data set the error of a model is divided by that of the baseline, and the geometric mean
    of these ratios is taken over the data sets. So no data set counts for more because its errors
    are larger, and the order of models does not depend on which of them is the baseline.

    Parameters
    ----------
    scores : DataFrame
        As `evaluate` answers with `by`, or several of its answers one below the other, with a
        column that names the data set: a row a model and data set. Whatever columns there are
        beside model and the metrics, together they say which data set a row is of.
    baseline : label
        The model that others are compared with, such as a seasonal naive one.
    metrics : sequence of str, optional
        The columns to compare; by default all that are errors of this module, for neither `bias`
        nor `coverage` has ratios that mean something.

    Returns
    -------
    relative : DataFrame
        A row a model, in the order of `scores`: the columns model, and one for each metric. Below 1
        a model errs less than the baseline, which has 1.

    Raises
    ------
    ValueError
        If columns or the baseline are not there, a model lacks a data set or has it twice, or an
        error is missing, negative or infinite, or one of the baseline is 0.

    References
    ----------
    .. [1] P. J. Fleming, J. J. Wallace (1986). How not to lie with statistics: the correct way to
       summarize benchmark results. Communications of the ACM, 29(3), 218-221.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsrnn.metrics import relative_scores
    >>> scores = pd.DataFrame({
    ...     "data": ["tourism", "tourism", "sales", "sales"],
    ...     "model": ["naive", "auto", "naive", "auto"],
    ...     "mase": [2.0, 1.0, 0.5, 0.5],
    ... })
    >>> relative_scores(scores, "naive").round(3)
       model   mase
    0  naive  1.000
    1   auto  0.707
    """
    scores, kind = opened(scores, "scores")
    metrics, keys = _compared(scores, metrics)
    models = list(dict.fromkeys(scores["model"]))
    if baseline not in models:
        raise ValueError(f"baseline must be one of the models {models}, got {baseline!r}")
    sets = scores.groupby(keys, dropna=False, sort=False).ngroup() if keys else 0
    places = scores[keys].drop_duplicates().to_dict("records") if keys else ["the only one"]
    rows = scores.assign(**{_SET: sets}).set_index(["model", _SET])[metrics]
    if not rows.index.is_unique:
        model, _ = rows.index[rows.index.duplicated()][0]
        raise ValueError(f"scores has two rows of {model!r} for the same {keys}")
    ratios = {}
    for metric in metrics:
        table = rows[metric].unstack(_SET).loc[models]
        _refuse_no_errors(table, metric, baseline, places)
        with np.errstate(divide="ignore"):  # an error of 0 has a mean of 0
            logs = np.log(table.to_numpy(float)) - np.log(table.loc[baseline].to_numpy(float))
        ratios[metric] = np.exp(logs.mean(axis=1))
    return kind.answer(pd.DataFrame({"model": models, **ratios}))


def _compared(
    scores: pd.DataFrame, metrics: Sequence[str] | None
) -> tuple[list[str], list[Hashable]]:
    """Return which columns are compared, and which tell data sets apart."""
    if not isinstance(scores, pd.DataFrame):
        raise TypeError(f"scores must be a DataFrame, got {kind_in_words(scores)}")
    if "model" not in scores:
        raise ValueError(f"scores has no column 'model', only {list(scores.columns)}")
    known = [name for name in scores if is_metric(name)]
    if metrics is None:
        metrics = [name for name in known if name != "bias" and not is_coverage(name)]
    else:
        metrics = [metrics] if isinstance(metrics, str) else list(metrics)
        without = [one for one in metrics if one == "model" or is_coverage(one)]
        if without:
            raise ValueError(f"metrics must be errors, of which there are ratios: {without[0]!r}")
        absent = [name for name in metrics if name not in scores]
        if absent:
            raise ValueError(f"scores has no column {absent[0]!r}, only {list(scores.columns)}")
    if not metrics:
        raise ValueError(f"scores has no metrics among its columns {list(scores.columns)}")
    for name in metrics:
        if not is_numeric_dtype(scores[name]):
            raise ValueError(f"metrics names {name!r}, a column of scores that holds no numbers")
    keys = [one for one in scores if one not in {"model", *known, *metrics}]
    for name in keys:  # fractions are scores rather than names of data sets
        if is_float_dtype(scores[name]) and (scores[name].dropna() % 1 != 0).any():
            raise ValueError(
                f"scores has the column {name!r} of fractions, which would tell data sets apart: "
                "name it among metrics, or leave it out"
            )
    return metrics, keys


def _refuse_no_errors(
    table: pd.DataFrame, metric: str, baseline: Hashable, places: Sequence[Any]
) -> None:
    """Refuse what has no ratio, or no geometric mean; a row a model, a column a data set."""
    values = table.to_numpy(float)
    wrong = np.argwhere(~((values >= 0.0) & (values < np.inf)))  # NaN, too
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f"{metric} must be finite and not negative for every model and data set, got "
            f"{values[row, column]} of {table.index[row]!r} on {places[column]}"
        )
    without = np.flatnonzero(table.loc[baseline].to_numpy(float) == 0.0)
    if len(without):
        raise ValueError(
            f"{metric} of the baseline {baseline!r} is 0 on {places[without[0]]}: there is no "
            "ratio to 0"
        )


def _scores(values: ArrayLike, name: str) -> np.ndarray:
    """Return scores of series, (n_series,)."""
    scores = numbers(np.atleast_1d(values), name)
    if scores.ndim != 1:
        raise ValueError(
            f"{name} must be a number or have shape (n_series,), one score a series, got shape "
            f"{scores.shape}."
        )
    wrong = np.flatnonzero(~(scores >= 0.0))  # NaN too
    if len(wrong):
        place = int(wrong[0])
        raise ValueError(f"{name} must be finite and not negative, got {scores[place]} at {place}.")
    return scores
