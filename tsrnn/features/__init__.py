"""Regressors made of time stamps: the calendar, holidays, waves, and events at given dates."""

from tsrnn.features.calendar import CalendarFeatures
from tsrnn.features.fourier import FourierFeatures
from tsrnn.features.holiday import HolidayFeatures
from tsrnn.features.steps import StepFeatures
from tsrnn.features.time_features import TimeFeatures

__all__ = [
    "CalendarFeatures",
    "FourierFeatures",
    "HolidayFeatures",
    "StepFeatures",
    "TimeFeatures",
]
