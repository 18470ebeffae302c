"""Replicate: a token is needed only for hosted models, and is tried if there is one."""

from __future__ import annotations

import re

from lotus.checks.base import Finding
from lotus.errors import InvalidToken, ProviderError
from lotus.settings import Settings

__all__ = ["token"]

ANSWER_SECONDS = 5.0


def token(settings: Settings) -> Finding:
    """The token, if one is set, has the form of one and opens an account; it is never shown."""
    secret = settings.replicate_api_token
    if secret is None or not secret.get_secret_value():
        return Finding(
            "skip", "REPLICATE_API_TOKEN is not set; the animatic and footage providers need none"
        )
    if not re.fullmatch(r"r8_[A-Za-z0-9]{37,}", secret.get_secret_value()):
        return Finding(
            "fail",
            "REPLICATE_API_TOKEN does not look like a token (r8_ and 37 letters or digits)",
            "copy it again from replicate.com/account/api-tokens into .env",
        )
    return _account(settings)


def _account(settings: Settings) -> Finding:
    from lotus.providers.replicate.client import ReplicateClient

    client = ReplicateClient(
        settings.replicate_api_token,
        base_url=settings.replicate_base_url,
        max_retries=0,
        answer_seconds=ANSWER_SECONDS,
    )
    try:
        return Finding("ok", f"REPLICATE_API_TOKEN is that of the account {client.account()}")
    except InvalidToken as error:
        return Finding("fail", error.message, error.remedy)
    except ProviderError as error:
        return Finding("warn", f"REPLICATE_API_TOKEN was not tried: {error.message}", error.remedy)
