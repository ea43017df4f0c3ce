"""Time-series forecasting in which exponential smoothing and recurrent networks are one family."""

from tsrnn import (
    compose,
    datasets,
    exceptions,
    features,
    metrics,
    panel,
    plotting,
    pretrained,
    priors,
    smoothing,
    text,
    theta,
    windows,
)
from tsrnn._registry import all_estimators
from tsrnn._version import __version__ as __version__
from tsrnn.compose import *  # noqa: F403
from tsrnn.forecasting import NaiveForecaster, backtest
from tsrnn.network import RNN
from tsrnn.panel import *  # noqa: F403
from tsrnn.pretrained import *  # noqa: F403
from tsrnn.saving import load, save
from tsrnn.sequence import (
    DenseWindowRegressor,
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn.smoothing import *  # noqa: F403
from tsrnn.text import *  # noqa: F403
from tsrnn.theta import *  # noqa: F403
from tsrnn.windows import *  # noqa: F403

__all__ = [
    "RNN",
    "DenseWindowRegressor",
    "ElmanRNNClassifier",
    "ElmanRNNRegressor",
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "NaiveForecaster",
    "all_estimators",
    "backtest",
    "datasets",
    "exceptions",
    "features",
    "load",
    "metrics",
    "plotting",
    "priors",
    "save",
]
__all__ += compose.__all__
__all__ += panel.__all__
__all__ += pretrained.__all__
__all__ += smoothing.__all__
__all__ += text.__all__
__all__ += theta.__all__
__all__ += windows.__all__
