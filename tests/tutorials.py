"""Execute the tutorials and store their outputs, with pictures small enough for a page.

python -m tests.tutorials [NAME ...]
"""

from __future__ import annotations

import base64
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

import lotus

FOLDER = Path(lotus.__file__).with_name("docs") / "tutorials"
EXPERIMENT = Path(__file__).parents[1] / "notebooks/experiment.ipynb"  # a tutorial as it stands
WIDTH = 900  # pixels of a picture


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """A tutorial with its outputs, run in a folder and a home of its own."""
    os.environ.update(LOTUS_HOME=str(folder / ".lotus"), LOTUS_STORE="", DATABASE_URL="")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def trimmed(notebook: nbformat.NotebookNode, folder: str) -> nbformat.NotebookNode:
    """The notebook without progress and the folder where it ran, its pictures as small JPEGs."""
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [
                _small(output, folder)
                for output in cell.outputs
                if output.output_type == "execute_result"
            ]
    notebook.metadata.pop("widgets", None)
    return notebook


def _small(output: nbformat.NotebookNode, folder: str) -> nbformat.NotebookNode:
    if "image/png" in output.data:
        picture = Image.open(io.BytesIO(base64.b64decode(output.data.pop("image/png"))))
        picture.thumbnail((WIDTH, WIDTH))
        bytes_ = io.BytesIO()
        picture.convert("RGB").save(bytes_, "JPEG", quality=80, optimize=True)
        output.data["image/jpeg"] = base64.b64encode(bytes_.getvalue()).decode()
    for kind, text in output.data.items():
        if kind.startswith("text/"):
            output.data[kind] = text.replace(folder, "videos")
    output.metadata = {}
    return output


if __name__ == "__main__":
    shutil.copy(EXPERIMENT, FOLDER)
    for page in sorted(FOLDER.glob("*.ipynb")):
        if not sys.argv[1:] or page.stem in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as place:
                nbformat.write(trimmed(executed(page, Path(place)), place), page)
