"""The classes whose objects a saved model may hold: a line each.

A file names them by `__name__`. Of an estimator or network its attributes are saved, of a dataclass
or named tuple its fields; all they hold must be values that `_saved_values` knows, or of these.
"""

from tsrnn._batch import Batch
from tsrnn._deseasonalized_panel import DeseasonalizedPanel, Seasons
from tsrnn._lag_windows import Units
from tsrnn._panel_dial import Dates, Periods, WholeNumbers
from tsrnn._panel_frame import Panel
from tsrnn._panel_labels import Reach
from tsrnn._panel_model import LoopedPanel
from tsrnn._panel_seasons import GroupedPanel
from tsrnn._panel_state import FittedPanel, SeenRows
from tsrnn._panel_steps import BusinessSteps, EvenSteps, ListedSteps, MonthSteps, OwnSteps
from tsrnn._panel_time import PanelGrid
from tsrnn._panel_windows import Scores
from tsrnn._recurrent.architecture import Architecture
from tsrnn._scaling import ColumnScaling, Scaling
from tsrnn._sequences import TargetLayout
from tsrnn._series import Layout
from tsrnn._smoother_batch import SmootherBatch
from tsrnn._smoothing_model import SmoothingModel
from tsrnn._smoothing_panel import SmootherPanel
from tsrnn._structure import Structure
from tsrnn._timeindex import TimeGrid
from tsrnn._timesteps import ConstantSteps, Counts, _Clock, _ListedSteps, _MonthSteps
from tsrnn._window_errors import PastErrors
from tsrnn._window_model import RegressorScaling, WindowModel, WindowPanel, WindowState
from tsrnn._window_network import Recipe, WindowNetwork
from tsrnn.auto import AutoExpSmoothingRNN
from tsrnn.deseasonalize import DeseasonalizedForecaster, DeseasonalizedModel, _Turn
from tsrnn.naive import NaiveForecaster, NaiveModel
from tsrnn.network import RNN
from tsrnn.panel import PanelForecaster
from tsrnn.priors import ExponentialPrior
from tsrnn.sequence import (
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
)
from tsrnn.smoothing import (
    DoubleExpSmoothingRNN,
    SimpleExpSmoothingRNN,
    TripleExpSmoothingRNN,
)
from tsrnn.text import TextRNNClassifier
from tsrnn.windows import RNNForecaster

# What users fit, save and load.
MODELS = (
    RNN,
    AutoExpSmoothingRNN,
    DeseasonalizedForecaster,
    DoubleExpSmoothingRNN,
    ElmanRNNClassifier,
    ElmanRNNRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    NaiveForecaster,
    PanelForecaster,
    RNNForecaster,
    SimpleExpSmoothingRNN,
    TextRNNClassifier,
    TripleExpSmoothingRNN,
)

# What these keep.
PARTS = (
    Architecture,
    Batch,
    BusinessSteps,
    ColumnScaling,
    ConstantSteps,
    Counts,
    Dates,
    DeseasonalizedModel,
    DeseasonalizedPanel,
    EvenSteps,
    ExponentialPrior,
    FittedPanel,
    GroupedPanel,
    Layout,
    ListedSteps,
    LoopedPanel,
    MonthSteps,
    NaiveModel,
    OwnSteps,
    Panel,
    PanelGrid,
    PastErrors,
    Periods,
    Reach,
    Recipe,
    RegressorScaling,
    Scaling,
    Scores,
    Seasons,
    SeenRows,
    SmootherBatch,
    SmootherPanel,
    SmoothingModel,
    Structure,
    TargetLayout,
    TimeGrid,
    Units,
    WholeNumbers,
    WindowModel,
    WindowNetwork,
    WindowPanel,
    WindowState,
    _Clock,
    _ListedSteps,
    _MonthSteps,
    _Turn,
)
