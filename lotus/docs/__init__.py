"""The documentation, and the same as HTML for reading without a network."""

from __future__ import annotations

import html
import importlib
import inspect
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["page_html", "write_site"]

OURS = ("lotus.", "batch.", "dashboards.")
FOLDER = Path(__file__).parent
KINDS = {
    "tutorials": "Tutorials",
    "how-to": "How-to",
    "reference": "Reference",
    "explanation": "Explanation",
}
STYLE = """
:root { color-scheme: light dark }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: flex; gap: 2rem }
nav { flex: 0 0 15rem; padding: 1rem; font-size: .9rem; height: 100vh; overflow: auto;
      position: sticky; top: 0; box-sizing: border-box }
nav a { display: block; padding: .15rem 0; color: inherit; text-decoration: none }
main { flex: 1; min-width: 0; max-width: 52rem; padding: 1rem 1.5rem 4rem }
pre, code { font-family: ui-monospace, monospace; font-size: .9em }
pre { overflow-x: auto; padding: .7rem 1rem; background: #8882; border-radius: 6px }
table { border-collapse: collapse; display: block; overflow-x: auto }
td, th { border: 1px solid #8885; padding: .3rem .6rem; text-align: left; vertical-align: top }
img { max-width: 100% }
@media (max-width: 50rem) { body { flex-direction: column-reverse }
                           nav { height: auto; position: static; flex: none } }
"""


def write_site(folder: Path) -> Path:
    """Write all pages as HTML into a folder, and return the first one.

    Raises OSError if the folder cannot be written.
    """
    first = (FOLDER / "index.md").read_text()  # it names the pages to begin with, in their order
    pages = {path: _source(path) for path in sorted(_pages(), key=lambda one: _place(first, one))}
    menu = _menu(pages)
    for path, source in pages.items():
        target = folder / path.relative_to(FOLDER).with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * (len(path.relative_to(FOLDER).parts) - 1)
        target.write_text(page_html(source, menu.replace('href="', f'href="{up}'), _title(source)))
    for picture in (FOLDER / "images").iterdir():
        target = folder / "images" / picture.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(picture.read_bytes())
    return folder / "index.html"


def page_html(source: str, menu: str, title: str) -> str:
    """A page of Markdown as an HTML document with a menu; headings have ids."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse(_with_docstrings(source))
    for heading, words in itertools.pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", _slug(words.content))
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and "://" not in (link := str(child.attrs["href"])):
                child.attrSet("href", re.sub(r"\.(md|ipynb)(?=#|$)", ".html", link))
    body = reader.renderer.render(tokens, reader.options, {})
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<nav>{menu}</nav><main>{body}</main></html>"
    )


def _pages() -> Iterator[Path]:
    yield FOLDER / "index.md"
    for kind in KINDS:
        yield from (FOLDER / kind).glob("*.md")
        yield from (FOLDER / kind).glob("*.ipynb")


def _place(first: str, page: Path) -> tuple[int, str]:
    place = first.find(f"({page.relative_to(FOLDER).as_posix()})")
    return (place if place >= 0 else len(first), page.name)


def _source(path: Path) -> str:
    return _notebook(path) if path.suffix == ".ipynb" else path.read_text()


def _menu(pages: dict[Path, str]) -> str:
    lines = ['<a href="index.html"><b>lotus</b></a>']
    for kind, heading in KINDS.items():
        lines.append(f"<p><b>{heading}</b></p>")
        for path, source in pages.items():
            if path.parent.name == kind:
                address = path.relative_to(FOLDER).with_suffix(".html").as_posix()
                lines.append(f'<a href="{address}">{html.escape(_title(source))}</a>')
    return "".join(lines)


def _title(source: str) -> str:
    match = re.search(r"^# (.+)$", source, re.M)
    return match[1] if match else "lotus"


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _notebook(path: Path) -> str:
    """A notebook as Markdown: text, code, and the outputs that it was stored with."""
    return "\n\n".join(
        part for cell in json.loads(path.read_text())["cells"] for part in _cell(cell)
    )


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] != "code":
        yield text
        return
    yield f"```python\n{text}\n```"
    for output in cell.get("outputs", ()):
        data = output.get("data", {"text/plain": output.get("text", "")})
        picture = next((kind for kind in ("image/jpeg", "image/png") if kind in data), "")
        if picture:
            yield f'<img alt="" src="data:{picture};base64,{"".join(data[picture]).strip()}">'
        elif "text/html" in data:
            yield "<div>" + "".join(data["text/html"]).replace("\n\n", "\n") + "</div>"
        else:
            yield f"```text\n{''.join(data.get('text/plain', ''))}\n```"


def _with_docstrings(source: str) -> str:
    """Replace `::: lotus.name` by the name's signature and docstring."""
    return re.sub(r"^::: ([\w.]+)$", lambda match: _document(match[1]), source, flags=re.M)


def _document(name: str) -> str:
    module, _, attribute = name.rpartition(".")
    value = getattr(importlib.import_module(module), attribute)
    members = _members(value) if inspect.isclass(value) else ()
    entries = [_entry("###", name, attribute, value)]
    entries += [_entry("####", f"{attribute}.{one}", one, code) for one, code in members]
    return "\n\n".join(entries)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that we define, not those of pydantic."""
    bases = [base for base in reversed(kind.__mro__) if base.__module__.startswith(OURS)]
    own = {name: value for base in bases for name, value in vars(base).items()}
    for name, value in own.items():
        code = getattr(value, "__func__", value)
        if not name.startswith("_") and (callable(code) or isinstance(code, property)):
            yield name, code


def _entry(level: str, title: str, name: str, value: Any) -> str:
    try:
        signature = str(inspect.signature(value))
    except (TypeError, ValueError):
        signature = ""
    text = html.escape(inspect.getdoc(value) or "")
    return f"{level} {title}\n\n<pre>{html.escape(f'{name}{signature}')}</pre>\n\n<pre>{text}</pre>"
