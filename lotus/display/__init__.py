"""Progress and HTML for terminals and notebooks. Nothing below imports it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["REPRESENTATIONS", "mime_bundle", "register"]

# A type's module and name: a function of `html`, or of another module here.
REPRESENTATIONS: Mapping[tuple[str, str], str] = {
    ("lotus.documents.brief", "Brief"): "brief_bundle",
    ("lotus.documents.storyboard", "Storyboard"): "storyboard_bundle",
    ("lotus.documents.timeline", "Timeline"): "timeline_bundle",
    ("lotus.api.estimates", "Estimate"): "estimate_bundle",
    ("lotus.pipeline.job", "Job"): "job_bundle",
    ("lotus.pipeline.differences", "Difference"): "difference_bundle",
    ("lotus.api.timelines", "Composition"): "compositions:composition_bundle",
    ("lotus.api.timelines", "Explanation"): "compositions:explanation_bundle",
}
FRAME_MODULES = ("pandas", "pandas.core.frame")  # where pandas 3 and 2 say a DataFrame lives


def mime_bundle(thing: Any) -> dict[str, str]:
    """Plain text and HTML of one of REPRESENTATIONS; raises KeyError for other types."""
    from importlib import import_module

    kind = type(thing)
    module, _, name = REPRESENTATIONS[kind.__module__, kind.__name__].rpartition(":")
    home = import_module(f"lotus.display.{module or 'html'}")
    bundle: dict[str, str] = getattr(home, name)(thing)
    return bundle


def register(shell: Any) -> None:
    """Tell an IPython shell how lotus' types are shown, by name: none of them is
    imported for it.
    """
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name in REPRESENTATIONS:
        formatter.for_type_by_name(module, name, mime_bundle)
    pages = shell.display_formatter.formatters["text/html"]
    for module in FRAME_MODULES:
        pages.for_type_by_name(module, "DataFrame", _frame_html)


def _frame_html(frame: Any) -> str | None:
    from lotus.display.frames import frame_html

    return frame_html(frame)
