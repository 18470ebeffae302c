"""Compositions, and the plans of compositions, in notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lotus.display.html import Bundle, bundle
from lotus.display.kit import table

if TYPE_CHECKING:
    from lotus.api.timelines import Composition, Explanation

__all__ = ["composition_bundle", "explanation_bundle"]


def composition_bundle(composition: Composition) -> Bundle:
    """A composition: the file, and how much of it was rendered."""
    counts = composition.segments
    plain = (
        f"composition {composition.output.name}: {composition.duration_seconds:g} s, "
        f"{composition.width}x{composition.height} at {composition.fps} fps; "
        f"{counts['rendered']} of {counts['total']} segments rendered "
        f"in {composition.elapsed_seconds:.1f} s"
    )
    return bundle(plain)


def explanation_bundle(explanation: Explanation) -> Bundle:
    """What `compose` would render: a row a segment, and the sound."""
    document = explanation.model_dump(mode="json")
    todo = document["to_render"]
    plain = (
        f"plan: {todo['segments']} of {len(document['segments'])} segments to render, "
        f"{todo['frames']} of {document['frames']} frames"
    )
    columns = ["segment", "at", "frames", "transition", "status", "reason"]
    rows = [
        [
            segment["index"] + 1,
            f"{segment['at_seconds']:g} s",
            segment["frames"],
            segment["transition"] or "",
            segment["status"],
            segment["reason"],
        ]
        for segment in document["segments"]
    ]
    sound = document["sound"]
    rows.append(["sound", "", "", "", sound["status"], sound["reason"]])
    return bundle(plain, table("", columns, rows, right=("segment", "at", "frames")))
