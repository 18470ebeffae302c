"""Direction of a storyboard, version 2: cast, shots and dialogue. All optional. No I/O."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lotus.documents.document import Document, Text

__all__ = ["CastMember", "DialogueLine", "Shot", "ShotAngle", "ShotSize"]

ShotSize = Literal[
    "extreme_wide", "wide", "full", "medium", "medium_close_up", "close_up", "extreme_close_up"
]
ShotAngle = Literal["eye_level", "low", "high", "overhead", "dutch", "over_the_shoulder", "pov"]


class CastMember(Document):
    """A person, product or place that stays the same from scene to scene."""

    name: Text = Field(min_length=1, max_length=60, description="the name that scenes use")
    kind: Literal["person", "product", "place"] = Field(default="person", description="what it is")
    description: Text = Field(default="", max_length=300, description="looks, clothes, material")
    references: tuple[str, ...] = Field(
        default=(), max_length=7, description="paths of pictures, relative to the storyboard"
    )


class Shot(Document):
    """What the camera does within a scene; several shots may be one generation."""

    size: ShotSize | None = Field(default=None, description="how much of the subject is seen")
    angle: ShotAngle | None = Field(default=None, description="angle of the camera")
    lens: Text | None = Field(default=None, max_length=40, description="such as 35mm anamorphic")
    move: Text | None = Field(default=None, max_length=80, description="such as slow dolly in")
    description: Text | None = Field(default=None, max_length=300, description="what it shows")
    seconds: float | None = Field(
        default=None, gt=0, le=60, allow_inf_nan=False, description="length of the shot"
    )

    @property
    def words(self) -> str:
        """The shot as a crew calls it: `close up, low angle, 85mm lens, slow dolly in: hands`."""
        parts = (
            self.size.replace("_", " ") if self.size else "",
            f"{self.angle.replace('_', ' ')} angle" if self.angle else "",
            f"{self.lens} lens" if self.lens and "lens" not in self.lens else self.lens or "",
            self.move or "",
        )
        camera = ", ".join(part for part in parts if part)
        return ": ".join(part for part in (camera, self.description or "") if part)


class DialogueLine(Document):
    """Words that somebody in the scene says."""

    speaker: Text = Field(
        min_length=1, max_length=60, description="who speaks: a name of the cast, or any other name"
    )
    text: Text = Field(min_length=1, max_length=300, description="the words")
