"""Pictures that a model starts from or follows: marked by what they hold in a request, sent as
data.

A request names a picture by the hash of its bytes (`sha256:...`), or by the clip whose last frame
it is (`frame:...`); so the key of a clip covers it, and neither the key nor the database holds its
bytes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import MediaError, ProviderError
from lotus.models.model import Model

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["data_uri", "fill_pictures", "reference_facts"]

# of a picture within a request (replicate.com/docs/topics/predictions/input-files)
MAX_BYTES = 256 * 1024
# longest side in pixels, quality
TRIES = ((1280, 92), (1280, 80), (1280, 60), (960, 60), (640, 50))


def reference_facts(
    scene: Scene, storyboard: Storyboard, model: Model, digest: Callable[[Path], str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The pictures of a scene as facts, and where they lie: its first and last frame, the look's
    reference, its own and its cast's.

    A model that takes references follows the look's in every scene; one that cannot begin without a
    picture begins each scene on it; one that may begin on a picture begins the first scene on it,
    the others know nothing.
    """
    specs = {one.fact: one for one in model.takes.values()}
    facts: dict[str, Any] = {}
    pictures: dict[str, str] = {}

    def mark(path: str) -> str:
        name = f"sha256:{digest(Path(path))}"
        pictures[name] = path
        return name

    for name in ("first_frame", "last_frame"):
        path = getattr(scene, name)
        if path is not None and name in specs:
            facts[name] = mark(path)
    look = storyboard.look.reference
    references = [*([look] if look else []), *scene.references]
    references += [path for one in storyboard.cast_of(scene) for path in one.references]
    if "reference_images" in specs and references:
        facts["reference_images"] = tuple(dict.fromkeys(map(mark, references)))
    first = specs.get("first_frame")
    begins = first is not None and (first.required or scene == storyboard.scenes[0])
    if "reference_images" not in specs and look and begins and "first_frame" not in facts:
        facts["first_frame"] = mark(look)
    return facts, pictures


def fill_pictures(value: Any, pictures: Mapping[str, str], shape: Fraction | None = None) -> Any:
    """An input with pictures in place of their marks, cropped to a shape if one is given.

    Raises ProviderError if a picture is not there any more.
    """
    if isinstance(value, list):
        return [fill_pictures(one, pictures, shape) for one in value]
    if isinstance(value, str) and value in pictures:
        return data_uri(Path(pictures[value]), shape)
    return value


def data_uri(path: Path, shape: Fraction | None = None) -> str:
    """A picture as a `data:` address of a JPEG, no larger than a request should hold."""
    from lotus.providers.photos import open_photo

    try:
        picture = open_photo(path)
    except (MediaError, OSError) as exc:
        message = "is not a picture that can be read: it is gone"
        reason = exc.facts["reason"] if isinstance(exc, MediaError) else message
        raise ProviderError(
            provider="replicate",
            reason=f"the picture {path} {reason}",
            remedy="put it back, and run again",
            kind="refused",
        ) from exc
    if shape is not None:
        picture = _crop(picture, shape)
    for side, quality in TRIES:
        picture.thumbnail((side, side))
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality)
        if data.tell() <= MAX_BYTES:
            break
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()


def _crop(picture: Image, shape: Fraction) -> Image:
    """The middle of a picture, in a shape; the picture itself if it has that shape to a pixel."""
    width = min(picture.width, round(picture.height * shape))
    height = min(picture.height, round(picture.width / shape))
    if abs(width - picture.width) <= 1 and abs(height - picture.height) <= 1:
        return picture
    left = (picture.width - width) // 2
    top = (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))
