"""Replicate: a token is needed only for hosted models."""

from __future__ import annotations

import re

from lotus.checks.base import Finding
from lotus.settings import Settings

__all__ = ["token"]


def token(settings: Settings) -> Finding:
    """The token, if one is set, has the form of one; it is never shown."""
    secret = settings.replicate_api_token
    if secret is None or not secret.get_secret_value():
        return Finding("skip", "REPLICATE_API_TOKEN is not set; the animatic and footage providers need none")
    if not re.fullmatch(r"r8_[A-Za-z0-9]{37,}", secret.get_secret_value()):
        return Finding(
            "fail",
            "REPLICATE_API_TOKEN does not look like a token (r8_ and 37 letters or digits)",
            "copy it again from replicate.com/account/api-tokens into .env",
        )
    return Finding("ok", "REPLICATE_API_TOKEN is set and has the form of a token")
