"""Captions that stand clear of the faces of filmed scenes."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lotus.composition.captions.faces import clear_position, may_move
from lotus.composition.captions.styles import Box
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Caption, Timeline
from lotus.generation.plan import clip_object
from lotus.media.faces import can_find_faces, faces_of
from lotus.store.objects import object_key
from lotus.system.keys import key_of
from lotus.workspace import Workspace

__all__ = ["clear_of_faces"]

VERSION = 1  # of how faces are found


def clear_of_faces(
    timeline: Timeline, storyboard: Storyboard, clip_keys: Mapping[int, str], workspace: Workspace
) -> Timeline:
    """The timeline with captions moved off the faces of these scenes' clips; the same timeline
    where no face is in the way.
    """
    (width, height) = (timeline.width, timeline.height)
    size = (width, height, width, height)
    boxes: dict[int, list[Box]] = {}

    def faces(scene: int) -> list[Box]:
        if scene not in boxes:
            shares = _faces(clip_keys[scene], workspace)
            boxes[scene] = [Box(*(a * b for a, b in zip(f, size, strict=True))) for f in shares]
        return boxes[scene]

    def clear(caption: Caption) -> Caption:
        if not may_move(caption):
            return caption
        here = [i for i in _scenes_of(caption, storyboard) if i in clip_keys]
        near = [box for i in here for box in faces(i)]
        position = clear_position(caption, width, height, near)
        same = position == caption.position
        return caption if same else caption.model_copy(update={"position": position})

    captions = tuple(clear(caption) for caption in timeline.captions)
    return timeline.model_copy(update={"captions": captions})


def _scenes_of(caption: Caption, storyboard: Storyboard) -> list[int]:
    """The scenes that a caption is shown on."""
    numbers, start = [], 0.0
    for i, scene in enumerate(storyboard.scenes):
        end = start + scene.duration_seconds
        if caption.start_seconds < end and start < caption.end_seconds:
            numbers.append(i)
        start = end
    return numbers


def _faces(clip_key: str, workspace: Workspace) -> list[tuple[float, float, float, float]]:
    """The faces of a clip, looked for once and kept beside it; none where nothing can find them."""
    name = object_key("clips", key_of("faces", {"clip": clip_key, "version": VERSION}), ".json")
    if workspace.store.exists(name):
        return [tuple(box) for box in json.loads(workspace.store.read(name))]
    if not can_find_faces():
        return []
    faces = faces_of(workspace.store.path(clip_object(clip_key)))
    with workspace.folder() as folder:
        notes = folder / "faces.json"
        notes.write_text(json.dumps(faces), encoding="utf-8")
        workspace.store.put(notes, name)
    return faces
