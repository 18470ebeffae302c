"""One scene, the transition to the next, and the look that all scenes share. No I/O."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

from pydantic import Field, model_validator

from lotus.documents.brief import FIT_WORDS, Camera, Fit
from lotus.documents.direction import DialogueLine, Shot
from lotus.documents.document import Document, HexColor, Seconds, Text

__all__ = ["DIRECTION", "Look", "Role", "Scene", "SourceClip", "Transition", "is_empty"]

Role = Literal["opening", "development", "climax", "closing"]


class Transition(Document):
    """How one scene becomes the next. A cut has no length."""

    kind: str = Field(
        default="cut", description="cut, dissolve, fade, wipe, slide or another transition"
    )
    duration_seconds: float = Field(
        default=0.0,
        ge=0,
        le=5,
        allow_inf_nan=False,
        description="how long both scenes are visible; 0 for a cut",
    )
    color: HexColor | None = Field(
        default=None, description="what a fade goes through; default: black"
    )

    @model_validator(mode="after")
    def _only_a_fade_has_a_color(self) -> Transition:
        if self.color is not None and self.kind != "fade":
            raise ValueError("color: only a transition of kind fade goes through a colour")
        return self


class Look(Document):
    """What all scenes share, so that they belong to one video."""

    style: Text = Field(max_length=60, description="the brief's style")
    palette: tuple[str, ...] = Field(default=(), description="colours as #rrggbb")
    seed: int = Field(default=0, ge=0, lt=2**31, description="varies the pictures of all scenes")
    words: Text = Field(
        default="",
        max_length=400,
        description="begins the prompt of every scene that a hosted model makes",
    )
    subject: Text = Field(
        default="",
        max_length=500,
        description="what drawings show if a scene's own words show nothing",
    )
    reference: str | None = Field(
        default=None,
        description="path of a picture that all scenes should look like, if the model takes one",
    )
    avoid: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda avoid: not avoid,  # storyboards of yesterday stay as they are
        description="what the prompt excludes; drawings do not show it",
    )
    mood: str = Field(
        default="",
        max_length=20,
        exclude_if=lambda mood: not mood,
        description="energetic, playful, elegant, tender or tense: varies how drawings are framed",
    )
    reads: Literal[1, 2, 3, 4] = Field(
        default=1,
        exclude_if=lambda reads: reads == 1,  # boards of yesterday keep their clips
        description="how drawings read words: 1 = one by one, 2 = in context, "
        "3 = with the time of day, 4 = with other shots where the subject is shown again",
    )
    captions_below: bool = Field(
        default=False,
        exclude_if=lambda below: not below,
        description="drawn objects stay above the captions",
    )
    chained: bool = Field(
        default=False, description="each hosted clip begins on the last frame of the one before"
    )


DIRECTION = (
    "shots",
    "cast",
    "continuity",
    "first_frame",
    "last_frame",
    "references",
    "dialogue",
    "sound",
    "keep_sound",
    "narration",
    "avoid",
)


def is_empty(value: object) -> bool:
    """Whether a field is left out of the document."""
    return not value  # storyboards of version 1 stay as they are


class Scene(Document):
    """One picture of a video, with its caption; both scenes are seen during the transition."""

    description: Text = Field(min_length=1, max_length=500, description="what the scene shows")
    role: Role = Field(default="development", description="its part in the story")
    camera: Camera = Field(default="static", description="how the camera moves")
    caption: Text | None = Field(default=None, max_length=200, description="text over the picture")
    duration_seconds: Seconds = Field(description="length of the scene")
    transition: Transition = Field(default=Transition(), description="transition to the next scene")
    source: str | None = Field(
        default=None,
        description="path of a clip or photo that is its picture, or the name of a lotus.Clip",
    )
    start_seconds: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="where in its source the scene begins"
    )
    fit: Fit = Field(default="cover", description=FIT_WORDS)
    seed: int = Field(
        default=0, ge=0, lt=2**31, description="varies this scene alone; stays with it when moved"
    )
    model: str | None = Field(default=None, description="the hosted model of this scene alone")
    approved: bool = Field(
        default=False,
        description="you like it: `lotus.render(..., final=MODEL)` makes it again in full quality",
    )
    shots: tuple[Shot, ...] = Field(
        default=(),
        max_length=6,
        exclude_if=is_empty,
        description="what the camera does within the scene",
    )
    cast: tuple[str, ...] = Field(
        default=(), exclude_if=is_empty, description="names of the storyboard's cast who are in it"
    )
    continuity: Text | None = Field(
        default=None,
        max_length=200,
        exclude_if=is_empty,
        description="what stays from the scene before: same cup, now empty",
    )
    first_frame: str | None = Field(
        default=None, exclude_if=is_empty, description="path of the picture it begins on"
    )
    last_frame: str | None = Field(
        default=None, exclude_if=is_empty, description="path of the picture it ends on"
    )
    references: tuple[str, ...] = Field(
        default=(), max_length=7, exclude_if=is_empty, description="paths of pictures to follow"
    )
    dialogue: tuple[DialogueLine, ...] = Field(
        default=(),
        max_length=8,
        exclude_if=is_empty,
        description="what people in the scene say, line by line",
    )
    sound: Text | None = Field(
        default=None,
        max_length=200,
        exclude_if=is_empty,
        description="what is heard: rain on a tin roof",
    )
    headline: bool = Field(
        default=False,
        exclude_if=is_empty,
        description="its caption is an offer that stands large in the middle",
    )
    keep_sound: bool = Field(
        default=False, exclude_if=is_empty, description="the clip's own sound is heard"
    )
    narration: Text | None = Field(
        default=None,
        max_length=500,
        exclude_if=is_empty,
        description="what a voice says over the scene",
    )
    avoid: tuple[Text, ...] = Field(
        default=(), max_length=12, exclude_if=is_empty, description="what should not be visible"
    )

    @property
    def is_heard(self) -> bool:
        """True if the video plays the clip's own sound."""
        return bool(self.keep_sound or self.sound or self.dialogue)

    @property
    def direction(self) -> tuple[str, ...]:
        """Names of the fields in use that need version 2 of the storyboard."""
        return tuple(name for name in DIRECTION if getattr(self, name))


@runtime_checkable
class SourceClip(Protocol):
    """A clip that a scene can name: `lotus.Clip` is one."""

    @property
    def source(self) -> str:
        """The name of the clip in a scene's `source`."""
        ...

    @property
    def duration_seconds(self) -> float:
        """Length of the clip."""
        ...
