"""Pictures that a model starts from or follows: marked by what they hold in a request, sent as
data.

A request names a picture by the hash of its bytes (`sha256:...`), or by the clip whose last frame
it is
(`frame:...`); so the key of a clip covers it, and neither the key nor the database holds its bytes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lotus.documents.storyboard import Scene, Storyboard
from lotus.errors import MediaError, ProviderError
from lotus.models.model import Model

__all__ = ["data_uri", "reference_facts", "told"]

MAX_BYTES = (
    256 * 1024
)  # of a picture within a request (replicate.com/docs/topics/predictions/input-files)
TRIES = (
    (1280, 92),
    (1280, 80),
    (1280, 60),
    (960, 60),
    (640, 50),
)  # longest side in pixels, quality


def reference_facts(
    scene: Scene, storyboard: Storyboard, model: Model, digest: Callable[[Path], str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The look's reference picture as facts of a scene, and where it lies.

    A model that takes references follows it in every scene; one that cannot begin without a picture
    begins
    each scene on it; one that may begin on a picture begins the first scene on it, the others know
    nothing.
    """
    reference = storyboard.look.reference
    if reference is None:
        return {}, {}
    mark = f"sha256:{digest(Path(reference))}"
    taken = {one.fact: one for one in model.takes.values()}
    if "reference_images" in taken:
        return {"reference_images": (mark,)}, {mark: reference}
    first = taken.get("first_frame")
    if first is not None and (first.required or scene == storyboard.scenes[0]):
        return {"first_frame": mark}, {mark: reference}
    return {}, {}


def told(inputs: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    """Inputs with pictures in place of their marks; raises ProviderError if one is not there any
    more.
    """
    return {name: _told(value, pictures) for name, value in inputs.items()}


def _told(value: Any, pictures: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_told(one, pictures) for one in value]
    return (
        data_uri(Path(pictures[value])) if isinstance(value, str) and value in pictures else value
    )


def data_uri(path: Path) -> str:
    """A picture as a `data:` address of a JPEG, no larger than a request should hold."""
    from lotus.providers.photos import open_photo

    try:
        picture = open_photo(path)
    except MediaError as exc:
        raise ProviderError(
            provider="replicate",
            reason=f"the picture {path} {exc.facts['reason']}",
            remedy="put it back, and run again",
            kind="refused",
        ) from exc
    for side, quality in TRIES:
        picture.thumbnail((side, side))
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality)
        if data.tell() <= MAX_BYTES:
            break
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
