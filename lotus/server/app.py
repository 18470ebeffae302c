"""The service as a Tornado application, alone or inside a Jupyter server, and as a process."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.routing import PathMatches, Rule
from tornado.web import Application

from lotus.errors import InvalidInput, LotusError
from lotus.server.admission import bearer, is_loopback
from lotus.server.calls.uploads import PREFIX as UPLOADS
from lotus.server.endpoints import Endpoint
from lotus.server.live import EventStream, Socket
from lotus.server.logs import PackageLog, log
from lotus.server.openapi import document
from lotus.server.page import page
from lotus.server.routes import PARAMETERS, Route, path_pattern
from lotus.server.service import Service, Workers
from lotus.server.sniffing import UPLOAD_LIMITS
from lotus.server.table import ROUTES
from lotus.server.transfers import Download, Upload, UploadTarget
from lotus.server.web import Base, Missing
from lotus.server.webhooks import ReplicateWebhook
from lotus.system.distribution import distribution_name, install_command
from lotus.workspace import Workspace

__all__ = ["PAGES", "application", "handlers", "serve"]

# entry points: a name, the first part of a path, and a function that makes what is there
PAGES = "lotus.pages"
WORKERS = (
    "lotus.workers"  # an entry point: a function of database, most jobs and a scheduler's address
)
HANDLERS = {"json": Endpoint, "upload": Upload, "download": Download, "events": EventStream}
IDLE_SECONDS = 75
CONNECTIONS = 65_536
BODY_SECONDS = 900
HEADER_BYTES = 65_536  # beyond them the connection is closed; beyond a quarter, 431 says why
TOKEN_SECONDS = 1.0  # that /health waits to know who asks
SWITCH_SECONDS = (
    0.0005  # after which a thread lets the event loop go on (Python's default is ten times that)
)
EVERYWHERE = ("", "0.0.0.0", "::")
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class HealthPage(Base):
    """/health, /health/live, /health/ready: what was found last, never a look taken now.

    Whoever shows a token, where tokens are needed, sees the checks too; strangers the status alone.
    """

    open_to_all = True

    async def head(self, which: str = "") -> None:
        """The same without the body."""
        await self.get(which)

    async def get(self, which: str = "") -> None:
        """Answer at once."""
        is_known = which == "live" or await self._is_known()
        health = self.service.monitor.health()
        grace = which == "" and self.service.monitor.in_grace and health.status != "draining"
        well = which == "live" or health.status == "ok" or grace
        if which == "live":
            health = health.model_copy(update={"status": "ok", "checks": ()})
        if not is_known:
            health = health.model_copy(update={"checks": ()})
        self.answer(health.model_dump_json(), 200 if well else 503)

    async def _is_known(self) -> bool:
        secret = self.secret()
        identify = self.service.identify
        if identify is not None and not await identify(self):
            return False
        if not self.service.with_tokens:
            return True
        address = str(self.request.remote_ip)
        look = bearer(self.service.token, self.service.failures, secret, "read", address)
        with suppress(LotusError, TimeoutError):  # nobody's, or a database that does not answer
            await asyncio.wait_for(look, TOKEN_SECONDS)
            return True
        return False


class Description(Base):
    """The API's own description, for programs and for people."""

    open_to_all = True

    def head(self, which: str = "") -> None:
        """The same without the body."""
        self.get(which)

    def get(self, which: str = "") -> None:
        """As JSON, or as a page."""
        contract = document(ROUTES, version(distribution_name()))
        if which:
            self.answer(_json(contract))
            return
        self.set_header("Content-Security-Policy", PAGE_POLICY)
        self.answer(page(contract), kind="text/html; charset=utf-8")


class Begin(Base):
    """/: the first page for a person."""

    open_to_all = True

    def initialize(self, service: Service, address: str = "/api") -> None:
        """Tornado's constructor."""
        super().initialize(service)
        self.address = address

    def head(self) -> None:
        """Lead there."""
        self.redirect(self.address)

    def get(self) -> None:
        """Lead there."""
        self.redirect(self.address)


def _json(contract: dict[str, Any]) -> str:
    import json

    return json.dumps(contract)


def handlers(service: Service, base: str = "") -> list[Any]:
    """What to add to an application; `base` is where it lives in another server, such as /lotus."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route
    rules: list[Any] = [
        (rf"{base}/health(?:/(live|ready))?", HealthPage, {"service": service}),
        (rf"{base}/api(?:/(openapi\.json))?", Description, {"service": service}),
        (rf"{base}/ws/(?P<id>{PARAMETERS['id']})", Socket, {"service": service}),
        (f"{base}/webhooks/replicate", ReplicateWebhook, {"service": service}),
        (rf"{base}{UPLOADS}/(?P<id>{PARAMETERS['id']})", UploadTarget, {"service": service}),
    ]
    for path, routes in by_path.items():
        handler = HANDLERS[next(iter(routes.values())).kind]
        arguments = {"service": service, "routes": routes}
        rules.append((base + path_pattern(path), handler, arguments))
    return rules


def application(service: Service, *, pages: bool = False) -> Application:
    """The service alone, or with the pages that other packages bring: an application each."""
    app = Application(
        handlers(service),
        default_handler_class=Missing,
        default_handler_args={"service": service},
        log_function=lambda handler: None,  # handlers write their own line
        websocket_ping_interval=20,
        websocket_max_message_size=65_536,
    )
    entries = list(entry_points(group=PAGES)) if pages else []
    for entry in entries:
        at = f"/{entry.name}/"
        rule = Rule(PathMatches(f"{at}.*"), _load(entry, "pages", entry.name)(service, at))
        app.default_router.rules.insert(0, rule)
    begin = f"/{entries[0].name}/" if entries else "/api"
    app.add_handlers(".*", [("/", Begin, {"service": service, "address": begin})])
    return app


async def serve(
    workspace: Workspace,
    host: str,
    port: int,
    *,
    with_tokens: bool | None = None,
    pages: bool = False,
    reviews: bool = False,
    cluster: str | None = None,
    ready: Callable[[str], None] = lambda greeting: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then drain. Tokens may be left away on loopback alone.

    With `reviews`, whoever may see the pages may also approve and reject videos on them.
    `ready` is called with the line that tells a person where to go, once the port is open.

    Jobs run in processes of the service, or at the scheduler whose address `cluster` is.

    Raises InputError for a host or port that cannot be served, before anything is started.
    """
    needs_tokens = _needs_tokens(host, with_tokens)
    workspace.db.ready()
    service = Service.of(
        workspace, with_tokens=needs_tokens, workers=_cluster_workers(workspace, cluster)
    )
    service.reviews = reviews
    service.address = _address(host, port)
    sockets = _sockets(host, port)
    server = _server(application(service, pages=pages))
    _set_up_process()
    server.add_sockets(sockets)
    service.start()
    log("serving", host=host, port=port, with_tokens=service.with_tokens, address=service.address)
    ready(greeting(workspace.settings.public_url or service.address, pages, needs_tokens))
    await _wait_for_signal()
    log("draining", seconds=workspace.settings.drain_seconds)
    await service.drain(workspace.settings.drain_seconds)
    server.stop()
    await service.stop()
    await server.close_all_connections()
    log("ended")


def greeting(address: str, pages: bool, with_tokens: bool) -> str:
    """The line at the start: the address, and the page that a person opens first."""
    first = "dashboards" if pages else "description of the API"
    rest = f"the API is described at {address}/api" if pages else "--pages adds the dashboards"
    token = "; sign in with a token: `lotus tokens create NAME`" if with_tokens else ""
    return f"open {address}/ for the {first}; {rest}{token}"


def _address(host: str, port: int) -> str:
    """By which programs on this machine reach it."""
    name = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _needs_tokens(host: str, with_tokens: bool | None) -> bool:
    """Whether callers must show a token; raises InvalidInput where they must and would not."""
    if with_tokens is False and not is_loopback(host):
        remedy = "serve on 127.0.0.1, or with tokens (`lotus tokens create`)"
        raise InvalidInput(
            file="", field="host", reason=f"{host} can be reached by others", remedy=remedy
        )
    return not is_loopback(host) if with_tokens is None else with_tokens


def _set_up_process() -> None:
    """Let threads take short turns, connections be many, and other packages log as lotus does."""
    sys.setswitchinterval(SWITCH_SECONDS)
    _allow_connections()
    logging.captureWarnings(True)
    logging.basicConfig(handlers=[PackageLog()], level=logging.WARNING, force=True)


def _cluster_workers(workspace: Workspace, cluster: str | None) -> Workers | None:
    """Who has jobs worked on at a scheduler, brought by another package."""
    if cluster is None:
        return None
    for entry in entry_points(group=WORKERS):
        workers: Workers = _load(entry, "cluster", "batch")(
            workspace.db, workspace.settings.max_concurrent_jobs, cluster
        )
        return workers
    remedy = f"install it: {install_command('batch')}"
    raise InvalidInput(file="", field="cluster", reason="Dask is not installed", remedy=remedy)


def _load(entry: EntryPoint, option: str, extra: str) -> Any:
    """What another package brings for the option `--pages` or `--cluster`."""
    try:
        return entry.load()
    except ImportError as exc:
        reason = f"needs the extra {extra} ({exc})"
        remedy = f"install it: {install_command(extra)}"
        raise InvalidInput(file="", field=f"--{option}", reason=reason, remedy=remedy) from exc


def _allow_connections() -> None:
    """Take as many connections as the system allows: 1,024 files, the usual limit, are used up by
    one stranger who opens connections and says nothing.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = CONNECTIONS if most == resource.RLIM_INFINITY else min(CONNECTIONS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


def _server(app: Application) -> HTTPServer:
    """With limits for those who send slowly, or much; handlers have limits of their own below
    these.
    """
    return HTTPServer(
        app,
        idle_connection_timeout=IDLE_SECONDS,
        body_timeout=BODY_SECONDS,
        max_body_size=2 * max(UPLOAD_LIMITS.values()),
        max_header_size=HEADER_BYTES,
        max_buffer_size=2 * max(UPLOAD_LIMITS.values()),
    )


def _sockets(host: str, port: int) -> Any:
    try:
        return bind_sockets(port, host, reuse_port=False)
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "use another port or host"
        raise InvalidInput(file="", field=f"{host}:{port}", reason=reason, remedy=remedy) from error


async def _wait_for_signal() -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    await ending.wait()
