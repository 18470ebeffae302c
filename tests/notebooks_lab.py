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

__all__ = ["answers", "broken_rules", "jupyterlab", "run_all", "themed", "write_notebook"]

DARK = '{"theme": "JupyterLab Dark"}'
FAILURE = """() => {  // of the notebook in front: the page shows errors like any other text
  const cells = jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells;
  for (const { source, outputs = [] } of cells)
    for (const { output_type, ename, evalue } of outputs)
      if (output_type === "error") return `${source}\\n${ename}: ${evalue}`;
  return null;
}"""
ENDED = f"""() => ({FAILURE})() ||
  [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].every(
    (prompt) => /^\\[\\d+\\]:$/.test(prompt.innerText))"""


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
    command += ["--LabApp.expose_app_in_browser=True"]
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
    """Open a notebook and run all its cells from the menu, until the last has ended.

    Raises AssertionError with the cell's error as soon as one fails.
    """
    page.set_default_timeout(timeout_ms)
    page.goto(f"{address}?reset")  # without the notebooks of the page before
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    # JupyterLab asks which kernel while it starts one
    page.get_by_text("(ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.wait_for_function(ENDED)
    failure = page.evaluate(FAILURE)
    assert failure is None, failure


def broken_rules(page: Any, context: str, *rules: str) -> list[str]:
    """Parts of a page whose contrast is too low (or that break other rules), as axe measures it."""
    from axe_playwright_python.sync_playwright import Axe

    if page.locator(context).count() == 0:
        return []
    only = {"runOnly": ["color-contrast", *rules]}
    results = Axe().run(page, context=context, options=only).response
    return [node["html"] for rule in results["violations"] for node in rule["nodes"]]
