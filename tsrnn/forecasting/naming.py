"""Names of forecasters that are given as a list of pairs, by which their parameters are set."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tsrnn._input.wording import Message
from tsrnn.exceptions import InvalidParameterError
from tsrnn.forecasting.forecaster import Forecaster


def check_named(
    argument: str, pairs: Sequence[tuple[str, Forecaster]], own: Collection[str]
) -> None:
    """Check names and parameters of forecasters.

    Parameters
    ----------
    argument : str
        What holds them.
    pairs : sequence of (str, Forecaster)
    own : collection of str
        Parameters of whoever has the argument, which are set by their names as well.

    Raises
    ------
    InvalidParameterError
    """
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1 or name in own or "__" in name:
            raise InvalidParameterError(
                f"the name {name!r} in {argument} must be different from other members' and from "
                f"{sorted(own)}, and hold no double underscore"
            )
    for name, member in pairs:
        try:
            member.validate_parameters()
        except InvalidParameterError as error:
            message = Message("member {name!r}: {error}", name=name, error=error)
            raise InvalidParameterError(message) from error
