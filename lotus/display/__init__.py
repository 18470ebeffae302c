"""Progress and HTML for terminals and notebooks. Nothing below imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["REPRESENTATIONS", "mime_bundle", "register"]

REPRESENTATIONS: Mapping[tuple[str, str], str] = {  # a type's module and name: a function of `html`
    ("lotus.documents.brief", "Brief"): "brief_bundle",
    ("lotus.documents.storyboard", "Storyboard"): "storyboard_bundle",
    ("lotus.documents.timeline", "Timeline"): "timeline_bundle",
    ("lotus.api.videos", "Estimate"): "estimate_bundle",
    ("lotus.pipeline.job", "Job"): "job_bundle",
    ("lotus.pipeline.differences", "Difference"): "difference_bundle",
}


def mime_bundle(thing: Any) -> dict[str, str]:
    """Plain text and HTML of one of REPRESENTATIONS; raises KeyError for other types."""
    from lotus.display import html

    kind = type(thing)
    bundle: dict[str, str] = getattr(html, REPRESENTATIONS[kind.__module__, kind.__name__])(thing)
    return bundle


def register(shell: Any) -> None:
    """Tell an IPython shell how lotus' types are shown, by name: none of them is imported for
    it.
    """
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name in REPRESENTATIONS:
        formatter.for_type_by_name(module, name, mime_bundle)
