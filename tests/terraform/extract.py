"""Makes schema.json.xz: what the AWS provider's resources take, from the wheel
cdktf-cdktf-provider-aws.

    pip download --no-deps cdktf-cdktf-provider-aws && python -m tests.terraform.extract cdktf_*.whl

The wheel holds the provider's schema as generated JavaScript and TypeScript; from them come, for
each resource that terraform/ uses, its arguments with their types, which are required, its blocks
and what it computes.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCHEMA = Path(__file__).with_name("schema.json.xz")
Shape = dict[
    str, Any
    # {attributes: {name: {type, required, computed}}, blocks: {name: {nesting, many, required,
    # **Shape}}}
]

_INTERFACE = re.compile(r"export interface (\w+)([^{]*)\{(.*?)\n\}", re.S)
_PROPERTY = re.compile(r"\n    readonly (\w+)(\??): (.*?);(?=\n    (?:/\*|readonly)|\s*$)", re.S)
_ARGUMENT = (
    r"^ {%d}(\w+): \{\n\s+value: [^\n]*?\(?%s(\w+)[^\n]*\n\s+isBlock: (true|false),\n"
    r"\s+type: \"(\w+)\",\n\s+storageClassType: \"(\w+)\""
)
_OF_RESOURCE = re.compile(_ARGUMENT % (12, r"\(this\._"), re.M)
_OF_BLOCK = re.compile(_ARGUMENT % (8, r"struct\."), re.M)
_COMPUTED = re.compile(r"// (\w+) - computed: true, optional: false, required: false")
_SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}


def used_types(folder: Path = ROOT / "terraform") -> set[str]:
    """The resources and data sources (`data.aws_x`) that the configuration names, and the provider
    itself.
    """
    text = "\n".join(path.read_text() for path in folder.rglob("*.tf"))
    found = re.findall(r'^(resource|data) "(\w+)"', text, re.M)
    return {"provider", *(("data." if kind == "data" else "") + name for kind, name in found)}


def read_wheel(wheel: Path, wanted: set[str]) -> dict[str, Shape]:
    """The shapes of the wanted types. Raises KeyError for one that the wheel has not."""
    folders = {_folder(name): name for name in wanted}
    sources: dict[str, dict[str, str]] = {name: {} for name in wanted}
    with zipfile.ZipFile(wheel) as archive:
        inner = next(name for name in archive.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=archive.open(inner), mode="r|gz") as files:
            for member in files:
                parts = member.name.split("/")
                if (
                    len(parts) == 4
                    and parts[2] in folders
                    and parts[3] in ("index.js", "index.d.ts")
                ):
                    sources[folders[parts[2]]][parts[3]] = files.extractfile(member).read().decode()  # type: ignore[union-attr]
    return {
        name: _resource(found["index.js"], found["index.d.ts"]) for name, found in sources.items()
    }


def _folder(name: str) -> str:
    plain = name.removeprefix("data.").removeprefix("aws_").replace("_", "-")
    return f"data-aws-{plain}" if name.startswith("data.") else plain


def _interfaces(types: str) -> dict[str, tuple[str, dict[str, tuple[bool, str]]]]:
    """Interface -> what it extends, and property -> whether it is required, and its type."""
    return {
        name: (
            base,
            {
                prop: (not optional, kind.strip())
                for prop, optional, kind in _PROPERTY.findall(body + "\n")
            },
        )
        for name, base, body in _INTERFACE.findall(types)
    }


def _resource(script: str, types: str) -> Shape:
    known = _interfaces(types)
    properties = next(
        found
        for name, (base, found) in known.items()
        if "TerraformMetaArguments" in base or name == "AwsProviderConfig"
    )
    body = script[script.rindex("synthesizeHclAttributes") :]
    shape = _shape(_OF_RESOURCE.findall(body), properties, known, script)
    getters = dict(
        re.findall(r"\n    get (\w+)\(\): ([^;]+);", types[types.rindex("export declare class") :])
    )
    kinds = {_snake(name): kind for name, kind in getters.items()}
    for name in _COMPUTED.findall(script[script.rindex("class ") :]):
        if name not in shape["attributes"] and name not in shape["blocks"]:
            shape["attributes"][name] = {"type": _computed(kinds.get(name, "")), "computed": True}
    return shape


def _shape(
    found: list[tuple[str, ...]], properties: dict[str, Any], known: dict[str, Any], script: str
) -> Shape:
    shape: Shape = {"attributes": {}, "blocks": {}}
    for name, property_name, is_block, kind, storage in found:
        required, declared = properties.get(property_name) or properties.get(
            property_name.rstrip("_"), (False, "")
        )
        if is_block == "true":
            inner = re.sub(r"\[\].*| \|.*", "", declared)
            shape["blocks"][name] = {
                "nesting": kind,
                "many": "[]" in declared,
                "required": required,
            }
            shape["blocks"][name] |= _block(inner, known, script)
        else:
            shape["attributes"][name] = {"type": _type(kind, storage), "required": required}
    return shape


def _block(interface: str, known: dict[str, Any], script: str) -> Shape:
    function = f"{interface[0].lower()}{interface[1:]}ToHclTerraform"
    body = re.search(rf"^function {function}\(struct\) \{{(.*?)^\}}", script, re.S | re.M)
    properties = known.get(interface, ("", {}))[1]
    return _shape(_OF_BLOCK.findall(body[1]) if body else [], properties, known, script)


def _type(kind: str, storage: str) -> Any:
    """Terraform's own JSON for a type."""
    if kind == "simple":
        return _SIMPLE.get(storage, "string")
    element = re.sub(r"(List|Map|Set)$", "", storage).lower()
    return [kind, _SIMPLE.get(element, "string")] if kind in ("list", "set", "map") else "dynamic"


def _computed(kind: str) -> Any:
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    return {"string[]": ["list", "string"], "cdktf.StringMap": ["map", "string"]}.get(
        kind, "dynamic"
    )


def _snake(name: str) -> str:
    return re.sub(
        r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])",
        lambda m: (m[1] or m[3]) + "_" + (m[2] or m[4]),
        name,
    ).lower()


if __name__ == "__main__":
    shapes = read_wheel(Path(sys.argv[1]), used_types())
    SCHEMA.write_bytes(
        lzma.compress(json.dumps(shapes, sort_keys=True, separators=(",", ":")).encode())
    )
    print(f"{len(shapes)} types, {SCHEMA.stat().st_size} bytes")
