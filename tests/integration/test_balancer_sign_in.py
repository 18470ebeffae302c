"""Sign-in at a load balancer of AWS: its header is believed, others' are not."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lotus.errors import SettingsError
from lotus.server.identity import PeopleRules
from lotus.settings import Settings
from tests.balancing import ARN, Balancer, serving_keys

pytest.importorskip("voila")

from dashboards.server import service_pages
from dashboards.server.balancer import HEADER, BalancerSignIn
from dashboards.server.single_sign_on import SignInFailed

ADA = {"sub": "1", "email": "Ada@Studio.example", "email_verified": "true", "name": "Ada"}
RULES = PeopleRules.read("ada@studio.example=all")


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    with serving_keys() as one:
        yield one


def _sign_in(balancer: Balancer) -> BalancerSignIn:
    return BalancerSignIn(ARN, RULES, balancer.url)


def test_whoever_signed_in_at_the_load_balancer_is_who_the_rules_say(balancer: Balancer) -> None:
    sign_in = _sign_in(balancer)
    for _ in range(3):
        caller = asyncio.run(sign_in.caller(balancer.header(ADA)))
        assert caller is not None
        assert (caller.id, caller.scope) == ("person:ada@studio.example", "all")
    assert balancer.asked == [balancer.kid], "a key is read once"
    eve = {**ADA, "email": "eve@elsewhere.example"}
    assert asyncio.run(sign_in.caller(balancer.header(eve))) is None
    unverified = {**ADA, "email_verified": "false"}
    assert asyncio.run(sign_in.caller(balancer.header(unverified))) is None


def _spoilt(header: str, index: int, part: dict[str, Any]) -> str:
    parts = header.split(".")
    parts[index] = base64.urlsafe_b64encode(json.dumps(part).encode()).decode()
    return ".".join(parts)


CHEATS: dict[str, tuple[Callable[[Balancer], str], str]] = {
    "another signer": (
        lambda one: one.header(ADA, signer=ARN.replace("123456789012", "999999999999")),
        "another load balancer",
    ),
    "no signer": (lambda one: one.header(ADA, signer=None), "another load balancer"),
    "expired": (lambda one: one.header(ADA, exp=int(time.time()) - 3600), "expired"),
    "no expiry": (lambda one: one.header(ADA, exp=None), "expired"),
    "expiry as text": (lambda one: one.header(ADA, exp="9999999999"), "expired"),
    "another key": (
        lambda one: Balancer(kid=one.kid).header(ADA),
        "the signature is not of the load balancer",
    ),
    "other claims": (
        lambda one: _spoilt(one.header({**ADA, "email": "eve@x.example"}), 1, ADA),
        "the signature is not of the load balancer",
    ),
    "unsigned": (lambda one: one.header(ADA, alg="none"), "not signed with ES256"),
    "by a secret": (lambda one: one.header(ADA, alg="HS256"), "not signed with ES256"),
    "no signature": (lambda one: one.header(ADA).rpartition(".")[0] + ".", "not a signed token"),
    "a short signature": (
        lambda one: one.header(ADA).rpartition(".")[0] + ".AAAA",
        "the signature is not of the load balancer",
    ),
    "a key from elsewhere": (lambda one: one.header(ADA, kid="../../evil"), "no valid key id"),
    "an address as key": (
        lambda one: one.header(ADA, kid="https://evil.example/"),
        "no valid key id",
    ),
    "an unknown key": (
        lambda one: one.header(ADA, kid="00000000-0000-0000-0000-000000000000"),
        "no key of that name",
    ),
    "no claims": (lambda one: "a.b", "not a signed token"),
    "no base64": (lambda one: "a.b.c", "not base64"),
    "no JSON": (lambda one: "YWJj.YWJj.YWJj", "not JSON"),
    "a list": (lambda one: "W10=.W10=.W10=", "not a JSON object"),
    "too much": (lambda one: one.header({**ADA, "x": "x" * 20_000}), "not a signed token"),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_header_that_is_not_right_is_not_believed(balancer: Balancer, name: str) -> None:
    cheat, reason = CHEATS[name]
    with pytest.raises(SignInFailed) as raised:
        asyncio.run(_sign_in(balancer).claims(cheat(balancer)))
    assert reason in str(raised.value.facts["reason"])


def test_forged_names_of_keys_make_few_requests_and_a_new_key_is_read(balancer: Balancer) -> None:
    sign_in = _sign_in(balancer)
    for n in range(20):
        forged = balancer.header(ADA, kid=f"00000000-0000-0000-0000-{n:012}")
        assert asyncio.run(sign_in.caller(forged)) is None
    assert len(balancer.asked) == 1
    sign_in = _sign_in(balancer)
    assert asyncio.run(sign_in.caller(balancer.header(ADA))) is not None
    other = Balancer()
    balancer.published[other.kid] = other.pem
    assert asyncio.run(sign_in.caller(other.header(ADA))) is not None, "AWS changes its keys"


def test_a_region_whose_keys_do_not_answer_opens_nothing(balancer: Balancer) -> None:
    sign_in = BalancerSignIn(ARN, RULES, "http://127.0.0.1:9/")
    assert asyncio.run(sign_in.caller(balancer.header(ADA))) is None


def test_the_keys_are_those_of_the_balancers_region_and_partition() -> None:
    def url(arn: str) -> str:
        found = BalancerSignIn.of(Settings.read(LOTUS_LOAD_BALANCER=arn))
        assert found is not None
        return found.keys_url

    assert url(ARN) == "https://public-keys.auth.elb.us-east-2.amazonaws.com/"
    china = ARN.replace("arn:aws:", "arn:aws-cn:").replace("us-east-2", "cn-north-1")
    assert url(china) == "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn/"
    assert BalancerSignIn.of(Settings.read()) is None
    for wrong in ("lotus", ARN.replace("app/", "net/"), f"{ARN} x"):
        with pytest.raises(SettingsError, match="LOTUS_LOAD_BALANCER"):
            Settings.read(LOTUS_LOAD_BALANCER=wrong)


def test_pages_know_who_signed_in_and_no_header_counts_without_a_balancer(
    balancer: Balancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service: Any = SimpleNamespace(workspace=SimpleNamespace(settings=Settings.read()))
    request = SimpleNamespace(headers={HEADER: balancer.header(ADA)})
    handler: Any = SimpleNamespace(request=request, get_cookie=lambda name: None)

    def viewer() -> Any:
        identity = service_pages._identity(service, cast(Any, None))
        monkeypatch.setattr(
            "jupyter_server.auth.identity.IdentityProvider.get_user_cookie",
            lambda self, handler: None,
        )
        return asyncio.run(identity().get_user_cookie(handler))

    assert viewer() is None
    monkeypatch.setattr(BalancerSignIn, "of", lambda settings: _sign_in(balancer))
    found = viewer()
    assert found.username == "person:ada@studio.example"
    assert found.caller.allows("write")
