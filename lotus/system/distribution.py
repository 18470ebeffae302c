"""The distribution that this lotus was installed from: remedies name it, so that nobody installs
a stranger's package that is also called lotus.
"""

from __future__ import annotations

__all__ = ["PROGRAM", "distribution_name", "install_command"]

PROGRAM = "lotus.cli:main"  # the entry point of the program `lotus`
UNINSTALLED = "lotus-video"  # a source tree on PYTHONPATH has no metadata


def distribution_name() -> str:
    """The name that pip knows, from the installed metadata; the import is `lotus` all the same."""
    from importlib.metadata import entry_points

    programs = entry_points(group="console_scripts")
    names = [one.dist.name for one in programs if one.value == PROGRAM and one.dist is not None]
    return max(names, default=UNINSTALLED)  # an older installation may still be there as `lotus`


def install_command(extra: str = "", options: str = "") -> str:
    """The pip command that installs this distribution, with an extra or options of pip."""
    words = f"{options} " if options else ""
    name = distribution_name()
    return f"pip install {words}'{name}[{extra}]'" if extra else f"pip install {words}{name}"
