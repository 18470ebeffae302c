"""What a provider is whose work is done elsewhere and paid by the prediction.

Such a provider only speaks to the other side. That each prediction is wanted once, is within the
budget, is found again after a crash and is paid once is seen to by `lotus.generation.predictions`,
for all alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from lotus.documents.brief import Brief
from lotus.errors import ProviderError
from lotus.providers.base import ClipRequest, Provider, Tools
from lotus.system.stop import Stop

__all__ = [
    "ENDED",
    "Auditable",
    "Chaining",
    "Fault",
    "HostedProvider",
    "Prediction",
    "PredictionProvider",
    "Status",
    "SupportsLengthPrices",
    "SupportsOrderCheck",
    "fault",
    "missing_members",
]

Status = Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
ENDED: tuple[Status, ...] = ("succeeded", "failed", "canceled", "aborted")

Fault = Literal[
    "refused",  # the other side will not do this, now or later: nothing was created
    "busy",  # it asks to come back later: nothing was created
    "unreachable",  # it was never reached: nothing was created
    "unclear",  # it may have done what it was asked to; whether it has must be looked up
    "gone",  # what was asked for is not there (any more)
]


def fault(error: ProviderError) -> Fault:
    """What kind of fault an error is."""
    kind: Fault = error.facts.get("kind", "refused")
    return kind


@dataclass(frozen=True)
class Prediction:
    """A prediction as the provider tells it."""

    id: str
    status: Status
    model: str = ""  # by the provider's name
    input: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None
    output: tuple[str, ...] = ()  # addresses of files, or pieces of text
    metrics: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None  # that it took from its creation on, if it succeeded
    error: str = ""
    removed: bool = False  # inputs and outputs were deleted on the other side
    source: str = "api"  # or web, if somebody made it by hand

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in ENDED


@runtime_checkable
class PredictionProvider(Provider, Protocol):
    """A provider that is paid. Its `make` fits what was made, at `request.source`, to the video's
    frames.

    Calls raise ProviderError with the kind of fault; those that only look are repeated before they
    do.
    """

    timeout_seconds: float  # for a whole prediction
    max_retries: int
    lengths: tuple[Fraction, ...]  # of the clips that it can make, in seconds; none are any
    suffix: str  # of the files that it makes, such as .mp4
    sends_word: bool  # of the end of predictions, to the service: then it is hardly asked

    def ready(self) -> None:
        """Raise SettingsError or ProviderError, before any work, if the account cannot be used."""
        ...

    def account(self) -> str:
        """The name of the account that pays, which is asked for once; empty if there is no such
        thing.
        """
        ...

    def tries(self, request: ClipRequest) -> tuple[ClipRequest, ...]:
        """What is asked for in turn until one works: the request, then as many new seeds as it
        allows.
        """
        ...

    def create(self, request: ClipRequest, stop: Stop) -> Prediction:
        """Create a prediction: asked once, never repeated in here."""
        ...

    def get(self, prediction_id: str, stop: Stop) -> Prediction:
        """How it stands."""
        ...

    def find(self, request: ClipRequest, since: datetime, stop: Stop) -> list[Prediction]:
        """Predictions created since then from just these inputs, oldest first."""
        ...

    def cancel(self, prediction_id: str, stop: Stop) -> Prediction:
        """Ask for its end, and say how it stands."""
        ...

    def billed(self, request: ClipRequest, prediction: Prediction) -> Decimal:
        """US dollars for a prediction that has ended."""
        ...

    def refuses(self, prediction: Prediction) -> bool:
        """Whether a failed prediction failed because of what was asked for, so that it would fail
        again.
        """
        ...

    def fetch(self, request: ClipRequest, prediction: Prediction, target: Path, stop: Stop) -> None:
        """Put what was made into a file and check it against what was asked for.

        Raises ProviderError `gone` if it is there no longer, MediaError if it is not what was asked
        for.
        """
        ...


class HostedProvider:
    """The parts of `PredictionProvider` that are alike for most providers, to be inherited.

    What remains is what only the provider knows: `name`, `request`, `price`, and the calls
    `create`, `get`, `find`, `cancel`, `billed` and `fetch`.
    """

    name: str
    at_once = 1
    timeout_seconds: float = 600.0
    max_retries = 5
    lengths: tuple[Fraction, ...] = ()
    suffix = ".mp4"
    sends_word = False

    def ready(self) -> None:
        """Nothing to look at before any work."""

    def account(self) -> str:
        """There is one account."""
        return ""

    def tries(self, request: ClipRequest) -> tuple[ClipRequest, ...]:
        """The request, and no new seeds."""
        return (request,)

    def refuses(self, prediction: Prediction) -> bool:
        """A prediction that failed may work when it is asked for again."""
        return False

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Fit the clip at `request.source` to the video's size, rate and frames."""
        from lotus.providers.fitting import fit_clip

        fit_clip(request, output, tools)


def missing_members(provider: object) -> tuple[str, ...]:
    """The members of `PredictionProvider` that a provider lacks, in the order of their names."""
    members = {name for name in dir(PredictionProvider) if not name.startswith("_")} | set(
        PredictionProvider.__annotations__
    )
    members |= {name for name in dir(Provider) if not name.startswith("_")}
    return tuple(sorted(name for name in members if not hasattr(provider, name)))


@runtime_checkable
class Auditable(Protocol):
    """A provider that lists what its account has made, so that the ledger can be compared."""

    def history(self, since: datetime, stop: Stop) -> list[Prediction]:
        """All predictions of the account since then, oldest first, whoever created them."""
        ...

    def made_from(self, request: ClipRequest, prediction: Prediction, stop: Stop) -> bool:
        """Whether a prediction was created from just these inputs."""
        ...

    def charge(self, prediction: Prediction) -> tuple[str, Decimal | None]:
        """The model as the ledger calls it, and US dollars for a prediction that has ended; None if
        they are not known.
        """
        ...


@runtime_checkable
class SupportsOrderCheck(Protocol):
    """A provider that may refuse an order before anything is asked of the other side."""

    def check_orderable(self) -> None:
        """Raise InvalidInput if nothing may be ordered."""
        ...


@runtime_checkable
class SupportsLengthPrices(Protocol):
    """A provider that can tell the price of a clip before there is a storyboard."""

    def length_prices(self, brief: Brief) -> Mapping[Fraction, Decimal]:
        """What a clip of each length costs, by seconds; of the lengths that it makes."""
        ...


@runtime_checkable
class Chaining(Protocol):
    """A provider whose clips can begin where others end."""

    def after(self, request: ClipRequest, key: str) -> ClipRequest:
        """The same clip, begun on the last frame of the clip with this key; raises InvalidInput if
        it cannot.

        That frame is not there yet: `request.pictures` is to say where it lies before the clip is
        made.
        """
        ...
