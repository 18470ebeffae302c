"""What dashboards raise on purpose, below the tree of `lotus.errors`."""

from __future__ import annotations

from importlib.util import find_spec

from lotus.errors import InvalidInput, WorkError
from lotus.system.distribution import install_command

__all__ = ["NoAnswer", "check_installed"]


class NoAnswer(WorkError):
    """A question was not answered: the message and the remedy are of whoever failed."""

    code = "no_answer"


def check_installed() -> None:
    """Raise InvalidInput with what to install, if something is missing."""
    missing = [name for name in ("voila", "ipywidgets", "nbconvert") if find_spec(name) is None]
    if missing:
        raise InvalidInput(
            file="",
            field="dashboards",
            reason=f"{', '.join(missing)} is not installed",
            remedy=install_command("dashboards"),
        )
