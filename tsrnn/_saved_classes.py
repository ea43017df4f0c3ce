"""The classes whose objects a saved model may hold: a line each.

A file names them by `__name__`. Of an estimator or network its attributes are saved, of a dataclass
or named tuple its fields; all they hold must be values that `_saved_values` knows, or of these.
"""

from tsrnn._panel_dial import Dates, Periods, WholeNumbers
from tsrnn._panel_frame import Panel
from tsrnn._panel_model import LoopedPanel
from tsrnn._panel_state import FittedPanel
from tsrnn._panel_steps import BusinessSteps, EvenSteps, ListedSteps, MonthSteps, OwnSteps
from tsrnn._panel_time import PanelGrid
from tsrnn._panel_windows import Scores
from tsrnn._recurrent.architecture import Architecture
from tsrnn._scaling import ColumnScaling, Scaling
from tsrnn._series import Layout
from tsrnn._smoother_batch import SmootherBatch
from tsrnn._smoothing_model import SmoothingModel
from tsrnn._smoothing_panel import SmootherPanel
from tsrnn._structure import Structure
from tsrnn._timeindex import TimeGrid
from tsrnn._timesteps import ConstantSteps, Counts, _Clock, _ListedSteps, _MonthSteps
from tsrnn.auto import AutoExpSmoothingRNN
from tsrnn.deseasonalize import DeseasonalizedForecaster, DeseasonalizedModel, _Turn
from tsrnn.naive import NaiveForecaster, NaiveModel
from tsrnn.network import RNN
from tsrnn.panel import PanelForecaster
from tsrnn.priors import ExponentialPrior
from tsrnn.smoothing import (
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

# What users fit, save and load.
MODELS = (
    RNN,
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    NaiveForecaster,
    PanelForecaster,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)

# What these keep.
PARTS = (
    Architecture,
    BusinessSteps,
    ColumnScaling,
    ConstantSteps,
    Counts,
    Dates,
    DeseasonalizedModel,
    EvenSteps,
    ExponentialPrior,
    FittedPanel,
    Layout,
    ListedSteps,
    LoopedPanel,
    MonthSteps,
    NaiveModel,
    OwnSteps,
    Panel,
    PanelGrid,
    Periods,
    Scaling,
    Scores,
    SmootherBatch,
    SmootherPanel,
    SmoothingModel,
    Structure,
    TimeGrid,
    WholeNumbers,
    _Clock,
    _ListedSteps,
    _MonthSteps,
    _Turn,
)
