"""Clips, transitions, captions, overlays and sound, placed in time: plain data. No I/O.

Times are seconds here and are snapped to the frame grid where the timeline is laid out
(`lotus.composition.layout`), so the error of a time is at most half a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from lotus.documents.brief import Camera, Document, Fit, FrameRate, HexColor, Rate, Seconds, Text
from lotus.documents.storyboard import Transition

__all__ = [
    "AudioTrack",
    "Caption",
    "Encoding",
    "Overlay",
    "Position",
    "Theme",
    "Timeline",
    "TimelineClip",
]

Position = Literal[
    "top-left",
    "top",
    "top-right",
    "upper",
    "left",
    "center",
    "right",
    "bottom-left",
    "bottom",
    "bottom-right",
]
Start = Field(default=0.0, ge=0, le=36_000, allow_inf_nan=False)


class TimelineClip(Document):
    """A stretch of a source: of a video from start to end, of a picture for a duration."""

    source: str = Field(min_length=1)
    start_seconds: float = Start
    end_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    duration_seconds: Seconds | None = Field(
        default=None, description="on the timeline, after speed"
    )
    speed: float = Field(default=1.0, ge=0.1, le=10, allow_inf_nan=False)
    fit: Fit = "cover"
    camera: Camera = "static"
    volume: float = Field(default=1.0, ge=0, le=4, allow_inf_nan=False)
    transition: Transition = Transition()

    @model_validator(mode="after")
    def _ends_once_and_after_its_start(self) -> TimelineClip:
        if self.end_seconds is not None and self.duration_seconds is not None:
            raise ValueError(
                "end_seconds and duration_seconds both say where the clip ends; keep one"
            )
        if self.end_seconds is not None and self.end_seconds <= self.start_seconds:
            raise ValueError(
                f"end_seconds: {self.end_seconds:g} is not after start_seconds "
                f"{self.start_seconds:g}"
            )
        return self


class _TimeSpan(Document):
    start_seconds: float = Start
    end_seconds: float = Field(gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> _TimeSpan:
        if self.end_seconds <= self.start_seconds:
            raise ValueError(
                f"end_seconds: {self.end_seconds:g} is not after start_seconds "
                f"{self.start_seconds:g}"
            )
        return self


class Caption(_TimeSpan):
    """Text over the picture."""

    text: Text = Field(min_length=1, max_length=500)
    position: Position = "bottom"
    style: str = "default"
    word_seconds: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = Field(
        default=(),
        description="of style karaoke: when each word begins, after start_seconds; default: by its "
        "length",
    )

    @model_validator(mode="after")
    def _words_follow_each_other(self) -> Caption:
        if list(self.word_seconds) != sorted(self.word_seconds):
            raise ValueError("word_seconds: a word begins before the one in front of it")
        return self


class Overlay(_TimeSpan):
    """A picture over the picture: a logo, a badge."""

    source: str = Field(min_length=1)
    position: Position = "top-right"
    width_fraction: float = Field(default=0.14, gt=0, le=1)
    opacity: float = Field(default=1.0, ge=0, le=1)
    fade_seconds: float = Field(default=0.0, ge=0, le=5)


class AudioTrack(Document):
    """Sound under the picture: a file, or a synthesised bed as `bed:NAME`."""

    source: str = Field(min_length=1)
    role: Literal["music", "voice", "effect"] = "music"
    start_seconds: float = Start
    in_seconds: float = Field(
        default=0.0,
        ge=0,
        le=36_000,
        allow_inf_nan=False,
        exclude_if=lambda seconds: not seconds,
        description="where in the file its sound begins; a loop always begins at its start",
    )
    duration_seconds: Seconds | None = Field(
        default=None,
        exclude_if=lambda seconds: seconds is None,
        description="how long it sounds; default: to the end of the file or of the video",
    )
    volume: float = Field(default=1.0, ge=0, le=4, allow_inf_nan=False)
    fade_in_seconds: float = Field(default=0.0, ge=0, le=30)
    fade_out_seconds: float = Field(default=0.0, ge=0, le=30)
    loop: bool = False
    duck: bool = Field(default=False, description="step back while a voice speaks")
    seed: int = Field(default=0, ge=0, lt=2**31, description="of a synthesised bed")


class Encoding(Document):
    """How the composition is written. A draft has half the width and height; ffv1 loses nothing
    anyway.
    """

    codec: Literal["h264", "h265", "av1", "prores", "ffv1"] = "h264"
    quality: Literal["draft", "standard", "high", "lossless"] = "standard"
    hardware: bool = Field(default=False, description="encode on the graphics card, if it can")
    loudness_lufs: float = Field(default=-14.0, ge=-36, le=-6)

    @model_validator(mode="after")
    def _is_lossless_where_it_says_so(self) -> Encoding:
        if self.quality == "lossless" and (self.codec in ("av1", "prores") or self.hardware):
            what = "hardware" if self.hardware else self.codec
            raise ValueError(f"quality: {what} is not lossless; take codec ffv1, or quality high")
        return self


class Theme(Document):
    """Colours and typeface of captions and cards."""

    colors: tuple[HexColor, ...] = ()
    font: str | None = None


class Timeline(Document):
    """Everything that makes a composition."""

    version: Literal[1] = 1
    width: int = Field(default=1280, ge=16, le=7680, multiple_of=2)
    height: int = Field(default=720, ge=16, le=7680, multiple_of=2)
    fps: FrameRate
    background: HexColor = "#000000"
    theme: Theme = Theme()
    clips: tuple[TimelineClip, ...] = Field(min_length=1, max_length=2000)
    captions: tuple[Caption, ...] = Field(default=(), max_length=5000)
    overlays: tuple[Overlay, ...] = Field(default=(), max_length=500)
    audio: tuple[AudioTrack, ...] = Field(default=(), max_length=50)
    encoding: Encoding = Encoding()

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            version: Literal[1] = 1,
            width: int = 1280,
            height: int = 720,
            fps: Rate,
            background: str = "#000000",
            theme: Theme | Mapping[str, Any] = ...,
            clips: Sequence[TimelineClip | Mapping[str, Any]],
            captions: Sequence[Caption | Mapping[str, Any]] = (),
            overlays: Sequence[Overlay | Mapping[str, Any]] = (),
            audio: Sequence[AudioTrack | Mapping[str, Any]] = (),
            encoding: Encoding | Mapping[str, Any] = ...,
        ) -> None: ...
