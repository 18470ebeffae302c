"""This machine: Python, packages, folders, disk, fonts."""

from __future__ import annotations

import os
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.metadata import files as installed
from pathlib import Path

from packaging.requirements import Requirement

from lotus.checks.base import Finding
from lotus.settings import Settings
from lotus.system.distribution import distribution_name, install_command

__all__ = ["disk", "files", "fonts", "home", "packages", "python"]

MOST_NAMES = 3
# a 60 s video at 1080p takes about 150 MB while it is made
LOW_BYTES = 2 * 1024**3
EMPTY_BYTES = 200 * 1024**2


def python(settings: Settings) -> Finding:
    """Python is new enough."""
    version_text = ".".join(str(part) for part in sys.version_info[:3])
    if tuple(sys.version_info) < (3, 11):
        return Finding("fail", f"Python {version_text}", "install Python 3.11 or newer")
    return Finding("ok", f"Python {version_text}")


def packages(settings: Settings) -> Finding:
    """What lotus needs is installed, in versions that it was tested with."""
    wrong = []
    requirements = [
        Requirement(line) for line in requires(distribution_name()) or () if "extra ==" not in line
    ]
    for requirement in requirements:
        try:
            version_found = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version_found, prereleases=True):
            wrong.append(f"{requirement.name} {version_found} is not {requirement.specifier}")
    if wrong:
        return Finding("fail", "; ".join(wrong), install_command(options="--upgrade"))
    return Finding("ok", f"{len(requirements)} packages")


def files(settings: Settings) -> Finding:
    """Every file of this installation is there: pages, their assets, pictograms, notebooks."""
    files_of_wheel = installed(distribution_name()) or ()
    missing = [
        str(file)
        for file in files_of_wheel
        if file.suffix != ".pyc" and not Path(str(file.locate())).exists()
    ]
    if not missing:
        return Finding("ok", f"{len(files_of_wheel)} files")
    listing = ", ".join(missing[:MOST_NAMES]) + (
        f" and {len(missing) - MOST_NAMES} more" if len(missing) > MOST_NAMES else ""
    )
    why = "pages, pictures or examples that need them are missing, or come without their style"
    remedy = install_command(options="--force-reinstall --no-deps")
    return Finding("fail", f"{listing} gone", remedy, why)


def _nearest(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def home(settings: Settings) -> Finding:
    """The home folder can be written to, or can be made."""
    there = _nearest(settings.home)
    if not os.access(there, os.W_OK) or not there.is_dir():
        return Finding(
            "fail", f"{there} may not be written to", "set LOTUS_HOME to a folder of yours"
        )
    return Finding("ok", str(settings.home))


def disk(settings: Settings) -> Finding:
    """There is room for temporary files and the store."""
    free = shutil.disk_usage(_nearest(settings.home)).free
    free_text = f"{free / 1024**3:.1f} GiB free"
    if free < EMPTY_BYTES:
        return Finding(
            "fail", free_text, "free some disk space (`lotus store clean`), or move LOTUS_HOME"
        )
    if free < LOW_BYTES:
        return Finding("warn", free_text, "free some disk space soon (`lotus store clean`)")
    return Finding("ok", free_text)


def fonts(settings: Settings) -> Finding:
    """Captions have glyphs for the scripts of the world."""
    from lotus.composition.text.fonts import default_fonts

    book = default_fonts(settings.home / "cache" / "fonts")
    samples = {
        "Latin": "Aé",
        "Cyrillic": "Ж",
        "Greek": "Ω",
        "Arabic": "ع",
        "Hebrew": "ש",
        "Han": "漢",
    }
    samples |= {"Kana": "カ", "Hangul": "한", "Devanagari": "क", "Thai": "ก", "emoji": "☕"}
    without = [name for name, text in samples.items() if re.sub(r"\s", "", book.missing(text))]
    if without:
        return Finding(
            "warn",
            f"no glyphs for {', '.join(without)}",
            "pip install --upgrade weblate-fonts manimgx-fonts",
        )
    return Finding("ok", f"glyphs for {', '.join(samples)}")
