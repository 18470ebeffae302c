"""Who somebody is, and what they may do: the one place that decides it.

Whoever has proof of somebody hands it here: the secret of a token, or claims that an identity
provider signed (in a sign-in by OIDC, or in a header of a load balancer) and that were verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lotus.errors import SettingsError
from lotus.server.tokens import GRANTS, Token

__all__ = ["PERSON", "Caller", "PeopleRules", "caller_of_claims", "caller_of_token"]

ANYBODY = "*"
PERSON = "person:"
LONGEST_MAIL = 57  # what columns of ids take beside the prefix


@dataclass(frozen=True)
class Caller:
    """Somebody who is known; `id` is of a token, or `person:` and a mail address."""

    id: str
    name: str
    scope: str

    def allows(self, action: str) -> bool:
        """Whether they may read, see what others made, review or write."""
        return action in GRANTS[self.scope]


@dataclass(frozen=True)
class PeopleRules:
    """Which scope people have, by mail address: `ada@example.com`, or `*@example.com`."""

    scopes: Mapping[str, str]

    @classmethod
    def read(cls, text: str) -> PeopleRules:
        """From `ada@example.com=all, *@example.com=read`; raises SettingsError."""
        scopes: dict[str, str] = {}
        for part in filter(None, map(str.strip, text.split(","))):
            who, _, scope = part.partition("=")
            if "@" not in who or scope.strip() not in GRANTS:
                raise SettingsError(
                    name="LOTUS_PEOPLE",
                    reason=f"'{part[:60]}' is not a rule",
                    remedy=f"write ada@example.com=all, *@example.com=read; {', '.join(GRANTS)}",
                )
            scopes[_fold_case(who)] = scope.strip()
        return cls(scopes)

    def scope_of(self, mail: str) -> str | None:
        """The scope of a person: by the whole address, else by its domain."""
        whole = _fold_case(mail)
        domain = whole.rpartition("@")[2]
        return self.scopes.get(whole, self.scopes.get(f"{ANYBODY}@{domain}"))

    def caller(self, mail: str, name: str = "") -> Caller | None:
        """The person with a mail address, if a rule names it."""
        scope = self.scope_of(mail)
        whole = _fold_case(mail)
        if scope is None or len(whole) > LONGEST_MAIL:
            return None
        return Caller(f"{PERSON}{whole}", (name or whole)[:80], scope)


def _fold_case(mail: str) -> str:
    """A mail address in small letters; others than ASCII stay as they are, for some of them become
    ASCII (the Kelvin sign is another's K), and then one person would be another.
    """
    plain = mail.strip()
    return plain.lower() if plain.isascii() else plain


def caller_of_token(token: Token) -> Caller:
    """The owner of a token that is valid."""
    return Caller(token.id, token.name, token.scope)


def caller_of_claims(claims: Mapping[str, Any], rules: PeopleRules) -> Caller | None:
    """The person of verified claims; None where no rule names them.

    The address counts only where the provider says that it is the person's own
    (OpenID Connect Core 1.0, 5.1: `email_verified`).
    """
    mail = claims.get("email")
    verified = claims.get("email_verified") in (True, "true")
    if not isinstance(mail, str) or mail.count("@") != 1 or not verified:
        return None
    return rules.caller(mail, str(claims.get("name") or ""))
