"""Sign-in by OpenID Connect, beside tokens: against a provider on this machine that may cheat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from dashboards.server.single_sign_on import SignInAttempt, SingleSignOn
from lotus.errors import SettingsError
from lotus.server.identity import PeopleRules, caller_of_claims
from lotus.settings import Settings
from tests.balancing import ARN, Balancer
from tests.driving import inside_home
from tests.identity_provider import CLIENT, PASSWORD, IdentityProvider, identity_provider
from tests.serving import Served, serving

pytest.importorskip("voila")

BASE = "/dashboards"
ADA = {"email": "Ada@Studio.example", "email_verified": True, "name": "Ada <b>L</b>"}
BOB = {"email": "bob@studio.example", "email_verified": True}
EVE = {"email": "eve@elsewhere.example", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as one:
        yield one


@pytest.fixture(autouse=True)
def _honest(provider: IdentityProvider) -> None:
    provider.person, provider.wrong = dict(ADA), {}
    provider.algorithm, provider.signs_with = "RS256", None


@pytest.fixture(scope="module")
def served(
    provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("sign-on") / "home"
    inside_home(home, "db", "init")
    env = {
        "LOTUS_OIDC_ISSUER": provider.url,
        "LOTUS_OIDC_CLIENT_ID": CLIENT,
        "LOTUS_OIDC_CLIENT_SECRET": PASSWORD,
        "LOTUS_PEOPLE": "ada@studio.example=all, *@studio.example=read",
        "LOTUS_LOAD_BALANCER": ARN,
        "LOTUS_MAX_CONCURRENT_JOBS": 0,
    }
    with serving(home, "--pages", "--tokens", "--reviews", **env) as one:
        yield one


@pytest.fixture
def browser(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=60, follow_redirects=True) as client:
        yield client


def sign_in(browser: httpx.Client, target: str = f"{BASE}/costs") -> httpx.Response:
    return browser.get(f"{BASE}/login/start", params={"next": target})


def test_a_person_signs_in_and_is_who_the_rules_say(
    browser: httpx.Client, provider: IdentityProvider
) -> None:
    form = browser.get(f"{BASE}/costs")
    assert "Sign in with your account" in form.text
    shown = sign_in(browser)
    assert shown.url.path == f"{BASE}/costs"
    assert ">Manage</a>" in shown.text, "Ada may do everything"
    assert browser.get(f"{BASE}/manage").status_code == 200
    browser.get(f"{BASE}/logout")
    assert "Sign in to lotus" in browser.get(f"{BASE}/costs").text
    provider.person = dict(BOB)
    shown = sign_in(browser)
    assert shown.url.path == f"{BASE}/costs"
    assert ">Manage</a>" not in shown.text, "Bob may look"
    assert browser.get(f"{BASE}/manage").status_code == 403


def test_providers_say_how_the_client_shows_its_secret_and_may_end_with_a_slash(
    provider: IdentityProvider,
) -> None:
    rules = PeopleRules.read("ada@studio.example=all")
    try:
        for methods, slash in ((None, ""), (["client_secret_post"], ""), (None, "/")):
            provider.methods, provider.slash = methods, slash
            for issuer in (provider.url, f"{provider.url}/"):
                settings = Settings(
                    LOTUS_OIDC_ISSUER=issuer,
                    LOTUS_OIDC_CLIENT_ID=CLIENT,
                    LOTUS_OIDC_CLIENT_SECRET=PASSWORD,
                    LOTUS_PEOPLE="ada@studio.example=all",
                )
                claims = asyncio.run(_signed_in(SingleSignOn.of(settings)))
                assert caller_of_claims(claims, rules) is not None
    finally:
        provider.methods, provider.slash = None, ""


async def _signed_in(sign_on: SingleSignOn | None) -> dict[str, Any]:
    """The claims of who signs in, without a browser."""
    assert sign_on is not None
    attempt = SignInAttempt.new("/")
    back = "http://lotus.example/back"
    async with httpx.AsyncClient() as client:
        answer = await client.get(await sign_on.address(attempt, back))
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    return await sign_on.claims(code, attempt, back)


@pytest.mark.parametrize(
    "person",
    [
        EVE,
        {**ADA, "email_verified": False},
        {"email": "ada@studio.example"},
        {"sub": "ada@studio.example"},
        {**ADA, "email": ["ada@studio.example"]},
        {**ADA, "email": "ada@studio.example@elsewhere.example"},
        {**ADA, "email": "ada@studio.example\n.evil.example"},
        {**ADA, "email": "eve@evil.example,ada@studio.example"},
    ],
)
def test_nobody_else_gets_in(
    browser: httpx.Client, provider: IdentityProvider, person: dict[str, Any]
) -> None:
    provider.person = person
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "You may not see these pages" in answer.text
    assert "Sign in to lotus" in browser.get(f"{BASE}/costs").text


def _cheats(provider: IdentityProvider) -> dict[str, Any]:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    return {
        "issuer": {"wrong": {"iss": "https://evil.example"}},
        "audience": {"wrong": {"aud": "another"}},
        "expired": {"wrong": {"exp": int(time.time()) - 3600}},
        "nonce": {"wrong": {"nonce": "another"}},
        "party": {"wrong": {"aud": [CLIENT, "another"], "azp": "another"}},
        "no expiry": {"wrong": {"exp": None}},
        "key": {"signs_with": other},
        "none": {"algorithm": "none", "signs_with": None},
        "symmetric": {"algorithm": "HS256"},
    }


@pytest.mark.parametrize(
    "cheat",
    ["issuer", "audience", "expired", "nonce", "party", "no expiry", "key", "none", "symmetric"],
)
def test_a_token_that_is_not_right_is_not_believed(
    browser: httpx.Client, provider: IdentityProvider, cheat: str, served: Served
) -> None:
    for name, value in _cheats(provider)[cheat].items():
        setattr(provider, name, value)
    answer = sign_in(browser)
    assert answer.status_code == 401
    assert "The sign-in did not work" in answer.text
    assert "Sign in to lotus" in browser.get(f"{BASE}/costs").text


def test_a_code_is_of_the_browser_that_began(
    browser: httpx.Client, served: Served, provider: IdentityProvider
) -> None:
    def begin(client: httpx.Client) -> str:
        """The address with a code to which the provider sends the browser back."""
        address = client.get(f"{BASE}/login/start", follow_redirects=False).headers["Location"]
        return str(httpx.get(address).headers["Location"])

    back = begin(browser)
    with httpx.Client(base_url=served.url, timeout=60) as victim:
        assert victim.get(back).status_code == 401, "somebody else's sign-in is not theirs"
        victim.get(f"{BASE}/login/start")
        assert victim.get(back).status_code == 401
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert browser.get(back.replace(state, "guess")).status_code == 401
    again = begin(browser)
    assert browser.get(again).status_code == 200
    assert browser.get(again).status_code == 401, "a code and an attempt are used once"


def test_a_header_that_the_load_balancer_did_not_sign_opens_nothing(served: Served) -> None:
    forged = {"x-amzn-oidc-data": Balancer().header(ADA, signer=ARN.replace("app/lotus", "app/x"))}
    answer = httpx.get(f"{served.url}{BASE}/costs", headers=forged, follow_redirects=True)
    assert "Sign in to lotus" in answer.text
    refused = {one["refused"] for one in served.lines if one["event"] == "sign_in"}
    assert refused == {"another load balancer signed the header"}


def test_a_sign_in_leads_to_no_other_site(browser: httpx.Client) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1"):
        assert sign_in(browser, target).url.host == "127.0.0.1"


def test_rules_name_people_by_address_or_domain_and_nobody_else() -> None:
    rules = PeopleRules.read("bob@studio.example=read")
    assert caller_of_claims(ADA, rules) is None
    assert rules.caller("bob@studio.example") is not None
    assert PeopleRules.read(" *@a.example = review ").scope_of("X@A.example") == "review"
    assert PeopleRules.read("*@a.example=review").scope_of("x@b.a.example") is None
    kelvin = {**ADA, "email": "\u212aim@studio.example"}
    assert kelvin["email"].lower() == "kim@studio.example"
    assert caller_of_claims(kelvin, PeopleRules.read("kim@studio.example=all")) is None
    for wrong in ("ada=all", "ada@a.example=root", "ada@a.example"):
        with pytest.raises(SettingsError):
            PeopleRules.read(wrong)
