"""The functions that `import lotus` offers: videos from briefs and from timelines, single files,
watching.
"""

from lotus.api.videos import estimate, make, plan, render, resume

__all__ = ["estimate", "make", "plan", "render", "resume"]
