"""lotus docs: the documentation in a browser, without a network."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import out, reporting

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("docs")(docs)


def docs(
    browser: Annotated[
        bool, typer.Option(help="Open the page in the browser, or only print its address.")
    ] = True,
) -> None:
    """Open the documentation of this version; works offline."""
    with reporting():
        from lotus import __version__
        from lotus.docs import write_site
        from lotus.settings import Settings

        page = write_site(Settings.read().home / "docs" / __version__)
        out(str(page))
        if browser:
            import webbrowser

            webbrowser.open(page.as_uri())
