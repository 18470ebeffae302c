"""The programs that decide about the bytes of a video: `lotus.environment()`."""

from __future__ import annotations

import platform
from typing import Any

from lotus.documents.calls import explained_call
from lotus.workspace import Workspace

__all__ = ["environment"]

PACKAGES: tuple[str, ...] = (  # that draw, write, or carry fonts
    *("av", "numpy", "pillow", "resvg-py", "opencv-python-headless", "fonttools"),
    *("manimgx-fonts", "weblate-fonts", "imageio-ffmpeg", "pydantic"),
)


@explained_call
def environment(*, workspace: Workspace | None = None) -> dict[str, Any]:
    """List the versions of everything that affects a video's bytes; nothing about its user.

    Parameters
    ----------
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    dict
        Versions by name: lotus, ffmpeg, codecs and libraries.
    """
    from importlib.metadata import PackageNotFoundError, version

    from lotus import __version__

    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {
        "lotus": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "ffmpeg": (workspace or Workspace.open()).ffmpeg.build,
        "packages": packages,
    }
