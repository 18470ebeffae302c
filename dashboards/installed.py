"""Whether what dashboards need is installed."""

from __future__ import annotations

from importlib.util import find_spec

from lotus.errors import InvalidInput
from lotus.system.distribution import install_command

__all__ = ["check_installed"]


def check_installed() -> None:
    """Raise InvalidInput with what to install, if something is missing."""
    missing = [
        name
        for name in ("voila", "ipywidgets", "nbconvert", "papermill")
        if find_spec(name) is None
    ]
    if missing:
        raise InvalidInput(
            file="",
            field="dashboards",
            reason=f"{', '.join(missing)} is not installed",
            remedy=install_command("dashboards"),
        )
