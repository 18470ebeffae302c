"""Access: the token that viewers need, the read-only workspace of the server, the role that
reviews.
"""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from lotus.db import Database
from lotus.errors import InvalidInput, SettingsError
from lotus.settings import Settings
from lotus.workspace import Workspace, open_database

__all__ = ["access", "is_loopback", "read_workspace", "review_database"]

SHORTEST = 16  # characters of a token that somebody chose


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def access(host: str, token: str | None) -> str:
    """The token that viewers need: the one that was chosen, a new one beyond this machine, none on
    it.
    """
    if token:
        if len(token) < SHORTEST:
            reason = f"has fewer than {SHORTEST} characters"
            remedy = "leave it out, and one is made"
            raise InvalidInput(file="", field="token", reason=reason, remedy=remedy)
        return token
    return "" if is_loopback(host) else secrets.token_urlsafe(24)


def read_workspace() -> Workspace:
    """The environment's workspace, by the read-only address of the database if one is named."""
    settings = Settings.read()
    if settings.dashboard_database_url:
        settings = settings.model_copy(update={"database_url": settings.dashboard_database_url})
    return Workspace.open(settings)


def review_database(settings: Settings) -> Database:
    """Where reviews are written: by a role that can do no more, or into SQLite, which
    has no roles.
    """
    url = settings.review_database_url
    if url:
        return open_database(settings.model_copy(update={"database_url": url}))
    if settings.database.startswith("sqlite:"):
        return open_database(settings, prepare=True)
    raise SettingsError(
        name="LOTUS_REVIEW_DATABASE_URL",
        reason="is not set",
        remedy="make a role that may only add reviews: lotus db grant-reviews ROLE",
    )
