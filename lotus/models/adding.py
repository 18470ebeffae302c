"""A model that is not in the catalogue, added to the user's own file; nothing there is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from lotus.errors import InvalidInput, LotusError, ProviderError
from lotus.models.catalog import read_catalog
from lotus.models.model import Model
from lotus.models.pricing import METRICS
from lotus.models.schema import compare, draft, to_toml

__all__ = ["Describing", "add_model", "check_model", "read_prices"]

NOTE = "written by `lotus models add` from the model's schema: look at it before it is used"


class Describing(Protocol):
    """An account that can be asked about models."""

    def describe(self, model: str, version: str | None = None) -> dict[str, Any]:
        """A model's page with its schema."""
        ...

    def deployed(self, deployment: str) -> tuple[str, str]:
        """The model and the version that a deployment runs."""
        ...


def read_prices(texts: list[str]) -> dict[str, str]:
    """Prices as people write them, `metric=0.05`; raises InvalidInput with the metrics."""
    prices: dict[str, str] = {}
    for text in texts:
        metric, _, usd = text.partition("=")
        if metric not in METRICS or not usd.replace(".", "", 1).isdigit():
            raise InvalidInput(
                file="",
                field="price",
                reason=f"'{text}' is not a price",
                remedy=f"write METRIC=USD, with one of {', '.join(METRICS)}",
            )
        prices[metric] = usd
    if not prices:
        raise InvalidInput(
            file="",
            field="price",
            reason="the API does not tell prices, and none is given",
            remedy="read it on the model's page and add --price METRIC=USD, such as "
            "--price video_output_duration_seconds=0.05",
        )
    return prices


def add_model(
    account: Describing, name: str, file: Path, prices: Mapping[str, str], today: date
) -> tuple[Model, str]:
    """Read a model's schema and append its table to a catalogue file; the model and the text.

    `name` is owner/name, owner/name:version, or a deployment's owner/name. Raises ProviderError,
    and InvalidInput for a file that would not be a catalogue with it.
    """
    replicate, _, version = name.partition(":")
    deployment: str | None = None
    try:
        document = account.describe(replicate, version or None)
    except ProviderError as error:
        if error.facts.get("kind") != "gone":
            raise
        deployment = replicate
        replicate, version = account.deployed(deployment)
        document = account.describe(replicate, version)
    table = draft(replicate, document, version or None, prices)
    if deployment is not None:
        table.pop("version", None)
        table["deployment"] = deployment
    page = f"https://replicate.com/{replicate}"
    table["sources"] = {"inputs": f"{page}/api/schema", "price": page, "checked": today}
    key = (deployment or replicate).rpartition("/")[2]
    text = to_toml(key, table, NOTE)
    _append(file, key, text)
    return read_catalog(file).model(key), text


def _append(file: Path, key: str, text: str) -> None:
    """Add a table to a file, as a whole or not at all."""
    if file.suffix != ".toml":
        raise InvalidInput(
            file=str(file),
            field="LOTUS_MODELS",
            reason="is not a TOML file",
            remedy="name a file that ends in .toml",
        )
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    if key in read_catalog(file if before else None).models:
        raise InvalidInput(
            file=str(file),
            field=f"models.{key}",
            reason="is in the catalogue already",
            remedy=f"change it there, or see it with `lotus models {key}`",
        )
    aside = file.with_name(f".{file.name}")
    aside.write_text(f"{before.rstrip()}\n\n{text}".lstrip(), encoding="utf-8")
    try:
        read_catalog(aside)
    except LotusError:
        aside.unlink()
        raise
    aside.replace(file)


def check_model(account: Describing, model: Model, today: date) -> list[str]:
    """What of a model's table is not so any more, in a line each."""
    try:
        document = account.describe(model.replicate, model.version)
    except ProviderError as error:
        if error.facts.get("kind") != "gone":
            raise
        return ["it is no longer on Replicate, or this account may not see it"]
    latest = document.get("latest_version") or {}
    return compare(model, latest.get("openapi_schema") or {}, today)
