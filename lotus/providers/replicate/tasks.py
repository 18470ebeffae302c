"""Models of Replicate that make no clips: words, pictures and sounds, each a prediction like any
other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, MediaError
from lotus.media.probe import probe
from lotus.models.facts import Facts, Task
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Prediction
from lotus.providers.replicate.outputs import file_addresses
from lotus.providers.replicate.provider import Replicate, facts_from_json, facts_to_json
from lotus.system.stop import Stop

__all__ = ["TASK_MODELS", "Pictures", "Sounds", "TaskModel", "Words"]

SHORT_FRACTION = Fraction(9, 10)  # less than this of the music that was asked for is not that music


class TaskModel(Replicate):
    """One such model: `request_for` says what is sent, its answer is a file with `suffix`."""

    crops_first_frame = False

    def request_for(self, facts: Facts, pictures: Mapping[str, str] | None = None) -> ClipRequest:
        """What is sent; a model that takes no system prompt reads it first. Raises InvalidInput."""
        if "system" in self.model.ignores and facts.system:
            facts = replace(facts, prompt=f"{facts.system}\n\n{facts.prompt}", system=None)
        return ClipRequest(
            provider=self.name,
            model=self.model.name,
            version=self.model.version or self.model.replicate,
            inputs=self.model.inputs(facts),
            width=1,
            height=1,
            fps=Fraction(1),
            frames=1,
            seed=facts.seed or 0,
            priced_by=facts_to_json(facts),
            pictures=dict(pictures or {}),
        )

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """Raises InvalidInput: there is no clip to be had."""
        raise InvalidInput(
            file="",
            field="model",
            reason=f"{self.model.name} is for {', '.join(self.model.tasks)}, it makes no clips",
            remedy="use a model of `lotus models --task text-to-video`",
        )

    def _download(self, prediction: Prediction, medium: str, target: Path, stop: Stop) -> None:
        """Fetch the file of a medium, whatever lies beside it in the output."""
        addresses = file_addresses(prediction.output, medium, others=True)
        if not addresses:
            reason = f"holds no {medium}"
            raise MediaError(file="the output", reason=reason, remedy="use another model")
        self.client.download(addresses[0], target, stop)


class Words(TaskModel):
    """A language model."""

    suffix = ".txt"

    def fetch(self, request: ClipRequest, prediction: Prediction, target: Path, stop: Stop) -> None:
        """The pieces of the answer, joined."""
        answer = "".join(prediction.output)
        if not answer.strip():
            raise MediaError(file="the answer", reason="is empty", remedy="ask again")
        target.write_text(answer, encoding="utf-8")


class Pictures(TaskModel):
    """A model that draws a picture, or makes one larger."""

    suffix = ".png"

    def fetch(self, request: ClipRequest, prediction: Prediction, target: Path, stop: Stop) -> None:
        """Download the picture and decode all of it."""
        from lotus.providers.photos import open_photo

        self._download(prediction, "image", target, stop)
        open_photo(target)


class Sounds(TaskModel):
    """A model that plays or speaks."""

    suffix = ".mp3"

    def fetch(self, request: ClipRequest, prediction: Prediction, target: Path, stop: Stop) -> None:
        """Download the sound; music lasts as long as it was asked to."""
        self._download(prediction, "audio", target, stop)
        media = probe(target)
        seconds = facts_from_json(request.priced_by).seconds
        reason = "" if media.has_audio else "has no sound"
        if seconds is not None and media.seconds < self.model.length(seconds) * SHORT_FRACTION:
            reason = f"lasts {float(media.seconds):.1f} s instead of {float(seconds):g}"
        if reason:
            raise MediaError(file="the output", reason=reason, remedy="make it again")


TASK_MODELS: Mapping[Task, type[TaskModel]] = {
    "language": Words,
    "text-to-image": Pictures,
    "upscale": Pictures,
    "music": Sounds,
    "speech": Sounds,
}
