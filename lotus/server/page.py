"""The API's documentation as one page without scripts, made of the OpenAPI document."""

from __future__ import annotations

import html
import json
from typing import Any

__all__ = ["page"]

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.1rem } h2 code { font-size: 1.1rem }
b { display: inline-block; min-width: 3.2rem }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
td:first-child { width: 30% } td:nth-child(2) { width: 34% }
td { border-top: 1px solid #8884; padding: .3rem .6rem .3rem 0; vertical-align: top }
pre { overflow: auto; padding: .8rem; background: #8881; border-radius: .4rem }
"""
Document = dict[str, Any]


def page(document: Document) -> str:
    """The page as HTML."""
    info = document["info"]
    operations = "".join(
        _operation(document, method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
        "content='width=device-width'>"
        f"<title>lotus API {info['version']}</title><style>{STYLE}</style>"
        f"<h1>lotus API</h1><p>{html.escape(info['summary'])} Version {info['version']}; "
        "<a href=/api/openapi.json>as OpenAPI 3.1</a>. Errors are all of one shape: "
        "<code>{error: {code, message, remedy, details, timestamp, request_id}}</code>. "
        "Send <code>Authorization: Bearer TOKEN</code> where the service asks for tokens.</p>"
        f"{operations}{_schemas(document)}</html>"
    )


def _operation(document: Document, method: str, path: str, operation: Document) -> str:
    rows = [
        (
            f"{one['name']} <small>({one['in']})</small>",
            _kind(one["schema"]),
            one.get("description", ""),
        )
        for one in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {})
    for kind, content in body.items():
        rows.append((f"<small>body</small> {html.escape(kind)}", _kind(content["schema"]), ""))
    for status, answer in operation["responses"].items():
        texts = [_kind(content["schema"]) for content in answer.get("content", {}).values()]
        if status < "300" or (status == "503" and "health" in path):
            note = "" if answer["description"] == operation["summary"] else answer["description"]
            rows.append((f"<small>answer</small> {status}", ", ".join(texts), note))
    return (
        f"<h2><b>{method.upper()}</b> <code>{html.escape(path)}</code></h2>"
        f"<p>{html.escape(operation['summary'])}</p><table>{''.join(map(_row, rows))}</table>"
    )


def _row(cells: tuple[str, str, str]) -> str:
    name, kind, texts = cells
    return f"<tr><td>{name}<td>{kind}<td>{html.escape(texts)}"


def _kind(schema: Document) -> str:
    """A schema in a few words, with links to those that have names."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"<a href='#{html.escape(name)}'>{html.escape(name)}</a>"
    if "enum" in schema:
        return html.escape(" | ".join(map(str, schema["enum"])))
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    name = str(schema.get("const", schema.get("format", schema.get("type", "anything"))))
    low = schema.get("minimum")
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    return html.escape(name if low is None or high is None else f"{name}, {low} to {high}")


def _schemas(document: Document) -> str:
    parts = []
    for name, schema in sorted(document["components"]["schemas"].items()):
        required_fields = schema.get("required", ())
        rows = [
            (
                f"<code>{html.escape(field)}</code>"
                f"{'' if field in required_fields else ' <small>optional</small>'}",
                _kind(part),
                _note(part),
            )
            for field, part in schema.get("properties", {}).items()
        ]
        texts = html.escape(schema.get("description", ""))
        parts.append(f"<h2 id='{html.escape(name)}'>{html.escape(name)}</h2><p>{texts}</p>")
        parts.append(f"<table>{''.join(map(_row, rows))}</table>")
    return "<h1>Models</h1>" + "".join(parts)


def _note(part: Document) -> str:
    default = (
        f"default: {json.dumps(part['default'])}"
        if part.get("default") not in (None, [], {})
        else ""
    )
    return "; ".join(filter(None, (part.get("description", ""), default)))
