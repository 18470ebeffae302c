"""Measure a video by the registry of metrics, and hold it against limits."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from lotus.experiments.metrics import Metric

__all__ = ["Limit", "Measurements", "measure", "measure_by", "parse_limits"]

_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LIMIT = re.compile(r"\s*([a-z][a-z0-9_]{0,39})\s*(<=|>=|<|>)\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*")


class Limit(BaseModel):
    """A metric's value has to be on this side of a bound."""

    model_config = ConfigDict(frozen=True)

    metric: str
    sign: str
    bound: float

    def holds(self, value: float | None) -> bool:
        """Whether a value keeps the limit; a value that is missing keeps none."""
        return value is not None and _SIGNS[self.sign](value, self.bound)

    def __str__(self) -> str:
        return f"{self.metric}{self.sign}{self.bound:g}"


class Measurements(BaseModel):
    """The metrics of one video. A value is None where the metric has nothing to say."""

    model_config = ConfigDict(frozen=True)

    file: str
    seconds: float
    frames: int
    width: int
    height: int
    fps: float
    values: dict[str, float | None]
    versions: dict[str, int]

    def broken(self, limits: Iterable[Limit]) -> tuple[Limit, ...]:
        """The limits that these values do not keep."""
        return tuple(limit for limit in limits if not limit.holds(self.values.get(limit.metric)))


def parse_limits(text: str) -> tuple[Limit, ...]:
    """Limits as `frozen<0.02, black<0.01`; raises InvalidInput, and UnknownName for the metric."""
    from lotus.experiments.metrics import METRICS

    limits = []
    for part in text.split(",") if text.strip() else ():
        match = _LIMIT.fullmatch(part)
        if match is None:
            raise InvalidInput(
                file="",
                field="accept",
                reason=f"'{part.strip()[:60]}' is not a limit",
                remedy="write METRIC<NUMBER, several with commas: frozen<0.02, black<0.01",
            )
        if match[1] not in METRICS:
            raise UnknownName("metric", match[1], METRICS)
        limits.append(Limit(metric=match[1], sign=match[2], bound=float(match[3])))
    return tuple(limits)


@explained_call
def measure(
    video: Any, metrics: Iterable[str] | None = None, *, palette: Sequence[str] = ()
) -> Measurements:
    """Measure a video file, or the video of a job.

    Parameters
    ----------
    video
        A path, or a completed job.
    metrics
        Names of metrics (`lotus measure --explain` lists them); default: all that need no extra.
    palette
        Colours of a brand, such as #1b3a4b; adds the value `palette`.

    Returns
    -------
    Measurements
        The values by name; None where a metric does not apply to the video.

    Raises
    ------
    InvalidInput
        If the job has no video.
    MediaError
        If the file is not a video, or cannot be decoded.
    UnknownName
        If there is no such metric.
    """
    from lotus.experiments.metrics import METRICS, default_metrics
    from lotus.experiments.palette import palette_metric

    registry: dict[str, Metric] = dict(METRICS)
    names = tuple(metrics) if metrics is not None else default_metrics()
    if palette:
        registry["palette"] = palette_metric(palette)
        names = (*names, "palette")
    return measure_by(_path(video), names, registry)


def measure_by(path: Path, names: Iterable[str], registry: Mapping[str, Metric]) -> Measurements:
    """Measure a file by metrics of a registry; raises as `measure`."""
    from lotus.experiments.features import read_features

    names = tuple(dict.fromkeys(names))
    for name in names:
        if name not in registry:
            raise UnknownName("metric", name, registry)
    features = read_features(path)
    return Measurements(
        file=str(path),
        seconds=round(features.frames / features.fps, 6),
        frames=features.frames,
        width=features.width,
        height=features.height,
        fps=round(features.fps, 6),
        values={name: registry[name].of(features) for name in names},
        versions={name: registry[name].version for name in names},
    )


def _path(video: Any) -> Path:
    if isinstance(video, str | Path):
        return Path(video)
    output = getattr(video, "output", None)
    if output is None:
        raise InvalidInput(
            file="",
            field="video",
            reason=f"a {type(video).__name__} has no video",
            remedy="give a path, or a job that is completed",
        )
    return Path(output)
