"""lotus: from a sentence to a finished video.

    import lotus
    job = lotus.render(lotus.Brief(prompt="A small coffee roaster opens at dawn",
    duration_seconds=15))
    job.save("ad.mp4")

Names are loaded when they are first used, so that `import lotus` costs nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lotus.api.background import RenderHandle, arender, submit
    from lotus.api.delivery import deliver
    from lotus.api.experiments import Experiment
    from lotus.api.files import make
    from lotus.api.interchange import export
    from lotus.api.listening import listen
    from lotus.api.look_up import clips, costs, job, jobs
    from lotus.api.provenance import provenance, reproduce
    from lotus.api.timelines import compose, explain
    from lotus.api.transcripts import transcribe
    from lotus.api.videos import estimate, plan, render, resume
    from lotus.documents.brief import Brand, Brief
    from lotus.documents.scene import Scene
    from lotus.documents.storyboard import Storyboard
    from lotus.documents.timeline import Timeline
    from lotus.errors import LotusError
    from lotus.experiments.leaderboard import leaderboard
    from lotus.experiments.measure import measure
    from lotus.experiments.own_metrics import metric
    from lotus.experiments.similarity import similarity
    from lotus.notebook.editor import edit
    from lotus.notebook.records import record
    from lotus.pipeline.clips import Clip
    from lotus.pipeline.differences import diff
    from lotus.pipeline.environment import environment
    from lotus.pipeline.job import Job
    from lotus.providers.endpoints import comfyui, video_endpoint
    from lotus.providers.functions import provider
    from lotus.server.client import Client
    from lotus.settings import Settings
    from lotus.workspace import Workspace

__version__ = "0.1.0"

__all__ = [
    "Brand",
    "Brief",
    "Client",
    "Clip",
    "Experiment",
    "Job",
    "LotusError",
    "RenderHandle",
    "Scene",
    "Settings",
    "Storyboard",
    "Timeline",
    "Workspace",
    "arender",
    "clips",
    "comfyui",
    "compose",
    "costs",
    "deliver",
    "diff",
    "edit",
    "environment",
    "estimate",
    "explain",
    "export",
    "job",
    "jobs",
    "leaderboard",
    "listen",
    "make",
    "measure",
    "metric",
    "plan",
    "provenance",
    "provider",
    "record",
    "render",
    "reproduce",
    "resume",
    "similarity",
    "submit",
    "transcribe",
    "video_endpoint",
]

_HOMES = {
    "Brand": "documents.brief",
    "Brief": "documents.brief",
    "Client": "server.client",
    "Clip": "pipeline.clips",
    "Experiment": "api.experiments",
    "Job": "pipeline.job",
    "LotusError": "errors",
    "RenderHandle": "api.background",
    "Scene": "documents.scene",
    "Settings": "settings",
    "Storyboard": "documents.storyboard",
    "Timeline": "documents.timeline",
    "Workspace": "workspace",
    "arender": "api.background",
    "clips": "api.look_up",
    "comfyui": "providers.endpoints",
    "compose": "api.timelines",
    "costs": "api.look_up",
    "deliver": "api.delivery",
    "diff": "pipeline.differences",
    "edit": "notebook.editor",
    "environment": "pipeline.environment",
    "estimate": "api.videos",
    "explain": "api.timelines",
    "export": "api.interchange",
    "job": "api.look_up",
    "jobs": "api.look_up",
    "leaderboard": "experiments.leaderboard",
    "listen": "api.listening",
    "make": "api.files",
    "measure": "experiments.measure",
    "metric": "experiments.own_metrics",
    "plan": "api.videos",
    "provenance": "api.provenance",
    "provider": "providers.functions",
    "record": "notebook.records",
    "render": "api.videos",
    "reproduce": "api.provenance",
    "resume": "api.videos",
    "similarity": "experiments.similarity",
    "submit": "api.background",
    "transcribe": "api.transcripts",
    "video_endpoint": "providers.endpoints",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from lotus.errors import UnknownAttribute

        raise UnknownAttribute("module 'lotus'", name, __all__)
    from importlib import import_module

    # `lotus.plan` is the function also after `import lotus.planning`: it is kept here once it is
    # found
    value = globals()[name] = getattr(import_module(f"lotus.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext lotus`: the magics `%%brief` and `%lotus`."""
    from lotus.notebook.magics import register_magics

    register_magics(shell)


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    from lotus.display import register
    from lotus.notebook.completion import register_completion

    register(_shell)
    register_completion(_shell)
