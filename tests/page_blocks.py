"""Runs the blocks of a page of the documentation in order, as a reader would paste them.

    python -m tests.page_blocks how-to/brand.md       # in an empty folder; READY names its files

A block that cannot run here has a line `<!-- not run: why -->` before it. A YAML block that begins
with `# name.yaml`, and a block after `<!-- file: NAME -->`, are written to that file. The Python of
a page shares its names, as in a notebook. Ids that pages show stand for those of the newest job,
campaign or token.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus import docs
from tests import reference_pages
from tests.driving import LOTUS, inside

__all__ = ["LOTUS", "PageBlock", "all_pages", "page_blocks", "run_page", "runnable_pages"]

DOCS = Path(docs.__file__).parent
BLOCK = re.compile(
    r"^(?: *<!-- (?P<note>[^\n]*) -->\n)?(?P<indent> *)```(?P<kind>\w*)\n(?P<text>.*?)^ *```$",
    re.S | re.M,
)
RUNS = ("sh", "python")
ELSEWHERE = {  # a note before a block, or a page -> the test that runs it
    "service": "tests/integration/test_service.py",
    "aws": "tests/integration/test_begin_aws.py",
    "how-to/notebooks.md": "tests/integration/test_at_home.py",
    "how-to/own-provider.md": "tests/integration/test_own_provider.py",
}
FILE = re.compile(r"# ([\w-]+\.ya?ml)\n")
SHOWN_ID = re.compile(r"\b(?:0b1f4c2e|9d02aa17|ID|A B)\b")
IDS = {"batch": "campaign_id", "tokens": "id", "jobs": "job_id"}  # of `lotus ... list --json`
INSTALLS = re.compile(r"^(?:\.venv/bin/)?pip install .*$|^python3 -m venv .*$", re.M)

BEFORE = {  # what a page takes for granted
    "reference/metrics.md": """
import lotus
grid = {"prompt": ["A dog runs"], "style": ["noir"]}
exp = lotus.Experiment("styles", base={}, grid=grid, seconds=1)
exp.run()
"""
}


@dataclass(frozen=True)
class PageBlock:
    """A block of code of a page, and why it is not run."""

    page: str
    line: int
    kind: str
    text: str
    why: str = ""  # it is not run
    file: str = ""  # it is written to

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page}:{self.line}"


def page_blocks(page: str) -> Iterator[PageBlock]:
    """All blocks of a page (its name below the folder of the documentation)."""
    text = (DOCS / page).read_text()
    for match in BLOCK.finditer(text):
        code = re.sub(f"^{match['indent']}", "", match["text"], flags=re.M)
        verb, _, rest = (match["note"] or "").partition(": ")
        why = rest if verb == "not run" else ELSEWHERE.get(verb, ELSEWHERE.get(page, ""))
        named = FILE.match(code) if match["kind"] == "yaml" else None
        file = rest if verb == "file" else named[1] if named else ""
        line = text.count("\n", 0, match.start()) + 1
        yield PageBlock(page, line, match["kind"], code, why, file)


def runnable_pages() -> list[str]:
    """Pages with a block that runs."""
    return [page for page in all_pages() if any(_runs(block) for block in page_blocks(page))]


def all_pages() -> list[str]:
    """Pages that are written by hand, by their names."""
    pages = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    return [page for page in pages if Path(page).name not in reference_pages.PAGES]


def _runs(block: PageBlock) -> bool:
    return not block.why and block.kind in RUNS and bool(_commands(block).strip())


def _commands(block: PageBlock) -> str:
    """The block without what installs: the first hour in empty environments does that."""
    return INSTALLS.sub("", block.text) if block.kind == "sh" else block.text


def run_page(page: str) -> None:
    """Run the blocks in the current folder; the first that fails ends it, with its place."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(BEFORE.get(page, ""), names)
    for block in page_blocks(page):
        if block.file:
            Path(block.file).write_text(block.text)
        if not _runs(block):
            continue
        sys.stdout.write(f"-- {block.place}\n{block.text}")
        sys.stdout.flush()
        if block.kind == "python":
            _run_python(block, names)
        else:
            _run_shell(block)


def _run_python(block: PageBlock, names: dict[str, Any]) -> None:
    code = compile(block.text, block.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        asyncio.run(result)


def _run_shell(block: PageBlock) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for line in _commands(block).replace("\\\n", "").splitlines():
        if line.startswith("export "):
            _export(line)
            continue
        done = subprocess.run(
            ["bash", "-c", _with_ids(line)],
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            sys.exit(f"{block.place}: exit code {done.returncode}: {line}")


def _export(line: str) -> None:
    """Variables that a line of a shell exports hold for the page's later blocks too."""
    variables = subprocess.run(["bash", "-c", f"{line}\nenv -0"], capture_output=True, check=True)
    os.environ.update(
        one.split("=", 1) for one in variables.stdout.decode().split("\0") if "=" in one
    )


def _with_ids(line: str) -> str:
    """A command with ids of what is there; the first row of `rows.csv` is called `a`."""
    line = re.sub(r"\bROW\b", "a", line)
    if not SHOWN_ID.search(line):
        return line
    words = ("batch" if "campaign" in line else word for word in line.split()[1:2])
    kind = next((word for word in words if word in IDS), "jobs")
    listing = inside(kind, "list", "--json").json
    rows = listing if isinstance(listing, list) else listing[kind]
    ids = [row[IDS[kind]] for row in rows]
    newest = {"A B": " ".join(reversed(ids[:2]))}  # the earlier one first
    return SHOWN_ID.sub(lambda match: newest.get(match[0], ids[0]), line)


if __name__ == "__main__":
    run_page(sys.argv[1])
