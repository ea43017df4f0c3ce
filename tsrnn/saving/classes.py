"""The classes whose objects a saved model may hold, by the tags that files have for them.

A tag stays what it is, whatever becomes of the class and its name: files have been written with it.
Of an estimator or network its attributes are saved, of a dataclass or named tuple its fields; all
they hold must be values that `tsrnn.saving.values` knows, or of these.
"""

from tsrnn._dense.architecture import DenseArchitecture
from tsrnn._input.frames import FrameKind
from tsrnn._input.ragged import Batch
from tsrnn._input.scaling import ColumnScaling, Scaling
from tsrnn._input.sequences import TargetLayout
from tsrnn._input.series import Layout
from tsrnn._optim.losses import (
    AbsoluteErrorLoss,
    HuberLoss,
    PoissonLoss,
    QuantileLoss,
    SquaredErrorLoss,
)
from tsrnn._recurrent.architecture import Architecture
from tsrnn._registry import ESTIMATORS
from tsrnn._time.grid import TimeGrid
from tsrnn._time.panel_grid import PanelGrid
from tsrnn._time.stamps import Dates, Durations, Periods, WholeNumbers
from tsrnn._time.steps import BusinessSteps, EvenSteps, ListedSteps, MonthSteps
from tsrnn.causal.network import CausalNetwork, CausalSpec, CausalState
from tsrnn.causal.readings import Reading as CausalReading
from tsrnn.causal.readings import ReadingState
from tsrnn.compose.coefficients import Coefficients
from tsrnn.compose.combining import Span
from tsrnn.compose.ensemble_model import EnsembleModel, Member
from tsrnn.compose.past_errors import CombinedErrors
from tsrnn.compose.regression_model import RegressionModel
from tsrnn.compose.scales import Scale
from tsrnn.compose.transformed_model import TransformedModel
from tsrnn.features import CalendarFeatures, FourierFeatures, HolidayFeatures, StepFeatures
from tsrnn.features.hosts import ReadyColumns
from tsrnn.forecasting.deseasonalized import DeseasonalizedModel
from tsrnn.forecasting.looped_panel import LoopedPanel
from tsrnn.forecasting.naive import NaiveModel
from tsrnn.forecasting.season import Seasons
from tsrnn.forecasting.several_seasons import SeveralSeasons
from tsrnn.network import RNN
from tsrnn.panel.calibration import Scores
from tsrnn.panel.forms import FrameForm
from tsrnn.panel.frame import Panel
from tsrnn.panel.labels import Reach
from tsrnn.panel.reading import FittedFrame
from tsrnn.panel.seasons import GroupedPanel
from tsrnn.panel.state import FittedMember, FittedPanel, SeenRows
from tsrnn.priors import ExponentialPrior
from tsrnn.smoothing.complex.structure import ComplexStructure
from tsrnn.smoothing.demand_model import DemandModel
from tsrnn.smoothing.extent import Extent
from tsrnn.smoothing.model import SmoothingModel
from tsrnn.smoothing.smoothers import SmootherBatch
from tsrnn.smoothing.structure import Structure
from tsrnn.theta.model import ThetaModel
from tsrnn.windows.columns import ReadColumns, RegressorScaling
from tsrnn.windows.doubts import Ranges
from tsrnn.windows.errors import PastErrors
from tsrnn.windows.lags import Units
from tsrnn.windows.members import Member as WindowMember
from tsrnn.windows.members import MemberSpec
from tsrnn.windows.model import WindowModel, WindowState
from tsrnn.windows.network import WindowNetwork, WindowSpec
from tsrnn.windows.readings import Reading
from tsrnn.windows.recent import Recent
from tsrnn.windows.together import MembersNetwork, MembersSpec
from tsrnn.windows.whole import WholeMember, WholeNetwork, WholeState

# What users fit, save and load.
MODELS: dict[str, type] = {"RNN": RNN, **ESTIMATORS}

# What these keep.
PARTS: dict[str, type] = {
    "AbsoluteErrorLoss": AbsoluteErrorLoss,
    "Architecture": Architecture,
    "Batch": Batch,
    "BusinessSteps": BusinessSteps,
    "CalendarFeatures": CalendarFeatures,
    "CausalNetwork": CausalNetwork,
    "CausalReading": CausalReading,
    "CausalReadingState": ReadingState,
    "CausalSpec": CausalSpec,
    "CausalState": CausalState,
    "Coefficients": Coefficients,
    "ColumnScaling": ColumnScaling,
    "CombinedErrors": CombinedErrors,
    "ComplexStructure": ComplexStructure,
    "DateStamps": Dates,
    "DemandModel": DemandModel,
    "DenseArchitecture": DenseArchitecture,
    "DeseasonalizedModel": DeseasonalizedModel,
    "DurationStamps": Durations,
    "EnsembleMember": Member,
    "EnsembleModel": EnsembleModel,
    "EvenSteps": EvenSteps,
    "ExponentialPrior": ExponentialPrior,
    "Extent": Extent,
    "FittedFrame": FittedFrame,
    "FittedMember": FittedMember,
    "FittedPanel": FittedPanel,
    "FourierFeatures": FourierFeatures,
    "FrameForm": FrameForm,
    "FrameKind": FrameKind,
    "GroupedPanel": GroupedPanel,
    "HolidayFeatures": HolidayFeatures,
    "HuberLoss": HuberLoss,
    "Layout": Layout,
    "ListedSteps": ListedSteps,
    "LoopedPanel": LoopedPanel,
    "MemberSpec": MemberSpec,
    "MembersNetwork": MembersNetwork,
    "MembersSpec": MembersSpec,
    "MonthSteps": MonthSteps,
    "NaiveModel": NaiveModel,
    "Panel": Panel,
    "PanelGrid": PanelGrid,
    "PastErrors": PastErrors,
    "PeriodStamps": Periods,
    "PoissonLoss": PoissonLoss,
    "QuantileLoss": QuantileLoss,
    "Ranges": Ranges,
    "Reach": Reach,
    "Reading": Reading,
    "ReadColumns": ReadColumns,
    "ReadyColumns": ReadyColumns,
    "Recent": Recent,
    "Recipe": WindowSpec,
    "RegressionModel": RegressionModel,
    "RegressorScaling": RegressorScaling,
    "Scale": Scale,
    "Scaling": Scaling,
    "Scores": Scores,
    "Seasons": Seasons,
    "SeenRows": SeenRows,
    "SeveralSeasons": SeveralSeasons,
    "SmootherBatch": SmootherBatch,
    "SmoothingModel": SmoothingModel,
    "Span": Span,
    "SquaredErrorLoss": SquaredErrorLoss,
    "StepFeatures": StepFeatures,
    "Structure": Structure,
    "TargetLayout": TargetLayout,
    "ThetaModel": ThetaModel,
    "TimeGrid": TimeGrid,
    "TransformedModel": TransformedModel,
    "Units": Units,
    "WholeNumbers": WholeNumbers,
    "WholeMember": WholeMember,
    "WholeNetwork": WholeNetwork,
    "WholeState": WholeState,
    "WindowMember": WindowMember,
    "WindowModel": WindowModel,
    "WindowNetwork": WindowNetwork,
    "WindowState": WindowState,
}
