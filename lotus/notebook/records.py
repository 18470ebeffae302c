"""`lotus.record`: named values that a notebook leaves behind, for whoever runs many of them.

A record is an output of its cell, so it lies in the notebook and is seen there; a campaign collects
it from there. Nothing else is needed: it works in every notebook, and in scripts does nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput

__all__ = ["RECORD_MIME", "record"]

RECORD_MIME = "application/vnd.lotus.record+json"
MOST_BYTES = 1_000_000  # of one value: larger ones are files
NAME_CHARS = 120
TEXT_CHARS = 200


@explained_call
def record(name: str, value: Any) -> None:
    """Store a named value of a notebook as a column of the campaign's results.

    Parameters
    ----------
    name
        Name of the column; a second record of the same name replaces the first.
    value
        A number (NaN and infinity become missing values), text, truth value or None; a list or dict
        of these; a DataFrame or Series; a figure (matplotlib, plotly, Altair, Pillow); or a
        `pathlib.Path` to a file, which a campaign copies to the store.

    Raises
    ------
    InvalidInput
        If the name or the value cannot be stored.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > NAME_CHARS:
        raise _record_error(
            str(name), f"is not a valid name: use text of 1 to {NAME_CHARS} characters"
        )
    facts, pictures = _facts(name, value)
    size = len(json.dumps(facts))
    if size > MOST_BYTES:
        raise _record_error(
            name, f"has {size / 1e6:.1f} MB, and records have {MOST_BYTES / 1e6:g} MB"
        )
    _show({RECORD_MIME: {"name": name, **facts}, **pictures})


def _record_error(name: str, reason: str) -> InvalidInput:
    remedy = "write it to a file and record its Path"
    return InvalidInput(file="", field=f"record {name[:40]!r}", reason=reason, remedy=remedy)


def _facts(name: str, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record as JSON, and how notebooks show it."""
    if isinstance(value, Path):
        return _file(name, value), {"text/plain": f"{name}: {value}"}
    table = _table(value)
    if table is not None:
        return {"kind": "table", "value": table}, {"text/plain": f"{name}:\n{value}"}
    pictures = _pictures(value)
    if pictures:
        return {"kind": "figure"}, pictures
    value = _plain(name, value)
    kind = "data"
    if isinstance(value, str):
        kind = "text"
    elif value is None or isinstance(value, bool | int | float):
        kind = "number"
    text = f"{name}: {value}"[:TEXT_CHARS]
    return {"kind": kind, "value": value}, {"text/plain": text}


def _plain(name: str, value: Any) -> Any:
    """JSON of numbers (numpy's and decimals too), texts, lists and dicts; raises InvalidInput."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(name, item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(name, item) for item in value]
    if type(value).__name__ in ("NAType", "NaTType"):  # pandas' missing values
        return None
    if hasattr(value, "isoformat") or isinstance(value, uuid.UUID):
        return str(value) if isinstance(value, uuid.UUID) else value.isoformat()
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return _plain(name, value.tolist())
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _record_error(
            name, f"is of type {type(value).__name__}, which cannot be kept"
        ) from None
    return number if math.isfinite(number) else None


def _table(value: Any) -> dict[str, Any] | None:
    """A DataFrame or Series as columns and rows; None for other values."""
    if hasattr(value, "to_frame") and not hasattr(value, "columns"):
        value = value.to_frame()
    if not (hasattr(value, "to_json") and hasattr(value, "columns")):
        return None
    split = json.loads(value.to_json(orient="split", date_format="iso"))
    return {"columns": split["columns"], "rows": split["data"]}


def _pictures(value: Any) -> dict[str, Any]:
    """How a figure shows itself as a picture, by IPython's own formatters; {} for other values."""
    shell = _shell()
    if shell is None or isinstance(value, str | int | float | list | dict | type(None)):
        return {}
    bundle, _ = shell.display_formatter.format(value)
    if "image/png" not in bundle and hasattr(value, "savefig"):
        import base64
        import io

        buffer = io.BytesIO()
        value.savefig(buffer, format="png", bbox_inches="tight")
        bundle["image/png"] = base64.b64encode(buffer.getvalue()).decode()
    kinds = ("image/png", "image/jpeg", "image/svg+xml")
    return dict(bundle) if any(kind in bundle for kind in kinds) else {}


def _file(name: str, path: Path) -> dict[str, Any]:
    """A file of now: a campaign's copy is made at once, for the file may change or go."""
    if not path.is_file():
        raise _record_error(name, f"{path} is not a file")
    facts: dict[str, Any] = {"kind": "file", "value": str(path.absolute())}
    campaign = os.environ.get("LOTUS_CAMPAIGN")
    if campaign:
        from lotus.workspace import Workspace

        with tempfile.TemporaryDirectory(prefix="lotus-record-") as folder:
            copy = Path(folder) / "copy"
            shutil.copyfile(path, copy)
            with copy.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            suffix = path.suffix.lower() if path.suffix[1:].isalnum() else ""
            facts["object"] = f"runs/{campaign}/records/{digest[:32]}{suffix}"
            Workspace.open().store.put(copy, facts["object"])
    return facts


def _shell() -> Any:
    if "IPython" not in sys.modules:
        return None
    return sys.modules["IPython"].get_ipython()


def _show(bundle: dict[str, Any]) -> None:
    shell = _shell()
    if shell is None:
        if os.environ.get("LOTUS_RUN"):  # a script that a row's notebook has started
            name = bundle[RECORD_MIME]["name"]
            print(f"lotus.record: {name!r} is not kept; record it in the notebook", file=sys.stderr)
        return
    kernel: Any = getattr(shell, "kernel", None)
    if hasattr(shell.display_pub, "outputs") and hasattr(kernel, "send_response"):  # %%capture
        content = {"data": bundle, "metadata": {}, "transient": {}}
        kernel.send_response(kernel.iopub_socket, "display_data", content)
        return
    shell.display_pub.publish(data=bundle)
