"""Secrets of the environment and of `.env`, kept out of what is stored."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

__all__ = ["MASK", "redact", "secrets_here", "secrets_in"]

MASK = "[hidden]"
SECRET_NAME = re.compile(
    r"(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)$", re.I
)
SHORTEST = 6  # shorter values would blank out ordinary words


def secrets_here(folder: str = ".") -> tuple[str, ...]:
    """Those of this process: of its environment and, as lotus reads it, of the `.env` in its
    folder, and in the folder of a run.
    """
    from dotenv import dotenv_values

    files = {os.path.join(place, ".env") for place in (".", folder)}
    pairs = (pair for file in files for pair in dotenv_values(file).items())
    secrets = {secret for name, value in pairs if value for secret in secrets_in({name: value})}
    return _longest_first({*secrets_in(os.environ), *secrets})


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What must not be stored: values of variables named so, passwords in addresses; longest first.

    Also as they look in a repr, in JSON, in HTML and in an address.
    """
    values = {value for name, value in environ.items() if SECRET_NAME.search(name)}
    for value in environ.values():
        if "://" in value and "@" in value:
            values |= _password(value)
    return _longest_first(
        {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
    )


def _longest_first(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(values, key=len, reverse=True))


def _forms(value: str) -> set[str]:
    return {
        value,
        repr(value)[1:-1],
        json.dumps(value)[1:-1],
        html.escape(value),
        quote(value, safe=""),
    }


def _password(address: str) -> set[str]:
    try:
        password = urlsplit(address).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()


def redact(value: Any, secrets: tuple[str, ...]) -> Any:
    """The value without secrets; dictionaries and lists are changed in place."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in list(pairs):
        if isinstance(item, str | dict | list):
            value[key] = redact(item, secrets)
    return value
