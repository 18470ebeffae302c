"""Hosted models of Replicate, by the catalogue, through the official client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lotus.models.facts import Task
    from lotus.providers.base import ProviderOptions
    from lotus.providers.replicate.pacer import RateState
    from lotus.providers.replicate.provider import Replicate

__all__ = ["configured"]


def configured(options: ProviderOptions) -> Replicate:
    """The model that is named, or the catalogue's default for clips; all models share
    one client.
    """
    from lotus.models.catalog import read_catalog
    from lotus.providers.replicate.client import CREATES_A_MINUTE, ReplicateClient
    from lotus.providers.replicate.provider import Replicate
    from lotus.providers.replicate.tasks import TASK_MODELS
    from lotus.providers.replicate.webhooks import PATH

    settings = options.settings
    catalog = options.once("catalog", lambda: read_catalog(settings.models))
    video: Task = "text-to-video"  # models for other tasks are looked up by those who need them
    model = catalog.model(options.model, likely=video) if options.model else catalog.default(video)
    client = options.once(
        "replicate",
        lambda: ReplicateClient(
            settings.replicate_api_token,
            base_url=settings.replicate_base_url,
            timeout_seconds=settings.replicate_timeout_seconds,
            max_retries=settings.replicate_max_retries,
            creates=_shared_pace(options, CREATES_A_MINUTE),
            webhook=f"{settings.webhook_url.rstrip('/')}{PATH}" if settings.webhook_url else None,
        ),
    )
    if model.tasks[0] in TASK_MODELS:
        return TASK_MODELS[model.tasks[0]](model, client, catalog=catalog)
    task: Task = "image-to-video" if "image-to-video" in model.tasks else "text-to-video"
    new_seeds = settings.replicate_new_seeds
    return Replicate(catalog.model(model.name, task), client, new_seeds, catalog)


def _shared_pace(options: ProviderOptions, creates_a_minute: float) -> RateState | None:
    """One pace of predictions for all processes with the same database: they use the
    same account.
    """
    if options.database is None:
        return None
    from lotus.providers.replicate.shared_rate import (
        SharedRate,  # loads the database, which not everybody has
    )

    return SharedRate(options.database, "replicate", creates_a_minute)
