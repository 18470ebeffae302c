"""terraform/ and its Dockerfile under checkov's policies: what is not followed says why, in its
place.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.terraform.running import ROOT

SKIP = re.compile(r"checkov:skip=(\w+)(?::(.*))?")


def test_each_exception_says_why() -> None:
    files = [path for path in ROOT.rglob("*") if path.suffix == ".tf" or path.name == "Dockerfile"]
    found = [
        (path.name, *match.groups()) for path in files for match in SKIP.finditer(path.read_text())
    ]
    assert [one for one in found if len(one[2] or "") < 20] == []


@pytest.mark.slow
def test_no_policy_is_broken_without_a_reason() -> None:
    program = shutil.which("checkov")
    if program is None:
        pytest.skip(
            "checkov is not installed (pipx install checkov): its policies were not checked"
        )
    where = ["--directory", ROOT, "--var-file", ROOT / "environments/prod.tfvars"]
    what = ["--framework", "terraform", "dockerfile", "--quiet", "--compact", "--output", "json"]
    done = subprocess.run(
        [program, *where, *what, "--skip-download"], capture_output=True, text=True
    )
    reports = json.loads(done.stdout)
    failed = [
        (one["check_id"], one["check_name"], one["resource"])
        for report in reports
        for one in report["results"]["failed_checks"]
    ]
    assert failed == []
    assert {report["check_type"] for report in reports} == {"terraform", "dockerfile"}
    assert min(report["summary"]["passed"] for report in reports) > 50, "it looked at what is there"
    assert done.returncode == 0, done.stderr
