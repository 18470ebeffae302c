"""The pages of the reference that are written from the code: commands, settings, models, documents,
the HTTP API, and the picture of the folders.

    python -m tests.reference_pages        # write them; a test compares
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel

from lotus.composition.captions.styles import STYLES
from lotus.composition.picture.transitions import TRANSITIONS
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.models import table as model_table
from lotus.models.catalog import TASKS, read_catalog
from lotus.server.table import ROUTES
from lotus.settings import Settings
from tests.driving import all_commands, inside

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "lotus/docs/reference"
EXAMPLES = Path(__file__).parent / "data/command_examples.toml"
KINDS = {"str": "text", "int range": "int", "float range": "float"}  # as readers call types
WIDE, BOX, ROW = 720, 140, 46  # of the picture of the folders
GENERATED = "<!-- Written by tests/reference_pages.py: change the code, not this page. -->"
DOCUMENTS: Mapping[str, tuple[type[BaseModel], str]] = {
    "Brief": (Brief, "What a video should say: the input of `lotus plan` and `lotus render`."),
    "Storyboard": (Storyboard, "A planned video, scene by scene: the output of `lotus plan`."),
    "Timeline": (Timeline, "Clips, transitions, captions, overlays and audio for `lotus compose`."),
}


def leaf_commands() -> Iterator[tuple[str, Any]]:
    """Each command that can be run, by its whole name, in the order of the help."""
    todo: list[tuple[str, Any]] = [("lotus", all_commands())]
    while todo:
        name, command = todo.pop(0)
        children = {
            child: value
            for child, value in getattr(command, "commands", {}).items()
            if not value.hidden
        }
        todo = [(f"{name} {child}", value) for child, value in children.items()] + todo
        alone = getattr(command, "invoke_without_command", False) and name != "lotus"
        if not children or alone:
            yield name, command


def _own_parameters(command: Any) -> list[Any]:
    """A command's parameters; a group that runs alone may have them in its hidden `show`."""
    hidden = getattr(command, "commands", {}).get("show")
    own = hidden.params if hidden is not None and hidden.hidden else command.params
    return [one for one in own if one.name != "help" and not one.hidden]


def commands() -> str:
    """Every command with its usage, an example and its options."""
    examples = tomllib.loads(EXAMPLES.read_text())
    lines = [
        "# Commands",
        "",
        GENERATED,
        "",
        "`--json` prints one JSON document and nothing else. Exit codes: 0 done;",
        "1 the work failed or a check did not pass; 2 the input was wrong, nothing was started.",
        "`lotus COMMAND --help` prints the same as this page.",
        "",
    ]
    for name, command in leaf_commands():
        lines += [f"## {name}", "", _sentence(command.help or ""), "", "```sh"]
        lines += [*examples[name].strip().splitlines(), "```", ""]
        lines += _parameters(command)
    return "\n".join(lines)


def _parameters(command: Any) -> list[str]:
    rows = [_parameter(one) for one in _own_parameters(command)]
    heading = ["| argument or option | meaning | default |", "| --- | --- | --- |"]
    return [*heading, *rows, ""] if rows else []


def _parameter(parameter: Any) -> str:
    option = parameter.param_type_name == "option"
    if option:
        names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
        if not parameter.is_flag:
            names += f" {KINDS.get(parameter.type.name, parameter.type.name).upper()}"
    else:
        choices = parameter.make_metavar(_context()).split("|")  # a bar would end the cell
        names = " or ".join(f"`{choice}`" for choice in choices)
    default = parameter.default
    known = default not in (None, "", False, ()) and not callable(default)
    meaning = _cell(parameter.help or "") + _range(parameter.type)
    return f"| {names} | {meaning} | {f'`{default}`' if known else ''} |"


def _range(kind: Any) -> str:
    """The limits of a number, as a sentence."""
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is None and high is None:
        return ""
    if high is None:
        return f" At least {low}."
    return f" At most {high}." if low is None else f" From {low} to {high}."


@cache  # all commands are built for it
def _context() -> Any:
    command = all_commands()
    return typer.Context(command)


def settings() -> str:
    """Every environment variable with its meaning and default."""
    lines = [
        "# Settings",
        "",
        GENERATED,
        "",
        "Settings are environment variables, or lines of `.env` in the current folder. An empty",
        "value counts as not set. A wrong value ends a command with exit code 2 and the variable's",
        "name; the value is never printed.",
        "",
        "| variable | meaning | default |",
        "| --- | --- | --- |",
    ]
    for field in Settings.model_fields.values():
        value = field.default
        default = "" if value in (None, "") or value is False else f"`{value}`"
        lines.append(f"| `{field.alias}` | {_cell(field.description or '')} | {default} |")
    return "\n".join([*lines, ""])


def models() -> str:
    """The catalogue: each model with what it makes, its prices, and how old the facts are."""
    catalog = read_catalog(None)
    lines = ["# Models", "", GENERATED, ""]
    lines += [
        "Hosted models that lotus knows. `lotus models NAME` shows one in full. Prices are those",
        "of the day in the last column; `lotus models check` compares them with today's.",
        "[Add your own](../how-to/own-model.md).",
        "",
    ]
    for task in TASKS:
        rows = [model for model in catalog.models.values() if model.tasks[0] == task]
        if rows:
            lines += [f"## {task}", "", "| model | about | seconds | prices | checked |"]
            lines += ["| --- | --- | --- | --- | --- |"]
            lines += [_model(model) for model in rows]
            lines.append("")
    return "\n".join(lines)


def _model(model: Any) -> str:
    lengths = [f"{float(length):g}" for length in (model.seconds.all if model.seconds else ())]
    if len(lengths) > 4:
        lengths = [f"{lengths[0]} to {lengths[-1]}"]
    prices = "; ".join(model_table.prices(model))
    checked = (model.sources and model.sources.checked) or "unknown"
    cells = f"{_cell(model.about)} | {', '.join(lengths)} | {_cell(prices)} | {checked}"
    return f"| [{model.name}](https://replicate.com/{model.replicate}) | {cells} |"


def documents() -> str:
    """The fields of briefs, storyboards and timelines."""
    lines = [
        "# Documents",
        "",
        GENERATED,
        "",
        "Briefs, storyboards and timelines are YAML or JSON. A field that is not named here is",
        "refused. `lotus schema brief` prints the JSON Schema for an editor's completion. Paths",
        "are relative to the file that names them.",
        "",
    ]
    for title, (model, about) in DOCUMENTS.items():
        schema = model.model_json_schema()
        lines += [f"## {title}", "", about, "", *_fields(schema)]
        for name, part in schema.get("$defs", {}).items():
            if "properties" in part:
                lines += [f"### {name} ({title.lower()})", "", _sentence(part.get("description"))]
                lines += ["", *_fields(part)]
    lines += ["## Names", "", "[Compose a timeline](../how-to/edit-a-timeline.md) has pictures."]
    for title, names in (("Transitions", TRANSITIONS), ("Styles of captions", STYLES)):
        lines += ["", f"### {title}", "", ", ".join(f"`{name}`" for name in names)]
    return "\n".join([*lines, ""])


def _fields(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required", ())
    lines = ["| field | value | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in schema["properties"].items():
        default = "required" if name in required else _default(field.get("default"))
        meaning = _cell(field.get("description", ""))
        lines.append(f"| `{name}` | {_cell(_type(field))} | {default} | {meaning} |")
    return [*lines, ""]


def _default(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if value not in (None, [], {}) and len(text) < 60 else ""


def _type(field: Mapping[str, Any]) -> str:
    """A field's type in words: `number from 0 to 1`, `list of Scene`, `one of 16:9, 9:16`."""
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "enum" in field:
        return "one of " + ", ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    for word in ("anyOf", "oneOf"):
        if word in field:
            parts = [_type(part) for part in field[word] if part.get("type") != "null"]
            return " or ".join(dict.fromkeys(parts))
    if field.get("type") == "array":
        items = field.get("items") or (field.get("prefixItems") or [{}])[0]
        return f"list of {_type(items)}"
    return f"{field.get('type', 'any')}{_limits(field)}"


def _limits(field: Mapping[str, Any]) -> str:
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "exclusiveMaximum": "below",
        "maxLength": "of at most",
    }
    if field.get("minLength", 0) > 1:
        return f" of {field['minLength']} to {field['maxLength']}"
    return "".join(f" {word} {field[key]}" for key, word in words.items() if key in field)


def http() -> str:
    """Every route of the service."""
    lines = ["# HTTP API", "", GENERATED, ""]
    lines += [
        "`lotus serve` answers these. The same as OpenAPI 3.1, with every field, is at",
        "`/api/openapi.json` of a running service, and as a page at `/api`.",
        "[What holds for all requests](service.md): tokens, errors, pages of lists, repeats.",
        "",
        "| request | does | answers with | needs the scope |",
        "| --- | --- | --- | --- |",
    ]
    for route in ROUTES:
        nothing = "nothing" if route.status == 204 else route.kind
        answer = getattr(route.answer, "__name__", "") if route.answer else nothing
        cells = f"{_cell(route.summary)} | {route.status} {answer} | {route.scope}"
        lines.append(f"| `{route.method} {route.path}` | {cells} |")
    return "\n".join([*lines, ""])


def playbook() -> str:
    """The operator's playbook, as `lotus doctor --explain` prints it."""
    return inside("doctor", "--explain").out


def rooms() -> str:
    """The folders of lotus as a picture: each row imports only from the rows below it."""
    from tests.unit.test_repository import FLOORS  # which imports this module

    rows = [line.split() for line in reversed(FLOORS["lotus"].strip().splitlines())]
    high = ROW * len(rows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" role="img">',
        "<title>Folders of lotus: each imports only from rows below its own</title>",
        f'<rect width="{WIDE}" height="{high}" fill="#ffffff"/>',
    ]
    for number, row in enumerate(rows):
        left = (WIDE - BOX * len(row)) / 2
        for place, name in enumerate(row):
            x, y = left + BOX * place, ROW * number
            lines += [
                f'<rect x="{x + 6:g}" y="{y + 6}" width="{BOX - 12}" height="{ROW - 12}" rx="6" '
                'fill="#e8eaf6" stroke="#3949ab"/>',
                f'<text x="{x + BOX / 2:g}" y="{y + ROW / 2 + 5:g}" text-anchor="middle" '
                f'font-family="sans-serif" font-size="14" fill="#1a237e">{name}</text>',
            ]
    return "\n".join([*lines, "</svg>", ""])


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: object) -> str:
    return _sentence(str(text)).replace("|", "\\|").replace("<", "&lt;")


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "models.md": models,
    "documents.md": documents,
    "http.md": http,
    "playbook.md": playbook,
    "../images/rooms.svg": rooms,
}


if __name__ == "__main__":
    for page, text in PAGES.items():
        (REFERENCE / page).write_text(text())
