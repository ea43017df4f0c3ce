"""The command `tsrnn`: files read, forecast and written."""

from tsrnn.cli.command import main

__all__ = ["main"]
