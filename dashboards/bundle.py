"""Voilà's scripts as one file instead of eighty: compressed once, and kept by browsers until it
changes.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jupyter_core.paths import jupyter_path

from dashboards.errors import NoAnswer

__all__ = ["Bundle", "bundle", "joined"]

MAIN = "voila.js"
CHUNK = re.compile(r"\.e\((\d+)\)")  # how webpack's main file names a part that it will ask for
FORMULAS = re.compile(
    r'push\(\[\[\d+\],\{\d+:\((\w+),(\w+),\w+\)=>\{.*"@jupyterlab/mathjax-extension:plugin"', re.S
)
PATIENCE = re.compile(r"(async get_model\(\w+\)\{.{0,120}?Date\.now\(\)-\w+<)2e3")
WIDGETS = ("labextensions", "@jupyter-widgets", "jupyterlab-manager", "static")


@dataclass(frozen=True)
class Bundle:
    """The scripts, as browsers take them."""

    version: str
    plain: bytes
    zipped: bytes


@cache
def bundle() -> Bundle:
    """Of what is installed; takes half a second, once."""
    whole = joined(
        _folder("voila", "templates", "base", "static", holds=MAIN), _folder(*WIDGETS)
    ).encode()
    return Bundle(hashlib.sha256(whole).hexdigest()[:12], whole, gzip.compress(whole, mtime=0))


def joined(voila: Path, widgets: Path) -> str:
    """The parts that Voilà asks for at its start and those of its widgets, then the main file.

    A part that is there before the main file is not asked for; any other still is, from where it
    always was.
    """
    main = (voila / MAIN).read_text(encoding="utf-8")
    parts = [voila / f"{number}.{MAIN}" for number in dict.fromkeys(CHUNK.findall(main))]
    parts += sorted(path for path in widgets.glob("*.js") if path.stem.split(".")[0].isdecimal())
    texts = (part.read_text(encoding="utf-8") for part in parts if part.is_file())
    return _patient("\n;".join([*(_without_formulas(text) for text in texts), main]))


def _patient(scripts: str) -> str:
    """Who waits for a widget's model waits a minute: two seconds are too few where many look at
    once.
    """
    return PATIENCE.sub(r"\g<1>6e4", scripts)


def _without_formulas(part: str) -> str:
    """Labels of filters hold no mathematics: without this plugin, MathJax is not loaded to look for
    some.
    """
    ours = FORMULAS.search(part)
    if ours is None:
        return part
    begin = part.index("{", ours.start(2))
    return f"{part[:begin]}{{{ours[2]}.__esModule=true;{ours[2]}.default=[]}}}}])"


def _folder(*names: str, holds: str = "") -> Path:
    for found in jupyter_path(*names):
        if (Path(found) / holds).exists():
            return Path(found)
    reason = f"{'/'.join(names)} is not installed"
    raise NoAnswer(reason=reason, remedy="pip install --force-reinstall voila jupyterlab_widgets")
