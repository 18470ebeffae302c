"""JupyterLab as a process of its own, and notebooks that are run in it from its menu."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.driving import eventually

__all__ = ["answers", "jupyterlab", "run_all", "themed", "write_notebook"]

DARK = '{"theme": "JupyterLab Dark"}'


@contextmanager
def jupyterlab(folder: Path, **env: str) -> Iterator[str]:
    """JupyterLab over a folder; its address."""
    # also cells below the screen
    _set(folder, "notebook-extension/tracker", '{"windowingMode": "none"}')
    _set(folder, "apputils-extension/notification", '{"fetchNews": "false"}')
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root"]
    command += ["--IdentityProvider.token=", f"--notebook-dir={folder}"]
    homes = {
        "LOTUS_HOME": str(folder / "home"),
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
    }
    with (folder / "lab.log").open("w") as log:
        child = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **homes, **env}, stderr=log
        )
        url = f"http://127.0.0.1:{port}/"
        try:
            eventually(lambda: answers(f"{url}api"), "JupyterLab is up")
            yield url
        finally:
            child.terminate()
            child.wait(30)


def themed(folder: Path, settings: str) -> None:
    """Choose JupyterLab's theme for pages that are opened from now on."""
    _set(folder, "apputils-extension/themes", settings)


def write_notebook(cells: Iterable[str], path: Path) -> None:
    """A notebook of these cells of code, for this kernel."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    nbformat.write(notebook, path)


def _set(folder: Path, name: str, settings: str) -> None:
    file = folder / "config/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(settings)


def answers(url: str) -> bool:
    """Whether somebody serves the address."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def run_all(page: Any, address: str, *, timeout_ms: int = 120_000) -> None:
    """Open a notebook and run all its cells from the menu, until the last has ended."""
    page.set_default_timeout(timeout_ms)
    page.goto(f"{address}?reset")  # without the notebooks of the page before
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    # JupyterLab asks which kernel while it starts one
    page.get_by_text("(ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    count = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.innerText)"
    page.wait_for_function(
        f"{count}.every(text => /^\\[\\d+\\]:$/.test(text)) || "
        "document.querySelector('[data-mime-type=\"application/vnd.jupyter.error\"]')"
    )
