"""Known vulnerabilities of what is installed (by pip-audit from osv.dev): fails for one that a
release mends.

Without the network nothing is known: then it says so, and fails nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

AUDIT = (
    "pip_audit",
    "--vulnerability-service",
    "osv",
    "--local",
    "--format",
    "json",
    "--progress-spinner",
    "off",
)


def lines(report: dict[str, Any]) -> list[tuple[bool, str]]:
    """A line for each vulnerability, and whether a newer release mends it."""
    return [
        (
            bool(known["fix_versions"]),
            f"{found['name']} {found['version']}: {known['id']}, {_mended(known)}",
        )
        for found in report["dependencies"]
        for known in found.get("vulns", ())
    ]


def _mended(known: dict[str, Any]) -> str:
    return (
        f"mended in {' and '.join(known['fix_versions'])}"
        if known["fix_versions"]
        else "not mended yet"
    )


def main() -> int:
    """Audit this environment; 1 if something in it is to be renewed."""
    done = subprocess.run([sys.executable, "-m", *AUDIT], capture_output=True, text=True)
    try:
        found = lines(json.loads(done.stdout))
    except ValueError:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        print(f"not audited: {said[-1][:200]}")
        return 0
    for _, line in found:
        print(line)
    print(f"audited: {len(found)} known vulnerabilities")
    return int(any(mends for mends, _ in found))


if __name__ == "__main__":
    sys.exit(main())
