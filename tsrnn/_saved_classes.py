"""The classes whose objects a saved model may hold, by the tags that files have for them.

A tag stays what it is, whatever becomes of the class and its name: files have been written with it.
Of an estimator or network its attributes are saved, of a dataclass or named tuple its fields; all
they hold must be values that `_saved_values` knows, or of these.
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
MODELS: dict[str, type] = {
    "RNN": RNN,
    "AutoExpSmoothingRNN": AutoExpSmoothingRNN,
    "DeseasonalizedForecaster": DeseasonalizedForecaster,
    "DoubleExpSmoothingRNN": DoubleExpSmoothingRNN,
    "ElmanRNNClassifier": ElmanRNNClassifier,
    "ElmanRNNRegressor": ElmanRNNRegressor,
    "GRUClassifier": GRUClassifier,
    "GRURegressor": GRURegressor,
    "LSTMClassifier": LSTMClassifier,
    "LSTMRegressor": LSTMRegressor,
    "NaiveForecaster": NaiveForecaster,
    "PanelForecaster": PanelForecaster,
    "RNNForecaster": RNNForecaster,
    "SimpleExpSmoothingRNN": SimpleExpSmoothingRNN,
    "TextRNNClassifier": TextRNNClassifier,
    "TripleExpSmoothingRNN": TripleExpSmoothingRNN,
}

# What these keep.
PARTS: dict[str, type] = {
    "Architecture": Architecture,
    "Batch": Batch,
    "BusinessSteps": BusinessSteps,
    "ColumnScaling": ColumnScaling,
    "ConstantSteps": ConstantSteps,
    "Counts": Counts,
    "DateStamps": Dates,
    "DeseasonalizedModel": DeseasonalizedModel,
    "DeseasonalizedPanel": DeseasonalizedPanel,
    "EvenSteps": EvenSteps,
    "ExponentialPrior": ExponentialPrior,
    "FittedPanel": FittedPanel,
    "GroupedPanel": GroupedPanel,
    "Layout": Layout,
    "ListedSteps": ListedSteps,
    "LoopedPanel": LoopedPanel,
    "MonthSteps": MonthSteps,
    "NaiveModel": NaiveModel,
    "OwnSteps": OwnSteps,
    "Panel": Panel,
    "PanelGrid": PanelGrid,
    "PastErrors": PastErrors,
    "PeriodStamps": Periods,
    "Reach": Reach,
    "Recipe": Recipe,
    "RegressorScaling": RegressorScaling,
    "Scaling": Scaling,
    "Scores": Scores,
    "Seasons": Seasons,
    "SeenRows": SeenRows,
    "SmootherBatch": SmootherBatch,
    "SmootherPanel": SmootherPanel,
    "SmoothingModel": SmoothingModel,
    "Structure": Structure,
    "TargetLayout": TargetLayout,
    "TimeGrid": TimeGrid,
    "Units": Units,
    "WholeNumbers": WholeNumbers,
    "WindowModel": WindowModel,
    "WindowNetwork": WindowNetwork,
    "WindowPanel": WindowPanel,
    "WindowState": WindowState,
    "_Clock": _Clock,
    "_ListedSteps": _ListedSteps,
    "_MonthSteps": _MonthSteps,
    "_Turn": _Turn,
}
