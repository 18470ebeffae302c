"""Pages: their links lead somewhere, their commands and settings exist, what is written from the
code is as the code is.
"""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

import lotus
from lotus import docs, errors
from lotus.errors import LotusError
from lotus.settings import Settings
from lotus.system.distribution import EXTRAS
from tests import page_blocks, reference_pages
from tests.bare import BARE
from tests.driving import all_commands

ROOT = Path(__file__).parents[2]
DOCS = Path(docs.__file__).parent
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted(DOCS.rglob("*.ipynb"))]
ENDS = {"&&", "|", ">", "&", ";"}
REPOSITORY = "https://github.com/lotus-video/lotus/blob/main/"
TEXTS = {path: docs._source(path) for path in PAGES}


def _headings(text: str) -> set[str]:
    return {docs._slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


def test_links_lead_somewhere() -> None:
    assert [f"{path.name}: {link}" for path in PAGES for link in _broken_links(path)] == []


def _broken_links(path: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", TEXTS[path], flags=re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
        address, _, anchor = link.partition("#")
        if address.startswith(REPOSITORY):
            target = ROOT / address.removeprefix(REPOSITORY)
        elif "://" in address or address.startswith("mailto:"):
            continue
        else:
            target = (path.parent / address).resolve() if address else path
        if not target.exists() or (anchor and anchor not in _headings(docs._source(target))):
            yield link


def _shown_lines(text: str) -> Iterator[str]:
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.S | re.M):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`(lotus [a-z][^`]*)`", re.sub(r"```.*?```", "", text, flags=re.S))


def _calls(text: str) -> Iterator[list[str]]:
    """Words of each call of lotus that a page shows."""
    for line in _shown_lines(text):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue  # a part of a script, such as an open quote
        starts = [i for i, word in enumerate(words) if word == "lotus" or word.endswith("/lotus")]
        starts = [i for i in starts if "://" not in words[i]]
        for start, stop in pairwise([*starts, len(words)]):
            call = words[start + 1 : stop]
            end = next((i for i, word in enumerate(call) if word in ENDS), None)
            yield call[:end]


def test_commands_and_options_exist() -> None:
    root: Any = all_commands()
    calls = [(path.name, words) for path in PAGES for words in _calls(TEXTS[path])]
    assert len(calls) > 200
    assert [f"{name}: {one}" for name, words in calls for one in _unknown(root, words)] == []


def _unknown(root: Any, words: list[str]) -> Iterator[str]:
    """A command that is not there, or options that it does not have."""
    command, rest = root, list(words)
    while rest and (children := getattr(command, "commands", None)):
        names = rest[0].split("|")
        if not set(names) <= set(children):
            break
        command = children[names[0]]
        rest.pop(0)
    if command is root and rest and re.fullmatch(r"[a-z-]+", rest[0]):
        yield " ".join(words)
    rest = rest[: rest.index("--")] if "--" in rest else rest
    parts = [command, *getattr(command, "commands", {}).values()]
    known = {
        name for part in parts for one in part.params for name in one.opts + one.secondary_opts
    }
    named = {word.split("=")[0] for word in rest if re.match(r"--[a-z]", word)}
    yield from (f"{' '.join(words)}: {one}" for one in named - known - {"--help", "--version"})


def test_blocks_of_code_can_be_read() -> None:
    for path, text in TEXTS.items():
        for kind, block in re.findall(r"^ *```(python|yaml)\n(.*?)^ *```", text, re.S | re.M):
            try:
                ast.parse(textwrap.dedent(block)) if kind == "python" else yaml.safe_load(block)
            except (SyntaxError, yaml.YAMLError) as exc:
                pytest.fail(f"{path.name}: {exc}")


def test_each_block_runs_or_says_why_it_is_not_run() -> None:
    """What runs is run by `tests/integration/test_pages_run.py`."""
    blocks = [block for page in page_blocks.all_pages() for block in page_blocks.page_blocks(page)]
    kinds = {*page_blocks.RUNS, "yaml", "toml", "json", "csv"}
    assert [block.place for block in blocks if block.kind not in kinds and not block.why] == []
    named = {name for block in blocks for name in re.findall(r"tests/[\w/]+\.py", block.why)}
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_files_that_pages_name_exist() -> None:
    pattern = re.compile(
        r"`((?:lotus|batch|tests|dashboards|notebooks|terraform|\.conda)/[\w./-]+)`"
    )
    named = {(path.name, name) for path, text in TEXTS.items() for name in pattern.findall(text)}
    assert len(named) > 40
    assert [one for one in named if not (ROOT / one[1]).exists()] == []


def test_variables_exist() -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    pattern = re.compile(r"\b((?:LOTUS|DB|REPLICATE)_[A-Z_]+)\b")
    named = {(path.name, name) for path, text in TEXTS.items() for name in pattern.findall(text)}
    assert {one for one in named if one[1] not in known and "LOTUS_NOTIFY_" not in one[1]} == set()


@pytest.mark.parametrize("page", reference_pages.PAGES)
def test_pages_written_from_the_code_are_as_the_code_is(page: str) -> None:
    written = (reference_pages.REFERENCE / page).read_text()
    assert written == reference_pages.PAGES[page](), "run python -m tests.reference_pages"


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, one in Settings.model_fields.items() if not one.description] == []


def test_every_error_is_explained() -> None:
    page = TEXTS[DOCS / "reference/errors.md"]
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, LotusError) and kind is not LotusError
    ]
    assert len(kinds) > 15
    assert [kind.__name__ for kind in kinds if f"`{kind.__name__}`" not in page] == []
    assert [kind.code for kind in kinds if f"`{kind.code}`" not in page] == []


def test_every_public_name_is_in_the_reference() -> None:
    page = TEXTS[DOCS / "reference/python.md"]
    assert [name for name in lotus.__all__ if f"::: lotus.{name}\n" not in page] == []


def test_every_page_is_in_the_sites_menu() -> None:
    lines = re.findall(r"^\s+- (\S+\.(?:md|ipynb))$", (ROOT / ".mkdocs.yml").read_text(), re.M)
    pages = {path.relative_to(DOCS).as_posix() for path in PAGES if DOCS in path.parents}
    assert set(lines) == pages


def test_readme_fits_a_screen_and_a_half() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 700


def test_the_changelog_is_for_people_who_upgrade() -> None:
    """A line under its subject; a merge that brings removed lines back is seen here."""
    text = (ROOT / "CHANGELOG.md").read_text()
    assert len(text.split()) <= 2500
    assert text.count("### Added") == 1


def test_the_documentation_is_written_as_html_without_a_network(tmp_path: Path) -> None:
    first = docs.write_site(tmp_path)
    assert first.is_file()
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == len(PAGES) - 1
    for page in pages:
        text = page.read_text()
        assert not re.search(r'(?:src|href)="https?://[^"]*\.(?:js|css)"', text)
        for link in re.findall(r'(?:href|src)="([^"#:]+)(?:#[^"]*)?"', text.split("<main>")[0]):
            assert (page.parent / link).is_file(), f"{page.name}: {link}"


def test_the_offline_reference_has_methods_and_needs_no_extra() -> None:
    """In a process without the modules of extras, as after a plain installation."""
    code = BARE.format(hidden=set(EXTRAS), commands=[]) + (
        "from pathlib import Path\nfrom lotus import docs\n"
        "print(docs.write_site(Path('site')).with_name('reference') / 'python.html')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = Path(done.stdout.strip()).read_text()
    for name in ("Job.with_scene", "Storyboard.moved", "Campaign.results", "Experiment.rate"):
        assert f">{name}<" in text, name
