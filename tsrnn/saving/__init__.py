"""Models in files: written, checked and read."""

from tsrnn.saving.file import load, save

__all__ = ["load", "save"]
