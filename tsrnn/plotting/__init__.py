"""Pictures of forecasts and of networks in training, by scikit-learn's convention for displays.

matplotlib is imported when a picture is drawn.
"""

from tsrnn.plotting._anomalies import AnomaliesDisplay
from tsrnn.plotting._components import ComponentsDisplay
from tsrnn.plotting._forecast import ForecastDisplay
from tsrnn.plotting._gradients import GradientFlowDisplay
from tsrnn.plotting._states import HiddenStateDisplay
from tsrnn.plotting._training import TrainingHistoryDisplay

__all__ = [
    "AnomaliesDisplay",
    "ComponentsDisplay",
    "ForecastDisplay",
    "GradientFlowDisplay",
    "HiddenStateDisplay",
    "TrainingHistoryDisplay",
]
