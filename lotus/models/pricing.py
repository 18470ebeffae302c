"""What a prediction costs: prices by what Replicate counts, and how much of it is
expected. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import Field

from lotus.documents.document import FrozenModel
from lotus.models.facts import Facts

__all__ = [
    "METRICS",
    "BillingMetric",
    "Price",
    "PricedModel",
    "Scalar",
    "is_count",
    "round_usd",
    "units",
]

MOST_UNITS = 10_000_000  # that one prediction is billed for; a metric above it is wrong
MICRO_USD = Decimal("0.000001")
Usd = Annotated[Decimal, Field(ge=0, decimal_places=12)]
Scalar = str | bool | int | float


class Price(FrozenModel):
    """US dollars for one unit of what a prediction's `metrics` count, if the inputs are so."""

    metric: str = Field(min_length=1)
    usd: Usd
    when: Mapping[str, Scalar] = Field(default={})

    def applies(self, inputs: Mapping[str, Any]) -> bool:
        """Whether a request with these inputs is billed so."""
        return all(inputs.get(name) == value for name, value in self.when.items())


class PricedModel(Protocol):
    """What estimating needs to know of a model."""

    @property
    def tokens_per_character(self) -> Decimal: ...
    @property
    def tokens_per_picture(self) -> Decimal: ...
    @property
    def typical_seconds(self) -> Decimal: ...
    @property
    def lengths(self) -> tuple[Fraction, ...]: ...
    def length(self, seconds: Fraction) -> Fraction:
        """Of the clip that it makes."""
        ...


def _tokens(model: PricedModel, facts: Facts) -> Decimal:
    characters = len(facts.prompt) + len(facts.system or "")
    pictures = len(facts.reference_images) * model.tokens_per_picture
    return (characters * model.tokens_per_character + pictures).to_integral_value(ROUND_HALF_UP)


def _seconds(model: PricedModel, facts: Facts) -> Decimal:
    seconds = facts.seconds or Fraction(0)
    length = model.length(seconds) if model.lengths else seconds
    return Decimal(length.numerator) / Decimal(length.denominator)


def _one(model: PricedModel, facts: Facts) -> Decimal:
    return Decimal(1)


class BillingMetric(NamedTuple):
    """Something that a bill counts: how its price is said, and how many of it a request should
    take.
    """

    expected: Callable[[PricedModel, Facts], Decimal]
    unit: str
    many: int = 1  # of which people say the price


METRICS: Mapping[str, BillingMetric] = {  # by the names in Replicate's predictions
    "video_output_duration_seconds": BillingMetric(_seconds, "s"),
    "audio_output_duration_seconds": BillingMetric(_seconds, "s"),
    "video_output_count": BillingMetric(_one, "video"),
    "image_output_count": BillingMetric(_one, "picture"),
    "audio_output_count": BillingMetric(_one, "track"),
    "generic_output_count": BillingMetric(_one, "run"),
    "character_input_count": BillingMetric(
        lambda _, facts: Decimal(len(facts.prompt)), "1k characters", 1000
    ),
    "token_input_count": BillingMetric(_tokens, "1M tokens in", 1_000_000),
    "token_output_count": BillingMetric(
        lambda _, facts: Decimal(facts.max_tokens or 0), "1M tokens out", 1_000_000
    ),
    "predict_time": BillingMetric(lambda model, _: model.typical_seconds, "s of hardware"),
}


def units(metric: str, metrics: Mapping[str, Any], model: PricedModel, facts: Facts) -> Decimal:
    """How much of it a prediction took, or should take if its metrics do not tell."""
    count = metrics.get(metric)
    if is_count(count):
        return Decimal(str(count))
    return METRICS[metric].expected(model, facts)


def is_count(value: Any) -> bool:
    """Whether a metric tells how much of something there was: a number that can be one."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and 0 <= value <= MOST_UNITS


def round_usd(amount_usd: Decimal) -> Decimal:
    """To a millionth of a dollar, half up."""
    return amount_usd.quantize(MICRO_USD, ROUND_HALF_UP)
