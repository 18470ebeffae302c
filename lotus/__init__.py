"""lotus: from a sentence to a finished video.

    import lotus
    job = lotus.render(lotus.Brief(prompt="A small coffee roaster opens at dawn", duration_seconds=15))
    job.save("ad.mp4")

Names are loaded when they are first used, so that `import lotus` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lotus.api import estimate, make, plan, render, resume
    from lotus.brief import Brand, Brief
    from lotus.client import Client
    from lotus.compositions import compose, explain
    from lotus.differences import diff
    from lotus.editor import edit
    from lotus.errors import LotusError
    from lotus.job import Job
    from lotus.settings import Settings
    from lotus.storyboard import Scene, Storyboard
    from lotus.timeline import Timeline
    from lotus.workspace import Workspace

__version__ = "0.1.0"

__all__ = [
    "Brand",
    "Brief",
    "Client",
    "Job",
    "LotusError",
    "Scene",
    "Settings",
    "Storyboard",
    "Timeline",
    "Workspace",
    "compose",
    "diff",
    "edit",
    "estimate",
    "explain",
    "make",
    "plan",
    "render",
    "resume",
]

_HOMES = {
    "Brand": "brief",
    "Brief": "brief",
    "Client": "client",
    "Job": "job",
    "LotusError": "errors",
    "Scene": "storyboard",
    "Settings": "settings",
    "Storyboard": "storyboard",
    "Timeline": "timeline",
    "Workspace": "workspace",
    "compose": "compositions",
    "diff": "differences",
    "edit": "editor",
    "estimate": "api",
    "explain": "compositions",
    "make": "api",
    "plan": "api",
    "render": "api",
    "resume": "api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lotus' has no attribute '{name}'")
    from importlib import import_module

    # `lotus.plan` is the function also after `import lotus.planning`: it is kept here once it is found
    value = globals()[name] = getattr(import_module(f"lotus.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
