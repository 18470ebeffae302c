"""The server of the dashboards: Voilà, with lotus' own pages, which need no kernel, beside it.

All that it serves comes from this machine: nothing of it from a CDN.
"""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from posixpath import normpath
from typing import Any

from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupyter_server.utils import url_path_join
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import Matcher, Rule
from tornado.web import GZipContentEncoding, HTTPError, OutputTransform, StaticFileHandler
from traitlets.config import Config
from voila.app import Voila
from voila.request_info_handler import RequestInfoSocketHandler
from voila.static_file_handler import AllowListFileHandler, TemplateStaticFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from dashboards.dashboard import SECRET, SERVER
from dashboards.notebooks import HERE, OWN
from dashboards.server.archive import ZipFile
from dashboards.server.campaign_page import CampaignPage, RowNotebook
from dashboards.server.content import (
    CostsFile,
    ExecutedNotebook,
    MediaFile,
    NotebookFile,
    PosterFile,
    StyleSheet,
)
from dashboards.server.feedback import CommentForm, ReviewForm
from dashboards.server.kernel_calls import KernelQuestion, LocalRequestInfo
from dashboards.server.kernels import Kernels
from dashboards.server.manage import ActionForm, ManagePage
from dashboards.server.pages import ComparePage, JobPage, LiveNotebook, OwnPage, StartPage
from dashboards.server.rating import ROUTES as RATING_ROUTES
from dashboards.server.sharing import SharedFile, SharedPage, ShareForm
from dashboards.server.sign_in import SignInCallback, StartSignIn
from dashboards.server.state import ServerState
from dashboards.server.viewer import NotThere, SignIn, SignOut, ViewerIdentity
from lotus.db import Database
from lotus.errors import InvalidInput
from lotus.workspace import Workspace

__all__ = ["Dashboards", "Serving", "config_of", "serve"]

NO_FILE = r".*%00.*"  # handlers of files would ask the disk for it, and fail
CLOSED_HANDLERS = (
    AllowListFileHandler,
    VoilaContentsHandler,
    TornadoVoilaHandler,
    TornadoVoilaTreeHandler,
)
BODY_BYTES = 1024 * 1024  # of forms, the longest of which has some thousand characters
PING_MS = 30_000
# else paths of sockets are too long
TRANSPORT = {"transport": "ipc"} if sys.platform == "linux" else {}
REPORTS = HERE.parent / "batch" / "report"  # whose script the page of a campaign shares
CULL_SECONDS = 60  # how often idle kernels are looked for, and those that were left
WIDGETS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]


@dataclass(frozen=True)
class Serving:
    """How to serve."""

    host: str
    port: int
    token: str  # empty: anybody who reaches the port may look
    viewers: int
    warm: int  # kernels of each notebook that wait for a viewer
    idle_seconds: int
    base_url: str = "/"


class BodyLimit(Matcher):
    """Matches nothing: it bounds the body of each request, which Tornado would keep in memory
    before it asks who sends it.
    """

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Set the limit, in time: the body is read after that."""
        if isinstance(request.connection, HTTP1Connection):
            request.connection.set_max_body_size(BODY_BYTES)
        return None


class NotebookFiles(LargeFileManager):
    """Notebooks of the server's folder, and lotus' own where that has none of the name."""

    def _get_os_path(self, path: str) -> str:
        own = HERE / path.strip("/")
        place: str = super()._get_os_path(path)
        return str(own) if own.suffix == ".ipynb" and not os.path.exists(place) else place


class PlainHeaders(OutputTransform):
    """Headers of all answers, whoever wrote them: no version of a library, no guess at a type."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Set them."""
        headers["Server"] = "lotus"
        headers["X-Content-Type-Options"] = "nosniff"
        return status_code, headers, chunk


class Dashboards(Voila):
    """The application; `state` is given before it is initialized."""

    state: ServerState
    config_file_paths: list[str] = []  # noqa: RUF012  what lies about in the folder sets nothing

    def setup_template_dirs(self) -> None:
        """Our template first, then Voilà's."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(HERE / "template"))

    def init_settings(self) -> dict[str, Any]:
        """Voilà's settings, with the state of our handlers and headers that keep pages to
        themselves.
        """
        settings: dict[str, Any] = super().init_settings()
        self.contents_manager = NotebookFiles(parent=self, allow_hidden=True)
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",  # a form needs its origin
        }
        # without a token, other names for this machine are refused
        local = not self.identity_provider.token
        return settings | {
            "state": self.state,
            "contents_manager": self.contents_manager,
            "headers": headers,
            "transforms": [GZipContentEncoding, PlainHeaders],
            "xsrf_cookie_kwargs": {"samesite": "Lax"},
            "ws_ping_timeout": PING_MS,
            "ws_ping_interval": PING_MS,
            "allow_remote_access": not local,
            "local_hostnames": ["localhost"],
            "default_handler_class": NotThere,
        }

    def init_handlers(self) -> list[Any]:
        """Voilà's handlers but for files and folders, and ours."""
        of_voila = [
            _local(item) for item in super().init_handlers() if item[1] not in CLOSED_HANDLERS
        ]
        of_lotus = [(url_path_join(self.server_url, at), *who) for at, *who in self._routes()]
        return [Rule(BodyLimit(), NotThere), (NO_FILE, NotThere), *of_voila, *of_lotus]

    def _routes(self) -> list[tuple[Any, ...]]:
        """Addresses and their handlers."""
        names = "|".join(OWN)
        voila = {"template_paths": self.template_paths, "config": self.config}
        voila["voila_configuration"] = self.voila_configuration
        return [
            (r"/", StartPage),
            (r"/login", SignIn),
            (r"/login/start", StartSignIn),
            (r"/login/callback", SignInCallback),
            (r"/logout", SignOut),
            (rf"/({names})", OwnPage),
            (rf"/({names}|template)\.ipynb", NotebookFile),
            (r"/notebooks/([^/]+)", LiveNotebook, voila),
            (r"/job", JobPage),
            (r"/review", ReviewForm),
            (r"/comment", CommentForm),
            (r"/action", ActionForm),
            (r"/manage", ManagePage),
            (r"/share", ShareForm),
            (r"/shared/([\w-]{20,80})", SharedPage),
            (r"/shared/([\w-]{20,80})/([a-z]+\.[a-z0-9]+)", SharedFile, {"path": "/"}),
            (r"/videos\.zip", ZipFile),
            (r"/compare", ComparePage),
            (r"/media/(.*)", MediaFile, {"path": "/"}),
            (r"/thumbs/(.*)\.jpg", PosterFile),
            (r"/notebook/(runs/.*\.ipynb)", ExecutedNotebook),
            (r"/costs\.(csv|parquet)", CostsFile),
            (r"/ask", KernelQuestion),
            *RATING_ROUTES,
            (r"/lotus/lotus\.css", StyleSheet),
            (r"/campaign", CampaignPage),
            (r"/campaign/row", RowNotebook),
            (r"/lotus/(results\.js)", StaticFileHandler, {"path": str(REPORTS)}),
            (r"/lotus/(.*)", StaticFileHandler, {"path": str(HERE / "static")}),
        ]


class TemplateFile(TemplateStaticFileHandler):
    """A file of a template of Voilà."""

    def parse_url_path(self, url_path: str) -> str:
        """Refuse addresses that Voilà takes for a fault of its own: with other parts than a
        template, `static` and a file, or of a template that is not there.
        """
        parts = normpath(url_path).split("/", 2)
        if len(parts) < 3 or parts[1] != "static" or ".." in parts:
            raise HTTPError(404)
        try:
            return str(super().parse_url_path(url_path))
        except (ValueError, AssertionError, OSError):
            raise HTTPError(404) from None


REPLACED = {RequestInfoSocketHandler: LocalRequestInfo, TemplateStaticFileHandler: TemplateFile}


def _local(handler: tuple[Any, ...]) -> tuple[Any, ...]:
    return (handler[0], REPLACED.get(handler[1], handler[1]), *handler[2:])


def config_of(how: Serving, state: ServerState) -> Config:
    """Voilà's own settings; kernels wait only for notebooks of a folder of one's own."""
    warm = how.warm if state.folder is not None else 0
    return Config(
        {
            "Voila": {
                "ip": how.host,
                "port": how.port,
                "port_retries": 0,
                "base_url": how.base_url,
                "root_dir": str(state.folder or HERE),
                "open_browser": False,
                "token": how.token,
                "identity_provider_class": ViewerIdentity,
                "log_level": "ERROR",
            },
            "VoilaConfiguration": {
                "strip_sources": True,
                "show_tracebacks": False,
                "preheat_kernel": warm > 0,
                "default_pool_size": warm,
                "multi_kernel_manager_class": Kernels,
                "extension_allowlist": WIDGETS,
                "extension_denylist": [],
                "file_allowlist": [],
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
            },
            "ViewerIdentity": {"cookie_options": {"samesite": "Lax"}},
            "MappingKernelManager": {
                "cull_idle_timeout": how.idle_seconds,
                "cull_interval": CULL_SECONDS,
                "cull_connected": True,
            },
            "KernelManager": {"shutdown_wait_time": 0.5, **TRANSPORT},
            # a kernel that started again would hold nothing of the page, which would not know
            "KernelRestarter": {"restart_limit": 0},
        }
    )


def free_port(host: str, port: int) -> int:
    """The port, if it is free, or any free one for 0; raises InvalidInput."""
    try:
        with socket.create_server((host, port)) as listener:
            return int(listener.getsockname()[1])
    except OSError as exc:
        cause = os.strerror(exc.errno) if exc.errno else str(exc)
        reason = f"port {port} of {host} is not available: {cause}"
        raise InvalidInput(
            file="", field="port", reason=reason, remedy="choose another with --port"
        ) from exc


def _names(host: str) -> tuple[str, str]:
    """By which kernels and people reach it; an address of all interfaces is nobody's name."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1", socket.gethostname()
    return (f"[{host}]",) * 2 if ":" in host else (host, host)


def serve(
    workspace: Workspace,
    how: Serving,
    *,
    ready: Callable[[str], None],
    browser: bool = False,
    reviews: Database | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; `ready` is called with the address; reviews are written to
    `reviews`, if anywhere.
    """
    state = ServerState(
        workspace, viewers=how.viewers, host=how.host, reviews=reviews, signs_in=bool(how.token)
    )
    here, name = _names(how.host)
    os.environ[SERVER] = f"http://{here}:{how.port}{how.base_url}"
    os.environ["VOILA_APP_IP"] = here
    os.environ[SECRET] = state.secret
    app = Dashboards.instance(config=config_of(how, state))
    app.state = state
    app.initialize([])
    url = f"http://{name}:{how.port}{how.base_url}"
    url += f"?token={how.token}" if how.token else ""
    IOLoop.current().add_callback(ready, url)
    if browser:
        IOLoop.current().add_callback(lambda: webbrowser.open(url))
    try:
        app.start()
    finally:
        state.close()
