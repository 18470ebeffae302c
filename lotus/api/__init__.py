"""The functions that `import lotus` offers: videos from briefs and from timelines, single files,
watching.

Names are loaded when they are first used: to compose a timeline needs none of the planning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lotus.api.files import make
    from lotus.api.videos import estimate, plan, render, resume

__all__ = ["estimate", "make", "plan", "render", "resume"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'lotus.api' has no attribute '{name}'")
    from lotus.api import files, videos

    return files.make if name == "make" else getattr(videos, name)
