"""The provider `replicate`: a scene told to a model of the catalogue, what it makes fitted to the
video.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.documents.brief import Brief
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, MediaError, ProviderError
from lotus.models.catalog import Catalog
from lotus.models.facts import Facts
from lotus.models.model import Model
from lotus.models.prompts import brief_facts, scene_facts, untaken
from lotus.providers.base import FRAME_MARK, ClipRequest, Tools
from lotus.providers.fitting import fit_clip
from lotus.providers.prediction import Prediction
from lotus.providers.replicate import outputs
from lotus.providers.replicate.client import ReplicateClient
from lotus.providers.replicate.faults import is_refusal
from lotus.providers.replicate.pictures import fill_pictures, reference_facts
from lotus.system.stop import Stop

__all__ = ["Replicate", "carries", "facts_from_json", "facts_to_json"]

SEEDS_APART = 7919  # those of scenes are neighbours
FILE_TYPES = ("uri", "uris")  # of inputs, which are files


class Replicate:
    """One model of the catalogue, called with one account."""

    name = "replicate"
    at_once = 1
    suffix = ".mp4"
    crops_first_frame = True

    def __init__(
        self,
        model: Model,
        client: ReplicateClient,
        new_seeds: int = 0,
        catalog: Catalog | None = None,
    ) -> None:
        self.model = model
        self.catalog = catalog or Catalog({model.name: model}, {})
        self.client = client
        self.new_seeds = new_seeds
        self.timeout_seconds = client.timeout_seconds
        self.max_retries = client.max_retries
        self.lengths = model.lengths
        self.sends_word = client.webhook is not None

    def __repr__(self) -> str:
        return f"Replicate({self.model.name!r}, {self.client!r})"

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """Made from what the model is sent; raises InvalidInput for what it would refuse."""
        width, height = storyboard.brief.size
        references, pictures = reference_facts(scene, storyboard, self.model, digest)
        facts = scene_facts(
            scene,
            storyboard,
            frames,
            **references,
            takes=self._taken_facts,
            more=self.model.open_facts,
        )
        return ClipRequest(
            provider=self.name,
            model=self.model.name,
            version=self.model.version or self.model.replicate,
            inputs=self.model.inputs(facts),
            width=width,
            height=height,
            fps=storyboard.brief.fps,
            frames=frames,
            seed=facts.seed or 0,
            new_seeds=self.new_seeds,
            priced_by=facts_to_json(facts),
            pictures=pictures,
        )

    @property
    def _taken_facts(self) -> frozenset[str]:
        """The facts that the model has inputs for."""
        return frozenset(one.fact for one in self.model.takes.values() if one.fact is not None)

    def untaken(self, scene: Scene, storyboard: Storyboard) -> tuple[str, ...]:
        """What the scene's direction says and the model cannot take, a line each."""
        exclusions = {
            one.fact
            for one in self.model.takes.values()
            if one.unless and getattr(scene, self.model.takes[one.unless].fact or "", None)
        }
        takes = self._taken_facts - exclusions
        missing = untaken(scene, takes)
        follows = "reference_images" in takes
        alone = [one.name for one in storyboard.cast_of(scene) if one.references and not follows]
        return (*missing, *(f"cast: it follows no pictures of {name}" for name in alone))

    def after(self, request: ClipRequest, key: str) -> ClipRequest:
        """Begun on the last frame of another clip, by an input of the model."""
        if not any(spec.fact == "first_frame" for spec in self.model.takes.values()):
            raise InvalidInput(
                file="",
                field="look.chained",
                reason=f"{self.model.name} takes no first frame",
                remedy="use a model of `lotus models --task image-to-video`, or do not chain the "
                "scenes",
            )
        mark = FRAME_MARK + key
        facts = replace(facts_from_json(request.priced_by), first_frame=mark)
        return replace(
            request,
            inputs=self.model.inputs(facts),
            priced_by=facts_to_json(facts),
            pictures={**request.pictures, mark: ""},
        )

    def tries(self, request: ClipRequest) -> tuple[ClipRequest, ...]:
        """Each with a seed of its own, which the model need not take: it is another prediction
        anyway.
        """
        return tuple(self._with_seed(request, nth) for nth in range(request.new_seeds + 1))

    def _with_seed(self, request: ClipRequest, nth: int) -> ClipRequest:
        if nth == 0:
            return replace(request, new_seeds=0)
        seed = (request.seed + nth * SEEDS_APART) % 2**31
        facts = replace(facts_from_json(request.priced_by), seed=seed)
        inputs = self.model.inputs(facts)
        priced_by = facts_to_json(facts)
        return replace(request, new_seeds=0, seed=seed, inputs=inputs, priced_by=priced_by)

    def price(self, request: ClipRequest) -> Decimal | None:
        """The cost that the catalogue expects, if it can tell."""
        facts = facts_from_json(request.priced_by)
        return self.model.price(facts) if self.model.knows_price(facts) else None

    def length_prices(self, brief: Brief) -> Mapping[Fraction, Decimal]:
        """What a clip of each length costs, in the brief's shape and size."""
        return self.model.length_prices(brief_facts(brief))

    def check_orderable(self) -> None:
        """Raise InvalidInput for a model that is retired, or has no price."""
        self.model.check_orderable()

    def ready(self) -> None:
        """Ask for the account: the token is tried before anything else is."""
        self.client.account()

    def account(self) -> str:
        """The account's name, as the first answer gave it."""
        return self.client.account_name

    def create(self, request: ClipRequest, stop: Stop) -> Prediction:
        """Create a prediction: one request."""
        inputs = self._inputs(request)
        model = self.model
        return self.client.create(
            model.replicate, model.version, inputs, stop, deployment=model.deployment
        )

    def _inputs(self, request: ClipRequest) -> dict[str, Any]:
        """The inputs as they are sent, pictures in place of their marks.

        A model that begins on a picture serves the picture's shape: it is cropped to the video's.
        """
        begins = {name for name, one in self.model.takes.items() if one.fact == "first_frame"}
        shape = Fraction(request.width, request.height) if self.crops_first_frame else None
        return {
            name: fill_pictures(value, request.pictures, shape if name in begins else None)
            for name, value in request.inputs.items()
        }

    def get(self, prediction_id: str, stop: Stop) -> Prediction:
        """How it stands."""
        return self.client.get(prediction_id, stop)

    def find(self, request: ClipRequest, since: datetime, stop: Stop) -> list[Prediction]:
        """Predictions since then that echo these inputs: the API carries no mark of ours, but all
        inputs.
        """
        return [one for one in self.history(since, stop) if self.made_from(request, one, stop)]

    def history(self, since: datetime, stop: Stop) -> list[Prediction]:
        """All predictions of the account since then, oldest first."""
        return list(reversed(self.client.since(since, stop)))

    def made_from(self, request: ClipRequest, prediction: Prediction, stop: Stop) -> bool:
        """Whether a prediction echoes these inputs; files are compared by what they hold.

        An hour later inputs are deleted; what the model was asked then may have been this.
        """
        if not carries(prediction, self.model, request.inputs):
            return False
        files = [name for name in request.inputs if self.model.takes[name].type in FILE_TYPES]
        if prediction.removed or not files:
            return True
        try:
            inputs = self._inputs(request)
        except ProviderError:  # our picture is gone: nothing can be compared with it
            return False
        return all(
            self.client.digests(prediction.input.get(name), stop)
            == self.client.digests(inputs[name], stop)
            for name in files
        )

    def charge(self, prediction: Prediction) -> tuple[str, Decimal | None]:
        """By the catalogue, from what the prediction says of itself alone."""
        model = self.catalog.hosted(prediction.model, prediction.input)
        if model is None:
            return prediction.model or "unknown", None
        return model.name, model.charged(prediction)

    def cancel(self, prediction_id: str, stop: Stop) -> Prediction:
        """Ask for its end."""
        return self.client.cancel(prediction_id, stop)

    def billed(self, request: ClipRequest, prediction: Prediction) -> Decimal:
        """By the metrics and the catalogue's price; what did not succeed costs what it is known to
        have used.

        (An aborted prediction is free, one that was canceled or failed is paid for the time that it
        ran:
        replicate.com/docs/topics/predictions/lifecycle.)
        """
        metrics: Mapping[str, Any] = prediction.metrics
        if prediction.status != "succeeded":
            metrics = {**{price.metric: 0 for price in self.model.prices}, **metrics}
        return self.model.billed(metrics, facts_from_json(request.priced_by))

    def refuses(self, prediction: Prediction) -> bool:
        """Whether the model said no."""
        return is_refusal(prediction.error)

    def fetch(self, request: ClipRequest, prediction: Prediction, target: Path, stop: Stop) -> None:
        """Download the clip, whatever lies beside it in the output, and look at all of it."""
        addresses = outputs.file_addresses(prediction.output, "video")
        if not addresses:
            raise MediaError(file="the output", reason="holds no video", remedy="use another model")
        for address in addresses[:-1]:
            with suppress(MediaError):
                self._download_clip(address, target, stop)
                return
        self._download_clip(addresses[-1], target, stop)

    def _download_clip(self, address: str, target: Path, stop: Stop) -> None:
        """A clip that breaks off is fetched again: the line may have broken, and not the model."""
        self.client.download(address, target, stop)
        if not outputs.is_whole(target):
            self.client.download(address, target, stop)
        outputs.check_clip(target)

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Fit what the model made to the video's size, rate and frames."""
        fit_clip(request, output, tools)


def carries(prediction: Prediction, model: Model, inputs: Mapping[str, Any]) -> bool:
    """Whether a prediction was created from these inputs. Replicate may add inputs, and rewrites
    files.
    """
    if prediction.removed:
        return prediction.model == model.replicate
    return all(
        _alike(prediction.input.get(name), value)
        for name, value in inputs.items()
        if model.takes[name].type not in FILE_TYPES
    )


def _alike(echo: Any, value: Any) -> bool:
    return bool(echo == value) and isinstance(echo, bool) == isinstance(value, bool)


_FRACTIONS = ("seconds", "fps", "scale")


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """The facts that were said, as JSON-able data; fractions as text."""
    values = {name: value for name, value in facts.__dict__.items() if value not in (None, (), {})}
    return {name: str(value) if name in _FRACTIONS else value for name, value in values.items()}


def facts_from_json(document: Mapping[str, Any]) -> Facts:
    """What `facts_to_json` wrote."""
    facts: dict[str, Any] = dict(document)
    facts |= {name: Fraction(document[name]) for name in _FRACTIONS if name in document}
    facts["reference_images"] = tuple(facts.get("reference_images", ()))
    return Facts(**facts)
