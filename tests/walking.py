"""schemathesis sends what the document of the API allows, and what it does not: no fault, no answer
of another shape.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.serving import Served

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "use_after_free",
)
LIVE = "get_generations_id_events"  # a job that waits goes on for longer than schemathesis listens


def schemathesis(served: Served, folder: Path, *more: str) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{served.url}/api/openapi.json",
    ]
    command += ["--checks", ",".join(CHECKS), "--seed", "1", "--no-color", "--warnings", "off"]
    if served.token:
        command += ["--header", f"Authorization: Bearer {served.token}"]
    # on a busy machine a decoder takes its time; how soon answers come, the hostile suite tests
    command += ["--exclude-operation-id", LIVE, "--request-timeout", "60", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert not [line for line in served.lines if line["event"] == "fault"]
