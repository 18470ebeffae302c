"""A field of a YAML document, changed in its text: comments, order and style of the rest stay."""

from __future__ import annotations

import json
import re

import yaml

__all__ = ["line_end", "with_field"]


def with_field(text: str, name: str, value: str, within: str = "") -> str:
    """The text with `name: value` in the document, or in its group of the name `within`; both are
    made where they are missing. `value` is JSON, of one line.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None or not isinstance(root, yaml.MappingNode):
        return text
    group = _value(root, within) if within else root
    if isinstance(group, yaml.MappingNode) and (group.value or group.flow_style):
        return _in_group(text, group, name, value)
    if group is not None:  # null, or nothing at all
        return _replaced(text, group, "{" + f"{json.dumps(name)}: {value}" + "}")
    return _in_group(text, root, within, "{" + f"{name}: {value}" + "}")


def line_end(text: str) -> str:
    """How lines of the text end."""
    return "\r\n" if "\r\n" in text else "\n"


def _value(group: yaml.MappingNode, name: str) -> yaml.Node | None:
    values = (value for key, value in group.value if key.value == name)
    return next(values, None)


def _in_group(text: str, group: yaml.MappingNode, name: str, value: str) -> str:
    there = _value(group, name)
    if there is not None:
        return _replaced(text, there, value)
    end = line_end(text)
    if group.flow_style:
        at = group.start_mark.index + 1
        return f"{text[:at]}{name}: {value}{', ' if group.value else ''}{text[at:]}"
    first = group.value[0][0].start_mark
    if first.column == 0:  # the document itself
        return f"{text.rstrip()}{end}{name}: {value}{end}"
    return f"{text[: first.index]}{name}: {value}{end}{' ' * first.column}{text[first.index :]}"


def _replaced(text: str, node: yaml.Node, value: str) -> str:
    """The value in place of the node, and of a comment on it in the same line."""
    start = node.start_mark.index
    stop = max(start, len(text[: node.end_mark.index].rstrip()))  # a block takes its line ends in
    gap = "" if start and text[start - 1].isspace() else " "
    comment = re.match(r"[ \t]+#[^\r\n]*", text[stop:])
    stop += comment.end() if comment else 0
    return f"{text[:start]}{gap}{value}{text[stop:]}"
