"""The OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0), made of the table of routes and their
models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from lotus.server.answers import SCHEMA_NAMES, Envelope, Health
from lotus.server.routes import PARAMETERS, Route
from lotus.server.sniffing import UPLOAD_LIMITS

__all__ = ["document"]

ALWAYS = (400, 401, 403, 422, 429, 500, 503)
WHAT = {
    400: "malformed request",
    401: "no token, or one that is not valid",
    403: "not allowed",
    404: "not there",
    405: "method not allowed",
    409: "conflicts with an earlier request, or with the current state",
    411: "no Content-Length",
    413: "too large",
    415: "unsupported kind of content",
    416: "range not satisfiable",
    422: "wrong value: the message names the field and the remedy",
    429: "too many requests",
    500: "a bug in lotus",
    503: "not now",
}
JSON = "application/json"
BYTES = "application/octet-stream"  # generators of clients know no media types of videos
HEALTH = {
    "/health": "Health of the service; it counts as healthy while it starts",
    "/health/live": "Liveness: the process answers",
    "/health/ready": "Readiness: the service can work now",
}
Schema = dict[str, Any]


class _Schemas(GenerateJsonSchema):
    """Generic models by the names that they have in Python: GenerationPage."""

    def normalize_name(self, name: str) -> str:
        public_name = re.sub(r"\w+", lambda word: SCHEMA_NAMES.get(word[0], word[0]), name)
        return super().normalize_name(re.sub(r"^(\w+)\[(\w+)\]$", r"\2\1", public_name))


@cache
def document(routes: tuple[Route, ...], version: str) -> Schema:
    """The whole document."""
    models = _models(routes)
    names, definitions = models_json_schema(
        [
            (model, "validation" if is_body else "serialization")
            for model, is_body in models.items()
        ],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    refs: dict[Any, Schema] = {model: schema for (model, _), schema in names.items()}
    paths: dict[str, Schema] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    for path, summary in HEALTH.items():
        paths[path] = {"get": _health(path, summary, refs[Health])}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lotus",
            "version": version,
            "summary": "From a sentence to a finished video.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(r.path.split("/")[3] for r in routes)],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _models(routes: Sequence[Route]) -> dict[type[BaseModel], bool]:
    """Every model, and whether it is asked (or answered)."""
    models: dict[type[BaseModel], bool] = {Envelope: False, Health: False}
    for route in routes:
        pairs = ((route.answer, False), (route.body, True))
        models |= {model: is_request for model, is_request in pairs if model is not None}
    return models


def _operation(route: Route, refs: dict[Any, Schema]) -> Schema:
    operation: Schema = {
        "operationId": _name(route),
        "summary": route.summary,
        "tags": [route.path.split("/")[3]],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": {**_good(route, refs), **_bad(route, refs[Envelope])},
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": refs[route.body]}},
        }
    if route.kind == "upload":
        binary = {
            "schema": {
                "type": "string",
                "format": "binary",
                "maxLength": max(UPLOAD_LIMITS.values()),
            }
        }
        operation["requestBody"] = {
            "required": True,
            "content": {"application/octet-stream": binary},
        }
    return operation


def _name(route: Route) -> str:
    words = [part.strip("{}") for part in route.path.split("/")[3:]]
    return "_".join([route.method.lower(), *words]).replace(".", "_")


def _path_parameters(route: Route) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{PARAMETERS[name]}$"},
        }
        for name in route.parameters
    ]


def _query_parameters(route: Route) -> list[Schema]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema()
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": part.get("description", ""),
            "schema": _plain(part, definitions),
        }
        for name, part in schema["properties"].items()
    ]


def _plain(part: Schema, definitions: Schema) -> Schema:
    """A parameter cannot be null: it is left away instead."""
    options = [option for option in part.get("anyOf", [part]) if option.get("type") != "null"]
    schema = dict(options[0])
    if "$ref" in schema:
        schema = dict(definitions[schema["$ref"].rsplit("/", 1)[1]])
    omissions = ("title", "default", "description")
    return {name: value for name, value in schema.items() if name not in omissions}


def _headers(route: Route) -> list[Schema]:
    schemas: dict[str, Schema] = {}
    if route.idempotent:
        schemas["Idempotency-Key"] = {"type": "string", "pattern": r"^[\x21-\x7e]{1,200}$"}
    if route.kind == "events":
        schemas["Last-Event-ID"] = {"type": "integer", "minimum": 0, "maximum": 10**17}
    return [
        {"name": name, "in": "header", "required": False, "schema": schema}
        for name, schema in schemas.items()
    ]


def _good(route: Route, refs: dict[Any, Schema]) -> Schema:
    if route.kind == "events":
        fields = {name: {"type": "string"} for name in ("id", "event", "data")}
        one = {"type": "object", "properties": fields, "required": list(fields)}
        stream = {"text/event-stream": {"schema": {"description": "each event", **one}}}
        return {
            "200": {"description": "events", "content": stream},
            "204": {"description": "no more events"},
        }
    if route.kind == "download":
        whole = {
            "description": "the bytes",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in (*route.media, BYTES)
            },
        }
        return {
            "200": whole,
            "206": {**whole, "description": "the bytes that Range names"},
            "304": {"description": "as it was"},
            "307": {"description": "in a bucket"},
        }
    if route.answer is None:
        return {str(route.status): {"description": route.summary}}
    content = {JSON: {"schema": refs[route.answer]}}
    return {str(route.status): {"description": route.summary, "content": content}}


def _bad(route: Route, error_schema: Schema) -> Schema:
    codes = {*ALWAYS, *route.errors}
    codes |= {404} if route.parameters else set()
    codes |= {413, 415} if route.body is not None or route.kind == "upload" else set()
    codes |= {416} if route.kind == "download" else set()
    content = {"content": {JSON: {"schema": error_schema}}}
    return {str(code): {"description": WHAT[code], **content} for code in sorted(codes)}


def _health(path: str, summary: str, health: Schema) -> Schema:
    content = {"content": {JSON: {"schema": health}}}
    return {
        "operationId": "get" + re.sub(r"\W", "_", path),
        "summary": summary,
        "security": [],
        "responses": {
            "200": {"description": "well", **content},
            "503": {"description": "unavailable: the checks say what is wrong", **content},
        },
    }
