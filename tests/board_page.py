"""A page that shows the storyboard editor as front ends of anywidget do, without any of them.

A front end hands a widget's module a `model` with get, set, save_changes, on and off, and an
element. That is all it has here; commands go to the editor of this process, and its traits come
back.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import lotus

__all__ = ["BoardPage"]

FOLDER = Path(lotus.__file__).parent / "notebook"
TRAITS = ("state", "pictures", "status")
FILES = ("preview", "video", "before")
MODEL = """
const listeners = {};
const traits = {};
window.sent = [];
window.model = {
  get: (name) => traits[name],
  set: (name, value) => { traits[name] = value; },
  save_changes: () => { window.sent.push(traits.command); },
  on: (name, call) => (listeners[name] ||= []).push(call),
  off: (name, call) => { listeners[name] = (listeners[name] || []).filter((one) => one !== call); },
};
window.update = (values) => {
  for (const [name, value] of Object.entries(values)) traits[name] = value;
  for (const name of Object.keys(values))
    for (const call of listeners[`change:${name}`] || []) call();
};
window.bytes = (text) =>
  new DataView(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
"""


class BoardPage:
    """An editor in a page (or in a frame of it): `turn` carries what was done there and back."""

    def __init__(self, frame: Any, editor: Any) -> None:
        self.frame = frame
        self.editor = editor
        self._seen: dict[str, Any] = {}
        style = (FOLDER / "board.css").read_text()
        module = (FOLDER / "board.js").read_text()
        frame.evaluate(MODEL)
        frame.evaluate(
            """([style, module]) => {
              const sheet = document.createElement("style");
              sheet.textContent = style;
              document.head.append(sheet);
              const address = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
              window.widget = import(address);
            }""",
            [style, module],
        )
        self._send()
        frame.evaluate(
            """async () => {
              const { default: widget } = await window.widget;
              const el = document.querySelector("#out");
              window.done = widget.render({ model: window.model, el });
            }"""
        )

    def turn(self) -> None:
        """Do what was clicked and typed since, and show what came of it."""
        for command in self.frame.evaluate("window.sent.splice(0)"):
            self.editor.widget.command = command
        self._send()

    def _send(self) -> None:
        widget = self.editor.widget
        changed = {
            name: getattr(widget, name)
            for name in (*TRAITS, *FILES)
            if getattr(widget, name) != self._seen.get(name)
        }
        self._seen |= changed
        plain = {name: value for name, value in changed.items() if name in TRAITS}
        files = {
            name: base64.b64encode(value).decode()
            for name, value in changed.items()
            if name in FILES
        }
        self.frame.evaluate(
            """([plain, files]) => window.update({
              ...plain,
              ...Object.fromEntries(
                Object.entries(files).map(([name, text]) => [name, bytes(text)])),
            })""",
            [json.loads(json.dumps(plain)), files],
        )
