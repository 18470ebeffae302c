"""Files and packages that travel with a campaign (`--with`), and versions of what it imports."""

from __future__ import annotations

import ast
import io
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib import metadata
from inspect import getmodulename
from pathlib import Path
from typing import Any

from lotus.errors import InvalidInput

__all__ = ["archive_of", "contents_of", "imported_modules", "parse_module", "versions"]

MOST_BYTES = 100_000_000
BY_NAME = ("import_module", "__import__")
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the same files are the same bytes


def contents_of(
    paths: Iterable[Path], travels: Callable[[Path], bool] = lambda file: True
) -> dict[str, tuple[Path, bytes]]:
    """Files and folders with their content, by their names in an archive; raises InvalidInput."""
    contents: dict[str, tuple[Path, bytes]] = {}
    total = 0
    for path in paths:
        for name, file in _files(path):
            if not travels(file):
                continue
            total += file.stat().st_size
            if total > MOST_BYTES:
                raise _wrong(path, "is too large to travel: 100 MB in all is the most")
            contents[name] = file, file.read_bytes()
    return contents


def archive_of(contents: Mapping[str, tuple[Path, bytes]]) -> bytes:
    """One archive, the same bytes for the same content."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (_, content) in contents.items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_DATE), content)
    return target.getvalue()


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    path = path.expanduser().absolute()
    if path.is_file():
        yield path.name, path
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            inner = file.relative_to(path.parent)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
            if file.is_file() and not hidden:
                yield inner.as_posix(), file
    else:
        raise _wrong(path, "is not there")


def _wrong(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        file=str(path), field="with", reason=reason, remedy="name a file or a folder of modules"
    )


def imported_modules(trees: Iterable[ast.Module]) -> list[str]:
    """Top-level names of all modules that cells import."""
    names: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and _function_name(node) in BY_NAME:
            texts = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
            names |= {text.partition(".")[0] for text in texts if isinstance(text, str)}
    return sorted(names - set(sys.stdlib_module_names) - {""})


def _function_name(call: ast.Call) -> str:
    """The last part of the function's name."""
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def parse_module(file: Path) -> list[ast.Module]:
    """The module's tree; none if it cannot be read, which its import will say."""
    try:
        return [ast.parse(file.read_bytes())]
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _changed_at(folder: str) -> tuple[str, int]:
    """A folder of modules, and when a package was last added to it or removed."""
    with suppress(OSError):
        return folder, os.stat(folder or ".").st_mtime_ns
    return folder, 0


def _offered_by(package: metadata.Distribution) -> set[str]:
    """Top-level modules of a package. What the standard library has for it looks at each file of
    each package as a path, for half a second.
    """
    names = (package.read_text("top_level.txt") or "").split()
    files = (line.partition(",")[0] for line in (package.read_text("RECORD") or "").splitlines())
    parts = (file.partition("/") for file in files if not names)
    return {*names, *(top if slash else getmodulename(top) or "" for top, slash, _ in parts)}


@lru_cache(maxsize=1)
def _packages(folders: tuple[tuple[str, int], ...]) -> Mapping[str, metadata.Distribution]:
    """Which package offers a module, in these folders as they are now."""
    offers: dict[str, metadata.Distribution] = {}
    for package in metadata.distributions():
        for module in _offered_by(package):
            offers.setdefault(module, package)
    return offers


def versions(modules: Iterable[str]) -> dict[str, Any]:
    """Python's version, and those of the packages that offer these modules here."""
    packages = _packages(tuple(map(_changed_at, sys.path)))
    imports = [packages[module] for module in modules if module in packages]
    python = ".".join(map(str, sys.version_info[:2]))
    return {"python": python, **{package.name: package.version for package in imports}}
