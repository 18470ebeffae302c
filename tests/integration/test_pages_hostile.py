"""Hostile requests to the pages: none is answered by a fault, late, or with what is not the
viewer's.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import psutil
import psycopg
import pytest

from lotus.db import Database
from lotus.server.tokens import create_token
from tests import hostile, raw_requests, servers
from tests.serving import Served, serving

pytest.importorskip("voila")

BASE = "/dashboards"
PUBLIC = "lotus.example.org"  # where a proxy takes https
SECONDS = 2.0  # of a processor, within which every request is answered, whatever it holds
UUID = "00000000-0000-7000-8000-000000000000"
SCRIPT = "<script>alert(1)</script>"
TEXTS = [  # what people and programs put into an address
    *(
        text[:6000]
        for text in hostile.HOSTILE.values()
        if isinstance(text, str) and text.isprintable()
    ),
    *(SCRIPT, "' OR 1=1 --", "%", "_" * 300, "\0", "../../../etc/passwd", "{{7*7}}", "${7*7}"),
    *("\u00b2", "\u0661", "9999-12-31", "0001-01-01"),
    *("\u202egnp.exe", "\U0001f600", "-1", "0", "1e999", "NaN", ""),
]
ARABIC_ONE = "\u0661"  # is a number of dollars, too
NOTHING = ("0", "1e-")  # how amounts begin that are $0, which is a budget
VALUES = {  # values of addresses, which all of TEXTS are tried as
    "results": ("text", "status", "review", "campaign", "hours", "offset", "sort"),
    "costs": ("days", "since", "until", "by"),
    "costs.csv": ("days", "by", "since", "until"),
    "campaign": ("id", "sort"),
    "campaign/row": ("id", "row"),
    "operations": ("hours",),
    "job": ("id",),
    "compare": ("job",),
    "videos.zip": ("job",),
    "manage": ("x",),
    "login/callback": ("code", "state", "error"),
}
ADDRESSES = [  # of files and things that are nobody's to have
    *(
        f"media/{key}"
        for key in (
            "../../etc/passwd",
            "..%2f..%2flotus.db",
            "%2e%2e/%2e%2e/lotus.db",
            "compositions/../../lotus.db",
            f"compositions/{UUID}/../../lotus.db",
            f"compositions/{UUID}/final.mp4%00.jpg",
            f"compositions/{UUID}/final.mp4",
            "uploads/aa/" + "a" * 64 + ".png",
            "temp/x",
            "/etc/passwd",
            "file:///etc/passwd",
            "clips/aa/" + "a" * 5000 + ".mp4",
        )
    ),
    *(f"thumbs/{key}.jpg" for key in ("..", "../..", f"compositions/{UUID}", "a" * 5000, "%00")),
    *(
        f"notebook/{key}.ipynb"
        for key in ("runs/../../x", "runs/%00", "runs/a/b/notebook", "../x", "runs//etc/x")
    ),
    *("notebooks/..%2fx", "notebooks/none", "notebooks/%00", "notebooks/" + "n" * 5000),
    *("api/kernels", "api/contents", "api/sessions", "api/terminals", "api/config/x", "api/me"),
    *(
        "shared/x",
        f"shared/{'s' * 43}",
        f"shared/{'s' * 43}/final.mp4",
        f"shared/{'s' * 43}/..%2fx",
    ),
    *("files/lotus.db", "tree", "lab", "edit/x", "terminals/1", "nbconvert/html/x", "view/x"),
    *("voila/static/../../x", "voila/files/x", "voila/render/results.ipynb", "static/../x"),
    *(
        "lotus/../../x",
        "lotus/%2e%2e/app.py",
        "lotus/lotus.js%00",
        "voila/static/x%00",
        "voila/templates/%00/x",
        "%00",
        ".env",
        ".git/config",
    ),
    *("voila/templates/../../etc/passwd", "api/kernelspecs/../x", "nbextensions/x", "custom/x.js"),
    *("costs.xlsx", "costs.csv/..", "results.ipynb/..", "login/../lotus.db", "%ff%fe", "a" * 6000),
]
FORMS: list[tuple[str, dict[str, str]]] = [
    *(("review", {"id": text[:3000], "verdict": "approved", "reviewer": "A"}) for text in TEXTS),
    *(("review", {"id": UUID, "verdict": text[:3000], "reviewer": "A"}) for text in TEXTS[::3]),
    ("review", {"id": UUID, "verdict": "approved", "comment": "x" * 100_000}),
    *(("comment", {"id": UUID, "text": text[:3000], "region": text[:60]}) for text in TEXTS[::2]),
    *(("share", {"id": text[:200], "days": text[:20], "password": text}) for text in TEXTS[::2]),
    *(("action", {"id": UUID, "do": text[:3000]}) for text in TEXTS[::4]),
    *(("manage", {"do": text[:3000]}) for text in TEXTS[::4]),
    *(
        ("manage", {"do": "set budget", "scope": "day", "usd": text})
        for text in TEXTS
        if not text.startswith(NOTHING) and text != ARABIC_ONE
    ),
    *(
        ("manage", {"do": "set budget", "scope": "campaign", "campaign": text, "usd": "1"})
        for text in TEXTS[::2]
    ),
    *(
        ("manage", {"do": "add rule", "channel": "mail", "event": text, "target": text})
        for text in TEXTS[::2]
    ),
    *(("manage", {"do": "remove rule", "rule": text[:3000]}) for text in TEXTS[::3]),
    (f"shared/{'s' * 43}", {"password": "x" * 100_000}),
    ("login?next=//evil.example/", {"secret": "x"}),
    ("login?next=https://evil.example/", {"secret": SCRIPT}),
    ("login?next=%0d%0aX-Evil:1", {"secret": "x" * 10_000}),
]
HEADERS: list[dict[str, str]] = [
    {"Range": "bytes=0-,0-,0-,0-"},
    {"Range": "bytes=99999999999999999999-"},
    {"If-None-Match": '"' * 4000},
    {"If-Modified-Since": "9" * 4000},
    {"Cookie": "_xsrf=" + "x" * 4000},
    {"Cookie": "\x01=\x02; a"},
    {"Accept-Language": "x," * 2999},
    {"X-Forwarded-For": "127.0.0.1," * 300},
    {"X-Forwarded-Proto": "javascript"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Authorization": "token " + "x" * 4000},
    {"Authorization": "Basic " + "x" * 4000},
    {"X-Lotus-Secret": "x"},
    {"X-Lotus-Secret": "\u00e9"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 4000},
    {"Upgrade": "websocket", "Connection": "Upgrade"},
]


secrets: dict[str, str] = {}


@pytest.fixture(scope="module")
def database(migrated: servers.Migrated) -> Iterator[str]:
    """PostgreSQL, which minds types, lengths and U+0000, as SQLite does not."""
    with migrated.lent() as url:
        yield url


@pytest.fixture(scope="module")
def served(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    db = Database(servers.psycopg_url(database))
    _, secret = create_token(db, "viewer", "all")
    db.close()
    options = ("--pages", "--tokens", "--reviews")
    settings = {"LOTUS_RATE_LIMIT": 10_000, "LOTUS_MAX_CONCURRENT_JOBS": 0}
    settings["LOTUS_PUBLIC_URL"] = f"https://{PUBLIC}"
    settings |= {"DATABASE_URL": database, "LOTUS_REVIEW_DATABASE_URL": database}
    with serving(home, *options, **settings) as one:
        one.client.get(f"{BASE}/results", params={"token": secret})
        assert one.client.get(f"{BASE}/results").status_code == 200
        assert "_xsrf" in one.client.cookies
        secrets["all"] = secret
        yield one
        hostile.check_log(one.lines)


def ask(served: Served, method: str, path: str, **how: Any) -> httpx.Response:
    """The answer, which comes soon, is no fault, and shows nothing of the inside."""
    began = served.processor_seconds
    answer = served.client.request(method, path, **how)
    took = served.processor_seconds - began
    assert answer.status_code < 500, (method, path[:200], answer.status_code, answer.text[-500:])
    assert took < SECONDS, (method, path[:200], took)
    for leak in ("root:x:", "Traceback", str(served.home), "postgresql", "psycopg", "sqlalchemy"):
        assert leak not in answer.text, (method, path[:200], leak)
    assert SCRIPT not in answer.text
    return answer


@pytest.mark.parametrize("page", VALUES)
def test_no_value_of_an_address_breaks_a_page(page: str, served: Served) -> None:
    for number, text in enumerate(TEXTS):
        names = VALUES[page]
        values = {names[number % len(names)]: text}
        answer = ask(served, "GET", f"{BASE}/{page}?{urlencode(values, errors='replace')}")
        assert answer.status_code in (200, 404)
    ask(served, "GET", f"{BASE}/{page}?{'&'.join(f'x{n}=1' for n in range(500))}")
    ask(served, "GET", f"{BASE}/{page}?%ff=%fe&token=%00")


def test_no_address_leads_to_what_is_nobodys(served: Served) -> None:
    for address in ADDRESSES:
        target = httpx.URL(served.url).copy_with(raw_path=f"{BASE}/{address}".encode())
        answer = ask(served, "GET", str(target))
        assert answer.status_code in (400, 403, 404, 405, 429), (address[:100], answer.status_code)


def test_no_form_breaks_a_page_or_writes(served: Served, database: str) -> None:
    mark = served.client.cookies["_xsrf"]
    for path, fields in FORMS:
        answer = ask(served, "POST", f"{BASE}/{path}", data={**fields, "_xsrf": mark})
        assert answer.status_code in (400, 401, 403, 404, 429), (path, str(fields)[:300])
        assert ask(served, "POST", f"{BASE}/{path}", data=fields).status_code == 403
    bodies = (b"", b"\xff" * 3000, b"_xsrf=" + mark.encode(), json.dumps(hostile.HOSTILE).encode())
    for path in ("review", "login", "ask", "job", "comment", "share", "manage", "api/kernels"):
        for body in bodies:
            answer = ask(served, "POST", f"{BASE}/{path}", content=body)
            assert 400 <= answer.status_code < 500, (path, answer.status_code)
    with psycopg.connect(database) as connection:
        for table in ("reviews", "comments", "shares", "budgets", "notification_rules"):
            count = f"SELECT count(*) FROM {table}".encode()
            assert connection.execute(count).fetchall() == [(0,)], table


def test_no_header_or_method_breaks_a_page(served: Served) -> None:
    for headers in HEADERS:
        for page in ("results", "job?id=" + UUID):
            raw = {name: value.encode("utf-8") for name, value in headers.items()}
            ask(served, "GET", f"{BASE}/{page}", headers=raw)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "HEAD"):
        for page in ("results", "review", "media/x", "login"):
            ask(served, method, f"{BASE}/{page}")


def soon(served: Served, data: bytes) -> bytes:
    """The answer to bytes as they are: it comes soon, and is no fault."""
    began = served.processor_seconds
    answer = raw_requests.exchange(served.port, data)
    took = served.processor_seconds - began
    assert took < SECONDS, (data[:200], took)
    assert not re.match(rb"HTTP/\S+ 5", answer), (data[:200], answer[:500])
    for leak in (b"root:x:", b"Traceback", b"from __future__", str(served.home).encode()):
        assert leak not in answer, (data[:200], leak)
    return answer


def test_requests_of_public_reports_are_answered_soon_and_by_no_fault(served: Served) -> None:
    for data in raw_requests.RAW.values():
        soon(served, data)
    token = b"Authorization: token " + secrets["all"].encode() + b"\r\n"
    for path in raw_requests.PATHS:
        answer = soon(served, f"GET {path} HTTP/1.1\r\n".encode() + token + raw_requests.END)
        location = re.search(rb"\r\nLocation: *(\S*)", answer, re.I)
        assert location is None or re.match(rb"/dashboards/|/api$", location[1]), (path, location)
    cookie = next(one for one in served.client.cookies.jar if one.name.startswith("username-"))
    heads = [text.encode("utf-8") for text in raw_requests.HEADERS]
    for text in raw_requests.COOKIES:
        line = text.replace("{name}", cookie.name).replace("{value}", str(cookie.value))
        heads.append(f"Cookie: {line}".encode())
    for head in heads:
        for path in (b"/dashboards/results", b"/dashboards/lotus/lotus.js", b"/api/v1/models"):
            start = b"GET " + path + b" HTTP/1.1\r\n" + head + b"\r\n"
            soon(served, start + raw_requests.END)


def test_no_form_of_public_reports_is_taken_or_kept_in_memory(served: Served) -> None:
    for name, (kind, body) in raw_requests.FORMS.items():
        for path in ("manage", "login"):
            headers = {"Content-Type": kind}
            try:
                answer = ask(served, "POST", f"{BASE}/{path}", content=body, headers=headers)
            except httpx.TransportError:  # closed in the face of who still sends
                continue
            assert 400 <= answer.status_code < 500, name
    process = psutil.Process(served.child.pid)
    before = process.memory_info().rss
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as stranger:
        head = b"POST /dashboards/login HTTP/1.1\r\nContent-Length: 500000000\r\n"
        stranger.sendall(head + b"Host: 127.0.0.1\r\n\r\n")
        with suppress(OSError):
            for _ in range(60):
                stranger.sendall(bytes(1_000_000))
        assert process.memory_info().rss - before < 30e6


def test_no_page_of_a_neighbour_below_the_same_domain_sends_a_form(served: Served) -> None:
    mark = served.client.cookies["_xsrf"]  # which a neighbour may set, and so know
    form = {"do": "lift budget", "scope": "month", "_xsrf": mark}
    for headers in (
        {"Origin": f"https://evil.{PUBLIC}"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        for path in ("manage", "login", "review", "comment", "share", "action"):
            answer = ask(served, "POST", f"{BASE}/{path}", data=form, headers=headers)
            assert answer.status_code in (403, 404), (path, headers)
    link = served.client.get(f"{BASE}/results", headers={"Sec-Fetch-Site": "cross-site"})
    assert link.status_code == 200, "a link in a mail leads here"
    assert ask(served, "POST", f"{BASE}/manage", data=form).status_code == 200


def test_who_has_not_signed_in_is_shown_the_page_for_that_and_nothing_else(served: Served) -> None:
    pages = (
        *list(VALUES)[:-1],
        "notebooks/results",
        "nothing",
        "media/x",
        "api/kernels",
        quote(SCRIPT),
    )
    with httpx.Client(base_url=served.url, timeout=60) as stranger:
        for page in pages:
            answer = stranger.get(f"{BASE}/{page}")
            assert answer.status_code in (302, 403), (page, answer.status_code)
            if answer.status_code == 302:
                assert re.match(rf"{BASE}/login\?next=", answer.headers["Location"])


def test_no_log_holds_the_secret_of_a_link_and_each_line_of_it_is_json(served: Served) -> None:
    secret = "a-secret-of-a-link-" + "x" * 24
    with httpx.Client(base_url=served.url, timeout=60) as stranger:
        for page in (f"shared/{secret}", f"shared/{secret}/final.mp4", f"rate/{secret}"):
            stranger.get(f"{BASE}/{page}")
            stranger.post(f"{BASE}/{page}", data={"password": "x"})  # without a mark: refused
            stranger.put(f"{BASE}/{page}?key={secret}")
            elsewhere = {"Origin": "null", "Referer": f"https://evil.example/shared/{secret}"}
            stranger.post(f"{BASE}/{page}", data={"password": "x"}, headers=elsewhere)
    text = served.log.read_text()
    assert "'_xsrf' argument missing" in text, "what Tornado logs is in it"
    assert "Blocking Cross Origin API request for /dashboards/shared/…" in text
    assert secret not in text
    (greeting,) = [line for line in text.splitlines() if not line.startswith("{")]
    assert greeting.startswith("open https://lotus.example.org/ ")  # for who started it


def test_a_sign_in_leads_to_pages_of_this_server_alone(served: Served) -> None:
    elsewhere = (
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/dashboards/",
        "https:evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/dashboards/\r\nX-Evil: 1",
        "/dashboards/\x01",
        "javascript:alert(1)",
        "/dashboards.evil.example",
        "http://[",
    )
    for target in elsewhere:
        answer = served.client.get(f"{BASE}/login", params={"next": target})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{BASE}/"), target
    own = f"{BASE}/job?id=1#links"
    answer = served.client.get(f"{BASE}/login", params={"next": own})
    assert answer.headers["Location"] == own


def test_what_is_looked_at_can_be_asked_for_by_head(served: Served) -> None:
    for page, status in (("results", 200), ("costs.csv", 200), ("job?id=nothing", 404)):
        answer = served.client.head(f"{BASE}/{page}")
        assert (answer.status_code, answer.content) == (status, b"")
    assert httpx.head(f"{served.url}{BASE}/results").status_code == 302
    for page in ("videos.zip?job=x", "notebooks/results"):
        assert served.client.head(f"{BASE}/{page}").status_code == 405


def test_cookies_stay_at_home_and_go_in_the_clear_only_where_pages_do(served: Served) -> None:
    for host, encrypted in ((PUBLIC, True), ("127.0.0.1", False), (f"{PUBLIC}.evil", False)):
        cookies = []
        for path in ("login", f"results?token={secrets['all']}"):
            answer = httpx.get(f"{served.url}{BASE}/{path}", headers={"Host": host}, timeout=60)
            cookies += answer.headers.get_list("Set-Cookie")
        mark, session = sorted(cookies)
        assert mark.startswith("_xsrf=")
        assert "HttpOnly" in session, "no script reads it"
        for cookie in cookies:
            assert "SameSite=Lax" in cookie
            assert ("Secure" in cookie) is encrypted, (host, cookie)


def test_no_answer_names_the_library_that_wrote_it(served: Served) -> None:
    for path in ("results", "lotus/lotus.css", "lotus/lotus.js", "nothing", "api/kernels"):
        answer = served.client.get(f"{BASE}/{path}")
        assert answer.headers["Server"] == "lotus", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
