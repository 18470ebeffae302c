"""What a notebook takes from around itself: modules and scripts, known by their content.

A campaign has a copy of modules. A row imports them from their place, as in Jupyter, where they are
what they were at the start; where they have changed or are not there, it imports the copy.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from batch.rows.assignments import UNREADABLE, parse_cell
from batch.rows.files import archive_of, contents_of, imported_modules, parse_module

__all__ = ["MODULES", "Surroundings", "changed_files", "changed_modules"]

MODULES = "modules-{:.12}.zip"  # the copy of modules with this hash, in the campaign's folder
LARGEST_BYTES = 1_000_000  # of a file in a package that is no module: larger ones stay behind
PATHS = re.compile(r"sys\.path|chdir|^\s*%?cd\s", re.M)
# scripts that cells run by their names: %run clean.py, !python clean.py
SCRIPT = re.compile(r"^\s*(?:%run|!\s*\S*python[\d.]*)\s+(?:-\w\s+)*['\"]?([^\s'\"]+\.py)\b", re.M)
CHANGES = ("chdir", "path.append", "path.insert", "path.extend")
UPWARDS = {"parent", "parents", "dirname", "pardir"}
Contents = dict[str, tuple[Path, bytes]]


@dataclass(frozen=True)
class Surroundings:
    """Modules and files that code cells take from a folder; `packed` are files that travel anyway.

    Raises InvalidInput if they are too large.
    """

    folder: Path
    cells: tuple[str, ...]
    packed: tuple[Path, ...] = ()

    @cached_property
    def modules(self) -> list[Path]:
        """Files and packages that cells import, and those that these import in turn."""
        trees = [tree for cell in self.cells if "import" in cell for tree in _parse_cell(cell)]
        others = {path.stem for path in self.packed}
        return _modules_in(
            _import_folders(self.folder, self.cells), imported_modules(trees), others
        )

    @cached_property
    def digest(self) -> str:
        """The hash of all modules."""
        return _digest_of_archive(archive_of(contents_of(self.modules, _travels)))

    @cached_property
    def copied(self) -> list[Path]:
        """Modules of which a campaign has a copy: not those that cells name as files, which they
        may write themselves (`%%writefile helper.py`).
        """
        lines = (line for cell in self.cells for line in cell.splitlines())
        source = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
        mentions = re.compile(r"([\w-]+)(?:\.py\b|/)").findall(source)
        return [path for path in self.modules if path.stem not in mentions]

    @cached_property
    def archive(self) -> bytes:
        """Their copy."""
        return archive_of(contents_of(self.copied, _travels))

    def copies(self) -> dict[str, bytes]:
        """The same by its name in the campaign's folder of the store, if there is something."""
        if not self.copied:
            return {}
        return {MODULES.format(_digest_of_archive(self.archive)): self.archive}

    @cached_property
    def scripts(self) -> list[Path]:
        """Files that cells run by their names."""
        names = {name for cell in self.cells for name in SCRIPT.findall(cell)}
        return sorted(path for path in (self.folder / name for name in names) if path.is_file())

    @cached_property
    def script_digests(self) -> dict[str, str]:
        """Their hashes, by their paths from the folder."""
        return {os.path.relpath(path, self.folder): _digest_of(path) for path in self.scripts}

    def fixed(self) -> dict[str, str]:
        """Hashes of files that rows read in the folder itself, so that they may not change:
        scripts, and files that travel but are no modules.
        """
        inside = [path.expanduser().absolute() for path in self.packed]
        inside = [path for path in inside if path.is_relative_to(self.folder)]
        return {**_digests(contents_of(inside, _is_data), self.folder), **self.script_digests}

    def facts(self) -> dict[str, Any]:
        """What whoever runs a row compares: where modules are, seen from the folder, the hash of
        their copy, and hashes of files that may not change.
        """
        facts: dict[str, Any] = {}
        if self.copied:
            places = {path.name: os.path.relpath(path.parent, self.folder) for path in self.copied}
            facts = {"modules": places, "modules_sha256": _digest_of_archive(self.archive)}
        fixed = self.fixed()
        return {**facts, "fixed": fixed} if fixed else facts

    def renew(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts of a campaign with these in place of the old ones; files that travel stay fixed."""
        other = {name: value for name, value in facts.items() if not name.startswith("modules")}
        mine = self.facts()
        fixed = {**facts.get("fixed", {}), **mine.get("fixed", {})}
        return {**other, **mine, "fixed": fixed}


def changed_files(folder: str, digests: Mapping[str, str]) -> list[str]:
    """Files of a folder that are not there, or not with this content."""
    return [name for name, digest in digests.items() if _digest_of(Path(folder, name)) != digest]


def changed_modules(folder: str, places: Mapping[str, str], copy: Path) -> list[str]:
    """Files of modules that are not what they are in the copy."""
    changed = []
    for name, place in places.items():
        for file in _module_files(copy / name):
            path = os.path.normpath(Path(place, file.relative_to(copy)))
            if _digest_of(Path(folder, path)) != _digest_of(file):
                changed.append(path)
    return changed


def _module_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = (file for file in path.rglob("*") if "__pycache__" not in file.parts)
    return sorted(file for file in files if file.is_file())


def _digest_of(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def _digest_of_archive(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


def _digests(contents: Contents, folder: Path) -> dict[str, str]:
    return {
        os.path.relpath(file, folder): hashlib.sha256(content).hexdigest()
        for file, content in contents.values()
    }


def _travels(file: Path) -> bool:
    """Whether a file of a package is copied."""
    return file.suffix == ".py" or file.stat().st_size <= LARGEST_BYTES


def _is_data(file: Path) -> bool:
    return file.suffix != ".py"


def _parse_cell(cell: str) -> list[ast.Module]:
    try:
        return [parse_cell(cell)]
    except UNREADABLE:  # the cell itself will say so
        return []


def _import_folders(folder: Path, cells: Iterable[str]) -> list[Path]:
    """Where cells find modules: their folder, and those that they write into `sys.path` or change
    to, as far as their names stand in the code.
    """
    trees = [tree for cell in cells if PATHS.search(cell) for tree in _parse_cell(cell)]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [name for call in calls if _leads_elsewhere(call) for name in _folder_names(call)]
    others = (Path(os.path.normpath(folder / name)) for name in names)
    return list(dict.fromkeys([folder, *(other for other in others if other.is_dir())]))


def _leads_elsewhere(call: ast.Call) -> bool:
    function = ast.unparse(call.func)
    magic = function.endswith("run_line_magic") and ast.unparse(call.args[0]) == "'cd'"
    return function.endswith(CHANGES) or magic


def _folder_names(call: ast.Call) -> Iterator[str]:
    """Texts in a call, each by itself and all joined."""
    nodes = [node for argument in call.args for node in ast.walk(argument)]
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if any(getattr(node, "attr", "") in UPWARDS for node in nodes):
        texts = ["..", *texts]
    yield from texts
    if len(texts) > 1:
        yield os.path.join(*texts)


def _modules_in(
    folders: Sequence[Path], names: Iterable[str], others: Collection[str]
) -> list[Path]:
    """Modules of these folders with these names, and those that they import; `others` are found
    elsewhere.
    """
    paths: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = next(filter(None, (_module_in(folder, name) for folder in folders)), None)
        if path is not None and name not in paths and name not in others:
            paths[name] = path
            files = [path] if path.is_file() else sorted(path.rglob("*.py"))
            waiting += imported_modules(tree for file in files for tree in parse_module(file))
    return [paths[name] for name in sorted(paths)]


def _module_in(folder: Path, name: str) -> Path | None:
    """As Python looks for it; a folder without `__init__.py` counts if it holds modules."""
    package = folder / name
    if (package / "__init__.py").is_file():
        return None if _is_ours(package) else package
    if package.with_name(f"{name}.py").is_file():
        return package.with_name(f"{name}.py")
    return package if package.is_dir() and any(package.rglob("*.py")) else None


def _is_ours(package: Path) -> bool:
    """Whether it is lotus itself, for somebody who works on it."""
    import lotus

    return any(Path(file).is_relative_to(package.resolve()) for file in (__file__, lotus.__file__))
