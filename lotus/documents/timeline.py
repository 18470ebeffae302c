"""Clips, transitions, captions, overlays and sound, placed in time: plain data. No I/O.

Times are seconds here and are snapped to the frame grid where the timeline is laid out
(`lotus.composition.layout`), so the error of a time is at most half a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from lotus.documents.brief import FIT_WORDS, Camera, Fit
from lotus.documents.document import Document, FrameRate, HexColor, Rate, Seconds, Text
from lotus.documents.scene import Transition

__all__ = [
    "ArcMark",
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
Moment = Annotated[float, Field(ge=0, le=36_000, allow_inf_nan=False)]
Fraction01 = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class TimelineClip(Document):
    """A stretch of a source: of a video from start to end, of a picture for a duration."""

    source: str = Field(min_length=1, description="path of a video or picture")
    start_seconds: Moment = Field(default=0.0, description="where in its source the clip begins")
    end_seconds: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="where in its source the clip ends; default: the end",
    )
    duration_seconds: Seconds | None = Field(
        default=None, description="length on the timeline, after speed"
    )
    speed: float = Field(
        default=1.0,
        ge=0.1,
        le=10,
        allow_inf_nan=False,
        description="2 plays twice as fast, 0.5 at half the speed",
    )
    fit: Fit = Field(default="cover", description=FIT_WORDS)
    focus: tuple[Fraction01, Fraction01] | None = Field(
        default=None,
        exclude_if=lambda place: place is None,
        description="where in the picture (x, y from 0 to 1) fit cover centres its crop, as far as "
        "the picture goes; default: its middle",
    )
    camera: Camera = Field(default="static", description="a move over the picture")
    volume: float = Field(
        default=1.0,
        ge=0,
        le=4,
        allow_inf_nan=False,
        description="volume of the clip's own sound; 0 = silent",
    )
    duck: bool = Field(
        default=False,
        exclude_if=lambda duck: not duck,
        description="its own sound steps back while a voice speaks",
    )
    transition: Transition = Field(default=Transition(), description="transition to the next clip")

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
    start_seconds: Moment = Field(default=0.0, description="where it begins on the timeline")
    end_seconds: float = Field(
        gt=0, allow_inf_nan=False, description="where it ends on the timeline"
    )

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

    text: Text = Field(min_length=1, max_length=500, description="the words")
    position: Position = Field(default="bottom", description="position in the picture")
    style: str = Field(default="default", description="default, title, karaoke or another style")
    word_seconds: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = Field(
        default=(),
        description="of style karaoke: when each word begins, after start_seconds; default: by its "
        "length",
    )

    @model_validator(mode="after")
    def _words_follow_each_other(self) -> Caption:
        if list(self.word_seconds) != sorted(self.word_seconds):
            raise ValueError("word_seconds: a word begins before the previous one")
        return self


class Overlay(_TimeSpan):
    """A picture over the picture: a logo, a badge."""

    source: str = Field(min_length=1, description="path of a picture")
    position: Position = Field(default="top-right", description="position in the picture")
    width_fraction: float = Field(
        default=0.14, gt=0, le=1, description="its width as a share of the picture's width"
    )
    opacity: float = Field(default=1.0, ge=0, le=1, description="1 is opaque, 0 is invisible")
    fade_seconds: float = Field(
        default=0.0, ge=0, le=5, description="length of its fade in and fade out"
    )


class ArcMark(Document):
    """Where a part of a synthesised bed begins, after the start of its track."""

    start_seconds: Moment = Field(default=0.0, description="after the track's start")
    part: Literal["intro", "build", "climax", "ending"] = Field(
        description="intensity of the music from here on"
    )


def _is_default(value: object) -> bool:
    return not value  # timelines of yesterday stay as they are


class AudioTrack(Document):
    """Sound under the picture: a file, or a synthesised bed as `bed:NAME`."""

    source: str = Field(
        min_length=1, description="path of an audio file, or a synthesised bed such as bed:calm"
    )
    role: Literal["music", "voice", "effect"] = Field(
        default="music",
        description="music, voice or effect; with duck, music gets quieter under a voice",
    )
    start_seconds: Moment = Field(default=0.0, description="where it begins on the timeline")
    in_seconds: Moment = Field(
        default=0.0,
        exclude_if=_is_default,
        description="where in the file its sound begins; a loop comes back to there",
    )
    window: Literal["best"] | None = Field(
        default=None,
        exclude_if=_is_default,
        description="instead of in_seconds: the stretch of the file that suits the length best",
    )
    duration_seconds: Seconds | None = Field(
        default=None,
        exclude_if=_is_default,
        description="how long it plays; default: to the end of the file or of the video",
    )
    volume: float = Field(
        default=1.0,
        ge=0,
        le=4,
        allow_inf_nan=False,
        description="1 leaves it as it is, 0.5 is half as loud",
    )
    fade_in_seconds: float = Field(default=0.0, ge=0, le=30, description="length of the fade in")
    fade_out_seconds: float = Field(default=0.0, ge=0, le=30, description="length of the fade out")
    loop: bool = Field(default=False, description="begin again until the video ends")
    duck: bool = Field(default=False, description="get quieter while a voice speaks")
    seed: int = Field(default=0, ge=0, lt=2**31, description="varies a synthesised bed")
    arc: tuple[ArcMark, ...] = Field(
        default=(),
        max_length=100,
        exclude_if=_is_default,
        description="parts of a synthesised bed; calm, bright and driving without one go on "
        "without end, as in earlier versions",
    )

    @model_validator(mode="after")
    def _begins_once(self) -> AudioTrack:
        bed = self.source.startswith("bed:")
        if self.window is not None and self.in_seconds:
            raise ValueError("window and in_seconds both say where the file begins; keep one")
        if bed and (self.window is not None or self.in_seconds):
            name = "window" if self.window is not None else "in_seconds"
            raise ValueError(
                f"{name}: a synthesised bed always starts at its beginning; remove {name}"
            )
        if self.arc and not bed:
            raise ValueError("arc: only a synthesised bed follows an arc; remove arc")
        starts = [mark.start_seconds for mark in self.arc]
        if starts != sorted(starts):
            raise ValueError("arc: a part begins before the previous one")
        return self


class Encoding(Document):
    """How the composition is written. A draft has half the width and height; ffv1 loses nothing
    anyway.
    """

    codec: Literal["h264", "h265", "av1", "prores", "ffv1"] = Field(
        default="h264", description="how pictures are compressed"
    )
    quality: Literal["draft", "standard", "high", "lossless"] = Field(
        default="standard",
        description="draft has half the width and height, high is for masters, lossless keeps "
        "every pixel",
    )
    hardware: bool = Field(default=False, description="encode on the graphics card, if it can")
    loudness_lufs: float = Field(
        default=-14.0, ge=-36, le=-6, description="loudness of the whole video in LUFS"
    )
    max_kbps: int | None = Field(
        default=None,
        ge=100,
        le=500_000,
        exclude_if=lambda rate: rate is None,
        description="maximum bitrate of the picture in kilobits a second; h264 and h265 only",
    )

    @model_validator(mode="after")
    def _is_lossless_where_it_says_so(self) -> Encoding:
        if self.quality == "lossless" and (self.codec in ("av1", "prores") or self.hardware):
            what = "hardware" if self.hardware else self.codec
            raise ValueError(f"quality: {what} is not lossless; take codec ffv1, or quality high")
        return self


class Theme(Document):
    """Colours and typeface of captions and cards."""

    colors: tuple[HexColor, ...] = Field(default=(), description="colours as #rrggbb")
    font: str | None = Field(default=None, description="path of a .ttf or .otf file")


class Timeline(Document):
    """A finished cut as data: clips, captions, overlays and sound; `lotus.compose` renders it."""

    _items: ClassVar[str] = "clips"

    version: Literal[1] = Field(default=1, description="version of this format")
    width: int = Field(default=1280, ge=16, le=7680, multiple_of=2, description="pixels")
    height: int = Field(default=720, ge=16, le=7680, multiple_of=2, description="pixels")
    fps: FrameRate = Field(description="frames a second: 24, 25, 30, 30000/1001")
    background: HexColor = Field(
        default="#000000", description="colour behind clips that do not fill the picture"
    )
    theme: Theme = Field(default=Theme(), description="colours and typeface of captions")
    clips: tuple[TimelineClip, ...] = Field(
        min_length=1, max_length=2000, description="what is seen, one after the other"
    )
    captions: tuple[Caption, ...] = Field(
        default=(), max_length=5000, description="text over the picture"
    )
    overlays: tuple[Overlay, ...] = Field(
        default=(), max_length=500, description="pictures over the picture"
    )
    audio: tuple[AudioTrack, ...] = Field(default=(), max_length=50, description="tracks of sound")
    encoding: Encoding = Field(default=Encoding(), description="how the file is written")

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
