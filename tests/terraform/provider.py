"""A provider `hashicorp/aws` that knows the schemas of its resources and nothing else (plugin
protocol 5).

Terraform is told by TF_REATTACH_PROVIDERS to talk to it instead of installing one: the real `init`,
`validate` and `test` (with `mock_provider`) then need neither a registry nor an account. Messages
are encoded here by hand: four of them are needed, and their generated code would be larger than the
rest. https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/tfplugin5.proto
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from tests.terraform.extract import SCHEMA

ADDRESS = "registry.terraform.io/hashicorp/aws"
NESTING = {"struct": 1, "list": 2, "set": 3, "map": 4}
# Arguments that the provider fills in when they are left out; the wheel does not say which.
ALSO_COMPUTED = {
    "arn",
    "availability_zone",
    "bucket",
    "family",
    "id",
    "identifier",
    "name",
    "name_prefix",
    "region",
}


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def _field(number: int, value: str | bytes | int | bool) -> bytes:
    """One field of a message; what is empty is left out, as protobuf does."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(int(value)) if value else b""
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, shape: dict[str, Any], top: bool) -> bytes:
    required = shape.get("required", False)
    only_computed = shape.get("computed", False)
    computed = only_computed or (top and not required and name in ALSO_COMPUTED)
    flags = (
        _field(4, required) + _field(5, not required and not only_computed) + _field(6, computed)
    )
    return _field(1, name) + _field(2, json.dumps(shape["type"])) + flags


def _block(shape: dict[str, Any], top: bool = False) -> bytes:
    out = b"".join(
        _field(2, _attribute(name, found, top)) for name, found in shape["attributes"].items()
    )
    for name, inner in shape["blocks"].items():
        nesting = NESTING[inner["nesting"]]
        limits = (
            b""
            if nesting in (1, 4)
            else _field(4, inner["required"]) + _field(5, 0 if inner["many"] else 1)
        )
        out += _field(3, _field(1, name) + _field(2, _block(inner)) + _field(3, nesting) + limits)
    return out


def _schema(shape: dict[str, Any]) -> bytes:
    return _field(1, 1) + _field(2, _block(shape, top=True))


def _all_schemas() -> bytes:
    shapes = json.loads(lzma.decompress(SCHEMA.read_bytes()))
    out = _field(1, _schema(shapes.pop("provider")))
    for name, shape in shapes.items():
        entry = _field(1, name.removeprefix("data.")) + _field(2, _schema(shape))
        out += _field(3 if name.startswith("data.") else 2, entry)
    return out


class _Answers(grpc.GenericRpcHandler):
    """Gives the schemas, and finds every configuration right that Terraform itself finds right."""

    def __init__(self) -> None:
        schemas = _all_schemas()
        self._answers: dict[str, Any] = {
            "GetSchema": lambda request, context: schemas,
            "PrepareProviderConfig": lambda request, context: request,
            "ValidateResourceTypeConfig": lambda request, context: b"",
            "ValidateDataSourceConfig": lambda request, context: b"",
            "Configure": lambda request, context: b"",
            "Stop": lambda request, context: b"",
        }

    def service(self, handler_call_details: Any) -> Any:
        answer = self._answers.get(handler_call_details.method.rsplit("/", 1)[1])
        return answer and grpc.unary_unary_rpc_method_handler(answer)


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """The provider on a socket; the variables that lead Terraform there, and keep it from the
    internet.
    """
    folder = Path(tempfile.mkdtemp(prefix="lotus-"))
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((_Answers(),))
    server.add_insecure_port(f"unix:{folder / 'p'}")
    server.start()
    where = {"Network": "unix", "String": str(folder / "p")}
    plugin = {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": where,
    }
    try:
        yield {
            "TF_REATTACH_PROVIDERS": json.dumps({ADDRESS: plugin}),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }
    finally:
        server.stop(None)
        shutil.rmtree(folder, ignore_errors=True)
