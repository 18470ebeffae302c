"""A model of Replicate, declared as data: what it takes, makes and costs.

A scene's facts go in; the inputs to send, their price and the length of the clip come out, all from
the same declaration, so that an estimate cannot disagree with the request that is sent. No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from lotus.documents.brief import AspectRatio
from lotus.documents.document import FrozenModel
from lotus.documents.numbers import fraction
from lotus.documents.scene import Scene
from lotus.errors import InvalidInput
from lotus.models.facts import FACTS, Fact, Facts, Task
from lotus.models.pricing import METRICS, Price, Scalar, is_count, round_usd, units

__all__ = ["FactSources", "Input", "Lengths", "MeteredPrediction", "Model"]


def _exact(value: Any) -> Any:
    """Numbers as fractions by what is written: 0.1 is a tenth."""
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return fraction(value) if plain else value


Number = Annotated[Fraction, BeforeValidator(_exact), PlainSerializer(float, return_type=float)]


class Lengths(FrozenModel):
    """The lengths that a model can make, in seconds: from, to and step, or only these."""

    from_: Number | None = Field(default=None, alias="from", gt=0)
    to: Number | None = Field(default=None, gt=0)
    step: Number | None = Field(default=None, gt=0)
    only: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _in_one_form(self) -> Lengths:
        count = sum(part is not None for part in (self.from_, self.to, self.step))
        if count != (0 if self.only else 3):
            raise ValueError("write { from, to, step } or { only = [5, 10] }")
        return self

    @cached_property
    def all(self) -> tuple[Fraction, ...]:
        """Every length, shortest first."""
        if self.from_ is None or self.to is None or self.step is None:
            return tuple(sorted(self.only))
        return tuple(
            self.from_ + i * self.step for i in range(int((self.to - self.from_) / self.step) + 1)
        )


_PYTHON: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "uri": str,
    "uris": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class Input(FrozenModel):
    """One input of a model: its type and limits, and where its value comes from."""

    type: Literal["string", "uri", "uris", "boolean", "integer", "number"]
    fact: str | None = None  # one of `lotus.models.facts.Fact`, or a field of a scene
    value: Scalar | None = None
    required: bool = False
    enum: tuple[str | int, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    times: Number = Fraction(1)
    unless: str | None = None  # the input beside which the model does not take this one
    as_: Mapping[str, Scalar] = Field(default={}, alias="as")

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> Input:
        if (self.fact is None) == (self.value is None):
            raise ValueError("has either a fact or a value")
        if self.value is not None and (wrong := self.wrong(self.value)) is not None:
            raise ValueError(wrong)
        return self

    def of(self, fact: Any) -> Any:
        """A fact, as this input takes it."""
        if self.as_:
            return self.as_.get(str(fact), fact)
        if self.type == "uris":
            return list(fact)
        if self.type in ("integer", "number"):
            number = Fraction(fact) * self.times
            return int(number) if number.denominator == 1 else float(number)
        return fact

    def wrong(self, value: Any) -> str | None:
        """Why the model would refuse the value, if it would."""
        flag = isinstance(value, bool) and self.type != "boolean"
        if flag or not isinstance(value, _PYTHON[self.type]):
            return f"{value!r} is not a valid {self.type}"
        return self._outside(value)

    def _outside(self, value: Any) -> str | None:
        if self.enum and value not in self.enum:
            return f"{value!r} is not one of {', '.join(map(str, self.enum))}"
        if self.minimum is not None and value < self.minimum:
            return f"{value} is less than {float(self.minimum):g}"
        if self.maximum is not None and value > self.maximum:
            return f"{value} is more than {float(self.maximum):g}"
        return None


class FactSources(FrozenModel):
    """Where the facts are from, the day of the copy that was read, and what could not
    be confirmed.
    """

    inputs: str = ""
    price: str = ""
    checked: date | None = None
    confirmed: bool = False
    note: str = ""


class MeteredPrediction(Protocol):
    """What a provider tells of a prediction, as far as it is billed."""

    @property
    def status(self) -> str: ...
    @property
    def input(self) -> Mapping[str, Any]: ...
    @property
    def metrics(self) -> Mapping[str, Any]: ...
    @property
    def removed(self) -> bool: ...


class Model(FrozenModel):
    """One entry of the catalogue."""

    name: str
    replicate: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    official: bool = False
    deployment: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    version: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    tasks: tuple[Task, ...] = Field(min_length=1)
    about: str = ""
    seconds: Lengths | None = None
    aspect_ratios: tuple[AspectRatio, ...] = ()
    fps: float | None = Field(default=None, gt=0)  # of the clips it makes, where that is known
    prompt_chars: int | None = Field(default=None, gt=0)
    takes: Mapping[str, Input] = Field(min_length=1)
    ignores: tuple[str, ...] = ()
    prices: tuple[Price, ...]  # none: nobody knows them
    retired: str = ""  # since when, and what to use instead
    tokens_per_character: Decimal = Field(default=Decimal(1), gt=0)
    tokens_per_picture: Decimal = Field(default=Decimal(0), ge=0)  # that a language model reads
    typical_seconds: Decimal = Field(default=Decimal(0), ge=0)  # of hardware, for one prediction
    licence: str = ""
    speed: str = ""
    sources: FactSources = FactSources()

    @model_validator(mode="after")
    def _is_complete(self) -> Model:
        if [self.official, self.version is not None, self.deployment is not None].count(True) != 1:
            raise ValueError(
                "version: pin one, or write official = true, or name a deployment; a model has one "
                "of them"
            )
        facts = {spec.fact for spec in self.takes.values()} | set(self.ignores)
        names = {*Fact.__args__, *Scene.model_fields}  # type: ignore[attr-defined]
        strange = sorted(fact for fact in facts if fact is not None and fact not in names)
        if strange:
            near = get_close_matches(strange[0], names, 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise ValueError(f"takes: no scene has a fact '{strange[0]}'{hint}")
        unsaid = [fact for fact in FACTS[self.tasks[0]] if fact not in facts]
        if unsaid:
            raise ValueError(
                f"takes: no input has the fact {unsaid[0]}; map it, or name it in ignores"
            )
        if "seconds" in facts and "seconds" not in self.ignores and self.seconds is None:
            raise ValueError("seconds: list the lengths that it can make")
        alone = [
            spec.unless for spec in self.takes.values() if spec.unless not in (None, *self.takes)
        ]
        if alone:
            raise ValueError(f"takes: there is no input '{alone[0]}' to replace it")
        unknown_metrics = [price.metric for price in self.prices if price.metric not in METRICS]
        if unknown_metrics:
            raise ValueError(
                f"prices: no metric is called '{unknown_metrics[0]}' ({', '.join(METRICS)})"
            )
        return self

    @property
    def open_facts(self) -> tuple[str, ...]:
        """The facts that its inputs name and that are fields of the scene."""
        own = set(Fact.__args__)  # type: ignore[attr-defined]
        facts = (spec.fact for spec in self.takes.values())
        return tuple(fact for fact in facts if fact is not None and fact not in own)

    @property
    def lengths(self) -> tuple[Fraction, ...]:
        """Seconds of the clips it can make, shortest first; empty if it makes none."""
        return self.seconds.all if self.seconds is not None else ()

    def length(self, seconds: Fraction) -> Fraction:
        """The shortest length it can make that is no shorter; raises InvalidInput if
        there is none.
        """
        long_enough = next((length for length in self.lengths if length >= seconds), None)
        if long_enough is None:
            most = f"{float(max(self.lengths, default=Fraction(0))):g} s"
            reason = f"{float(seconds):g} s is more than the {most} it makes"
            remedy = f"make the scene {most} or shorter, or use another model"
            raise self._refusal("duration_seconds", reason, remedy)
        return long_enough

    def check_orderable(self) -> None:
        """Raise InvalidInput for a model that is retired, or of which nobody knows a price."""
        if self.retired:
            raise self._refusal("retired", self.retired, "use another model: `lotus models`")
        if not self.prices:
            remedy = (
                f"read its price on {self.sources.price or 'its page'} and write it into the file "
                f"of LOTUS_MODELS: [models.{self.name}] prices = [...]"
            )
            raise self._refusal("prices", "its price is unknown", remedy)

    def length_prices(self, facts: Facts) -> dict[Fraction, Decimal]:
        """What a clip of each length costs, by seconds: US dollars, or the seconds themselves where
        nobody knows the price, so that the shortest count as the cheapest.
        """
        names = {one.fact for one in self.takes.values()}
        first_frame = "sha256:" if "first_frame" in names else None
        clips = {
            length: replace(facts, prompt="a scene", seconds=length, first_frame=first_frame)
            for length in self.lengths
        }
        try:
            if all(self.knows_price(clip) for clip in clips.values()):
                return {length: self.price(clip) for length, clip in clips.items()}
        except InvalidInput:  # it is said, with the scene's number, when the clip is asked for
            pass
        return {length: Decimal(length.numerator) / length.denominator for length in clips}

    def inputs(self, facts: Facts) -> dict[str, Any]:
        """What is sent for these facts; raises InvalidInput for what the model would refuse."""
        self._check(facts)
        payload: dict[str, Any] = {}
        for name, spec in self.takes.items():
            value = spec.value if spec.fact is None else self._value_of(spec, facts)
            fact = spec.fact or name
            if value is None:
                if spec.required:
                    raise self._refusal(
                        fact, "the model needs one", _MISSING.get(fact, f"give a {fact}")
                    )
            elif (wrong := spec.wrong(value)) is not None:
                reason = wrong if name == fact else f"{name}: {wrong}"
                raise self._refusal(fact, reason, "change it, or use another model")
            else:
                payload[name] = value
        return {
            name: value for name, value in payload.items() if self.takes[name].unless not in payload
        }

    def price(self, facts: Facts) -> Decimal:
        """US dollars that a prediction for these facts is expected to cost, rounded as
        `billed` is.
        """
        return self.billed({}, facts)

    def knows_price(self, facts: Facts) -> bool:
        """Whether `price` is more than a guess of nothing: each metric that is billed has an
        expected amount.
        """
        payload = self.inputs(facts)
        prices = [price for price in self.prices if price.applies(payload) and price.usd]
        return bool(self.prices) and all(
            units(price.metric, {}, self, facts) > 0 for price in prices
        )

    def billed(self, metrics: Mapping[str, Any], facts: Facts) -> Decimal:
        """US dollars for a prediction with these metrics; what they do not tell is as estimated.

        Rounded half up to a millionth of a dollar, once, at the end.
        """
        payload = self.inputs(facts)
        prices = [price for price in self.prices if price.applies(payload)]
        if not prices:
            raise self._refusal(
                "prices", f"none of its prices applies to {payload}", "add one without `when`"
            )
        total = sum(
            (price.usd * units(price.metric, metrics, self, facts) for price in prices), Decimal(0)
        )
        return round_usd(total)

    def agreement(self, inputs: Mapping[str, Any]) -> int:
        """How many of the values that it always sends are among the inputs, less those
        that differ.
        """
        constants = {name: one.value for name, one in self.takes.items() if one.value is not None}
        names = [name for name in constants if name in inputs]
        return sum(1 if inputs[name] == constants[name] else -1 for name in names)

    def charged(self, prediction: MeteredPrediction) -> Decimal | None:
        """US dollars for a prediction of which nothing is known but what it says of itself.

        None if that does not tell: its inputs are deleted and decide on the price, or it succeeded
        without a metric that is billed.
        """
        conditions = {name for price in self.prices for name in price.when}
        if prediction.removed and conditions:
            return None
        prices = [price for price in self.prices if price.applies(prediction.input)]
        metrics = prediction.metrics
        if prediction.status != "succeeded":
            metrics = {**{price.metric: 0 for price in prices}, **metrics}
        if not prices or not all(is_count(metrics.get(price.metric)) for price in prices):
            return None if prediction.status == "succeeded" else Decimal(0)
        total = sum(
            (price.usd * Decimal(str(metrics[price.metric])) for price in prices), Decimal(0)
        )
        return round_usd(total)

    def _value_of(self, spec: Input, facts: Facts) -> Any:
        fact = facts.of(spec.fact or "")
        if fact in (None, "", ()):
            return None
        return spec.of(self.length(fact) if spec.fact == "seconds" else fact)

    def _check(self, facts: Facts) -> None:
        shape = facts.aspect_ratio
        chars = len(facts.prompt)
        if shape is not None and self.aspect_ratios and shape not in self.aspect_ratios:
            reason = f"{shape} is not one of {', '.join(self.aspect_ratios)}"
            raise self._refusal("aspect_ratio", reason, "change it, or use another model")
        if self.prompt_chars is not None and chars > self.prompt_chars:
            reason = f"{chars} characters are more than the {self.prompt_chars} it takes"
            raise self._refusal("prompt", reason, "write a shorter text")

    def _refusal(self, field: str, reason: str, remedy: str) -> InvalidInput:
        return InvalidInput(file=f"model {self.name}", field=field, reason=reason, remedy=remedy)


_MISSING = {"first_frame": "give the brief a reference picture, or use a text-to-video model"}
