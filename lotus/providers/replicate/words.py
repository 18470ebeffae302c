"""Language models of Replicate: a question becomes a prediction like any other, its answer a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from lotus.errors import InvalidInput, MediaError
from lotus.facts import Facts
from lotus.ffmpeg import Stop
from lotus.providers.base import ClipRequest
from lotus.providers.hosted import Prediction
from lotus.providers.replicate.provider import Replicate, facts_to_json
from lotus.storyboard import Scene, Storyboard

__all__ = ["Words"]


class Words(Replicate):
    """One language model. It makes no clips; `question` is what it is asked."""

    suffix = ".txt"

    def question(self, facts: Facts) -> ClipRequest:
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
            seed=0,
            priced_by=facts_to_json(facts),
        )

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """Raises InvalidInput: there is no clip to be had."""
        raise InvalidInput(
            file="",
            field="model",
            reason=f"{self.model.name} writes, it makes no clips",
            remedy="use a model of `lotus models --task text-to-video`",
        )

    def fetch(self, request: ClipRequest, prediction: Prediction, target: Path, stop: Stop) -> None:
        """The pieces of the answer, joined."""
        answer = "".join(prediction.output)
        if not answer.strip():
            raise MediaError(file="the answer", reason="is empty", remedy="ask again")
        target.write_text(answer, encoding="utf-8")
