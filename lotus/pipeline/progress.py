"""How far a job is, from what its stages say: a percentage that only rises. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

__all__ = ["Event", "JobProgress", "ProgressSnapshot"]

HALF = 50.0  # of a job is generating, the other half composing, whichever takes longer


@dataclass(frozen=True)
class Event:
    """Something happened: `kind` is stage, expired, clip, prediction, warning, frames or done;
    `data` says more.
    """

    kind: str
    data: dict[str, Any]


class ProgressSnapshot(BaseModel, frozen=True):
    """How far a job is at one moment: the data of an event `progress`."""

    stage: str
    percent: float  # of the whole job
    frames: int  # that are done in this stage
    of_frames: int


@dataclass
class JobProgress:
    """Hears the events of one try at a job; safe to read from another thread."""

    stage: str = "planning"
    frames: int = 0  # that are done in this stage
    of_frames: int = 0
    _done: dict[int, int] = field(default_factory=dict)  # frames by scene
    _composing_from: float = 0.0  # percent; all of a job whose clips are there is composing

    def on_event(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take one event into account; those that say nothing of frames are ignored."""
        if kind == "stage":
            self.stage = data["stage"]
            self.frames = 0
            self.of_frames = data.get("frames", 0)
            if self.stage == "generating":
                self._composing_from = HALF if self.of_frames else 0.0
        elif kind == "clip":
            self._done[data["scene"]] = max(data["frames"], self._done.get(data["scene"], 0))
            self.frames = min(sum(self._done.values()), self.of_frames)
        elif kind == "frames":
            self.frames = max(data["frames"], self.frames)
            self.of_frames = data["of_frames"]

    @property
    def percent(self) -> float:
        """Of the whole job, in steps of a tenth."""
        part = min(1.0, self.frames / self.of_frames) if self.of_frames else 0.0
        if self.stage == "composing":
            return round(self._composing_from + (100.0 - self._composing_from) * part, 1)
        return round(HALF * part, 1)

    def snapshot(self) -> ProgressSnapshot:
        """How far it is now."""
        return ProgressSnapshot(
            stage=self.stage, percent=self.percent, frames=self.frames, of_frames=self.of_frames
        )
