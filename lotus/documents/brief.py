"""The request: what a video should say, how long, in which shape, for which brand. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal, Required, TypedDict

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from lotus.documents.document import Document, FrameRate, FrozenModel, HexColor, Rate, Seconds, Text
from lotus.documents.lengths import text_length

__all__ = [
    "AD_SECONDS",
    "ASPECT_RATIOS",
    "CAMERAS",
    "FIT_WORDS",
    "LIMITS",
    "SPOKEN_CAPTIONS",
    "AspectRatio",
    "Brand",
    "BrandFields",
    "Brief",
    "Camera",
    "Fit",
    "Kind",
    "Limits",
    "Resolution",
    "SceneFields",
    "SceneRequest",
    "frame_size",
]


class Limits(FrozenModel):
    """What one kind of video may be: lengths in seconds, counts of scenes."""

    min_seconds: float
    max_seconds: float
    min_scenes: int
    max_scenes: int


Kind = Literal["ad", "music_video"]
LIMITS: dict[Kind, Limits] = {
    "ad": Limits(min_seconds=5, max_seconds=60, min_scenes=3, max_scenes=10),
    "music_video": Limits(min_seconds=15, max_seconds=180, min_scenes=4, max_scenes=40),
}
AD_SECONDS = 15.0
DEFAULT_BED = "calm"
SPOKEN_CAPTIONS = ("auto", "karaoke")  # what `captions` may say beside the path of a file
PROMPT_CHARS = 10  # lengths of prompts are those of text_length
FULL_PROMPT_CHARS = 50  # a brief in a file says enough to plan from; the quick form is one sentence

AspectRatio = Literal["16:9", "9:16", "1:1"]
ASPECT_RATIOS: tuple[AspectRatio, ...] = AspectRatio.__args__  # type: ignore[attr-defined]
Resolution = Literal["720p", "1080p"]
_ASPECTS: dict[AspectRatio, Fraction] = {
    "16:9": Fraction(16, 9),
    "9:16": Fraction(9, 16),
    "1:1": Fraction(1),
}
_SHORT_SIDE: dict[Resolution, int] = {"720p": 720, "1080p": 1080}

Camera = Literal[
    "static",
    "zoom_in",
    "zoom_out",
    "pan_left",
    "pan_right",
    "tilt_up",
    "tilt_down",
    "orbit",
    "handheld",
]
CAMERAS: tuple[Camera, ...] = Camera.__args__  # type: ignore[attr-defined]
Fit = Literal["cover", "contain", "blur"]
FIT_WORDS = (
    "how a source of another shape fills the picture: cover cuts its edges off, contain adds bars, "
    "blur adds a blurred copy"
)


def frame_size(aspect_ratio: AspectRatio, resolution: Resolution) -> tuple[int, int]:
    """Width and height in pixels: the short side is what the resolution says."""
    short = _SHORT_SIDE[resolution]
    ratio = _ASPECTS[aspect_ratio]
    return (int(short * ratio), short) if ratio >= 1 else (short, int(short / ratio))


class Brand(Document):
    """The brand that speaks: shown in the last scene, its colours in every scene."""

    name: Text = Field(min_length=1, max_length=60, description="as the last scene writes it")
    colors: tuple[HexColor, ...] = Field(
        default=(), max_length=5, description="colours as #rrggbb, the palette of every scene"
    )
    logo: str | None = Field(default=None, description="path of a picture, relative to the brief")
    font: str | None = Field(
        default=None, description="path of a .ttf or .otf file, relative to the brief"
    )

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            name: str,
            colors: Sequence[str] = (),
            logo: str | None = None,
            font: str | None = None,
        ) -> None: ...


class BrandFields(TypedDict, total=False):
    """A Brand as a dictionary."""

    name: Required[str]
    colors: Sequence[str]
    logo: str | None
    font: str | None


class SceneFields(TypedDict, total=False):
    """A SceneRequest as a dictionary."""

    description: Required[str]
    caption: str | None
    camera: Camera | None
    source: str | None
    start_seconds: float | None
    duration_seconds: float | None
    fit: Fit
    narration: str | None


class SceneRequest(Document):
    """A scene as the user asks for it; what is missing the planner fills in."""

    description: Text = Field(min_length=1, max_length=500, description="what the scene shows")
    caption: Text | None = Field(default=None, max_length=200, description="text over the picture")
    camera: Camera | None = Field(
        default=None, description="how the camera moves; default: the planner's choice"
    )
    source: str | None = Field(
        default=None, description="path of a clip or photo, relative to the brief"
    )
    start_seconds: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="where in its source the scene begins"
    )
    duration_seconds: Seconds | None = Field(
        default=None, description="length of the scene; default: the planner's choice"
    )
    fit: Fit = Field(default="cover", description=FIT_WORDS)
    narration: Text | None = Field(
        default=None,
        max_length=500,
        exclude_if=lambda text: text is None,
        description="what a voice says over the scene",
    )

    @model_validator(mode="after")
    def _trim_needs_a_source(self) -> SceneRequest:
        if self.start_seconds is not None and self.source is None:
            raise ValueError(
                "start_seconds needs a source to start in; add source or remove start_seconds"
            )
        return self


LONG_NUMBER = re.compile(r"\d{41}")


def _says_enough(prompt: str) -> str:
    if text_length(prompt) < PROMPT_CHARS:
        wording = "String should have at least {least} characters"
        raise PydanticCustomError("string_too_short", wording, {"least": PROMPT_CHARS})
    return prompt


Prompt = Annotated[Text, AfterValidator(_says_enough)]


class Brief(Document):
    """The request for one video."""

    kind: Kind = Field(default="ad", description="an ad, or a music video that is cut to its track")
    prompt: Prompt = Field(
        max_length=2000,
        json_schema_extra={"minLength": PROMPT_CHARS // 2},
        description="what the video should show and say: 10 characters or more, 50 in a file; "
        "half as many in Chinese, Japanese or Korean",
    )
    duration_seconds: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="default: 15 for an ad, the track's length for a music video",
    )
    aspect_ratio: AspectRatio = Field(
        default="16:9", description="shape of the picture: wide, tall or square"
    )
    resolution: Resolution = Field(
        default="720p", description="pixels of the picture's shorter side"
    )
    fps: FrameRate = Field(
        default=Fraction(24), description="frames a second: 24, 25, 30, 30000/1001"
    )
    style: Text = Field(
        default="cinematic",
        max_length=60,
        description="the look of all scenes: cinematic, watercolor, noir, or words of your own",
    )
    reference: str | None = Field(
        default=None,
        description="path of a picture that all scenes should look like, relative to the brief",
    )
    brand: Brand | None = Field(
        default=None, description="who speaks: name, colours, logo and typeface"
    )
    cta: Text | None = Field(
        default=None, max_length=80, description="call to action, shown at the end"
    )
    music: Text | None = Field(
        default=None,
        description="of an ad: calm, warm, night or another bed, an audio file, or none",
    )
    audio: str | None = Field(
        default=None, description="a music video's track: path, relative to the brief"
    )
    in_seconds: float | None = Field(
        default=None,
        ge=0,
        le=36_000,
        allow_inf_nan=False,
        exclude_if=lambda seconds: seconds is None,  # briefs of yesterday stay as they are
        description="where in its audio file (or the file in music) the video begins",
    )
    window: Literal["best"] | None = Field(
        default=None,
        exclude_if=lambda window: window is None,
        description="best, instead of in_seconds: lotus chooses the stretch that suits the length",
    )
    narration: Text | None = Field(
        default=None,
        max_length=2000,
        exclude_if=lambda text: text is None,  # briefs of yesterday stay as they are
        description="what a voice says over the video",
    )
    voice: Text | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        exclude_if=lambda name: name is None,
        description="who speaks narration: english, japanese, none, or a hosted model "
        "(speech-02-turbo, or speech-02-turbo:NAME of a voice); default: english",
    )
    captions: Text | None = Field(
        default=None,
        min_length=1,
        exclude_if=lambda source: source is None,
        description="auto (what is said, as subtitles), karaoke (word by word), or the path of a "
        "file of subtitles; default: the captions of scenes",
    )
    scenes: tuple[SceneRequest, ...] = Field(
        default=(),
        description="scenes of your own, in order; the planner fills in what they leave open",
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**31,
        description="another seed gives other pictures and, without plan_seed, another plan",
    )
    plan_seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**31,
        exclude_if=lambda seed: seed is None,  # storyboards of yesterday stay as they are
        description="another one gives other lengths, cameras and transitions; default: the seed",
    )

    if TYPE_CHECKING:  # as people write it: lists, dictionaries, whole numbers

        def __init__(
            self,
            *,
            kind: Kind = "ad",
            prompt: str,
            duration_seconds: float | None = None,
            aspect_ratio: AspectRatio = "16:9",
            resolution: Resolution = "720p",
            fps: Rate = 24,
            style: str = "cinematic",
            reference: str | None = None,
            brand: Brand | BrandFields | None = None,
            cta: str | None = None,
            music: str | None = None,
            audio: str | None = None,
            in_seconds: float | None = None,
            window: Literal["best"] | None = None,
            narration: str | None = None,
            voice: str | None = None,
            captions: str | None = None,
            scenes: Sequence[SceneRequest | SceneFields] = (),
            seed: int = 0,
            plan_seed: int | None = None,
        ) -> None: ...

    @property
    def planning_seed(self) -> int:
        """Seed of the planner: `plan_seed`, or else `seed`."""
        return self.seed if self.plan_seed is None else self.plan_seed

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return frame_size(self.aspect_ratio, self.resolution)

    @property
    def captions_file(self) -> str | None:
        """Path of the file of subtitles in `captions`, or None."""
        return None if self.captions in SPOKEN_CAPTIONS else self.captions

    @property
    def soundtrack(self) -> str | None:
        """The music: the name of a mood, the path of an audio file, or None."""
        if self.kind == "music_video":
            return self.audio
        return None if self.music == "none" else self.music or DEFAULT_BED

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Brief:
        checks = (_length_fits, _scene_count_fits, _scenes_fit_in_length, _one_soundtrack)
        for check in (*checks, _begins_once, _one_narration, _numbers_are_short):
            check(self)
        return self


def _length_fits(brief: Brief) -> None:
    limits = LIMITS[brief.kind]
    seconds = brief.duration_seconds
    if seconds is not None and not limits.min_seconds <= seconds <= limits.max_seconds:
        raise ValueError(
            f"duration_seconds: {seconds:g} is outside the {limits.min_seconds:g} to "
            f"{limits.max_seconds:g} seconds of kind {brief.kind}"
        )


def _scene_count_fits(brief: Brief) -> None:
    limits = LIMITS[brief.kind]
    if len(brief.scenes) > limits.max_scenes:
        raise ValueError(
            f"scenes: {len(brief.scenes)} are more than the {limits.max_scenes} of kind "
            f"{brief.kind}"
        )


def _scenes_fit_in_length(brief: Brief) -> None:
    total = sum(scene.duration_seconds or 0 for scene in brief.scenes)
    seconds = brief.duration_seconds or (AD_SECONDS if brief.kind == "ad" else None)
    if seconds is not None and total > seconds + 1e-6:
        raise ValueError(
            f"scenes: their durations add up to {total:g} s, more than duration_seconds "
            f"{seconds:g}; "
            "shorten scenes or raise duration_seconds"
        )


def _one_narration(brief: Brief) -> None:
    if brief.narration is not None and any(scene.narration for scene in brief.scenes):
        raise ValueError("narration: is of the video or of its scenes; remove one of them")


def _one_soundtrack(brief: Brief) -> None:
    if brief.kind == "music_video" and brief.audio is None:
        raise ValueError("audio: a music video needs its track; add audio, or use kind: ad")
    if brief.kind == "ad" and brief.audio is not None:
        raise ValueError("audio: belongs to a music video; for an ad put the file's path in music")
    if brief.kind == "music_video" and brief.music is not None:
        raise ValueError("music: a music video plays its audio; remove music")


def _begins_once(brief: Brief) -> None:
    if brief.in_seconds is None and brief.window is None:
        return
    name = "window" if brief.window is not None else "in_seconds"
    if brief.in_seconds is not None and brief.window is not None:
        raise ValueError("window: in_seconds says where the track begins already; keep one")
    if brief.audio is None and (brief.music is None or brief.music.isidentifier()):
        raise ValueError(f"{name}: belongs to an audio file; write audio or music, or remove it")


def _numbers_are_short(brief: Brief) -> None:
    """The planner's patterns look at a run of digits from each of them: thousands take seconds."""
    if LONG_NUMBER.search(brief.prompt):
        raise ValueError("prompt has a number of more than 40 digits; write a shorter one")
