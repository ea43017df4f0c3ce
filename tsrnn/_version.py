"""The version, for those who import nothing else."""

__version__ = "0.1.0"
