"""Which font file draws which text: the fonts that come with lotus's dependencies, and the brand's
own.

libass falls back between fonts only with the system's help, which differs from machine to machine,
so lotus chooses a font for every cluster of characters itself and hides the system's fonts
(`FontBook.environment`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from lotus.composition.text.ass import clean
from lotus.composition.text.emoji import artwork
from lotus.composition.text.faces import Face, file_digest, is_named, read_face
from lotus.composition.text.unicode import (
    clusters,
    glyph_characters,
    han_variant,
    kana,
    neutral,
    pictorial,
)
from lotus.errors import MediaError

__all__ = ["FAMILIES", "Face", "Family", "FontBook", "default_fonts", "read_face"]

_SOURCE = "static/weblate_fonts/source-sans/ttf"
_KURINTO = "static/weblate_fonts/kurinto/ttf"
BRAND = "Brand"
EMOJI = "Noto Emoji"
KANA = "Kana"
_REMEDY = "pip install weblate-fonts manimgx-fonts"
# fontconfig is shown one font, as it complains about none at all, and a cache that it may write
_FONTCONFIG = """<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{folder}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Family:
    """Font files of one design by weight. `scale` evens out how large its letters look beside
    Latin; `stroke`, in ems, thickens letters of which there is no bold.
    """

    name: str
    package: str
    folder: str
    files: tuple[tuple[int, str], ...]
    scale: float = 1.0
    stroke: float = 0.0


def _noto(script: str, scale: float = 1.0) -> Family:
    return Family(
        f"Noto Sans {script}", "manimgx_fonts", "", ((400, f"NotoSans{script}[wght].ttf"),), scale
    )


def _kurinto(variant: str) -> Family:
    # bold alone: libass reads all of every file, and these are of 5 to 10 MB
    files = ((700, f"KurintoSans{variant}-Bd.ttf"),)
    return Family(f"Kurinto Sans {variant}", "weblate_fonts", _KURINTO, files, 0.96)


_WEIGHTS = ((400, "Regular"), (600, "Semibold"), (700, "Bold"), (900, "Black"))
_SCRIPTS = [
    "Hebrew",
    "Thai",
    "Devanagari",
    "Bengali",
    "Gujarati",
    "Gurmukhi",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Oriya",
    "Sinhala",
    "Armenian",
    "Georgian",
    "Ethiopic",
    "Khmer",
    "Lao",
    "Myanmar",
]
_HAN = ("SC", "TC", "JP", "KR")
# in order of preference: the first family that has a character draws it
FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family(
            "Source Sans 3",
            "weblate_fonts",
            _SOURCE,
            tuple((w, f"SourceSans3-{s}.ttf") for w, s in _WEIGHTS),
        ),
        *(_noto(script) for script in _SCRIPTS),
        Family(
            "Kurinto Sans",
            "weblate_fonts",
            _KURINTO,
            ((400, "KurintoSans-Rg.ttf"), (700, "KurintoSans-Bd.ttf")),
        ),
        *map(_kurinto, _HAN),
        # its kana are light even in the bold: with a stroke they go with the Han characters
        Family(
            KANA, "weblate_fonts", _KURINTO, ((700, "KurintoSansJP-Bd.ttf"),), 0.96, stroke=0.02
        ),
        _noto("Symbols"),
        Family("Noto Sans", "manimgx_fonts", "", ((400, "NotoSans[wght].ttf"),)),
        Family(EMOJI, "manimgx_fonts", "", ((400, "NotoEmoji[wght].ttf"),), 0.86),
    )
}


_HAN_RANK = list(FAMILIES).index("Kurinto Sans SC")
_RANK = {n: _HAN_RANK if n.endswith(_HAN) else i for i, n in enumerate(FAMILIES)}


@dataclass(frozen=True)
class FontBook:
    """The fonts at hand. `files` has the installed ones as (family, weight, path), in order of
    preference.
    """

    cache: Path
    files: tuple[tuple[str, int, Path], ...]

    @property
    def directory(self) -> Path:
        """A folder with every font, for `fontsdir`; that of `directory_for` is smaller and starts
        faster.
        """
        return self._folder({path for _, _, path in self.files})

    def directory_for(self, document: str) -> Path:
        """A folder with only the fonts that this ASS document names: libass reads every file in it
        first.
        """
        names = set(re.findall(r"\\fn([^\\}]*)", document))
        first = self.files[0][0]
        return self._folder(
            {p for family, _, p in self.files if family == first or is_named(p, names)}
        )

    def environment(self) -> dict[str, str]:
        """What ffmpeg's process needs besides its own environment, so that no system font is looked
        for.
        """
        folder = self._folder({self.face(self.files[0][0], 600).path})
        path = folder.with_suffix(".conf")
        if not path.exists():
            _write(
                path,
                _FONTCONFIG.format(folder=escape(str(folder)), cache=escape(f"{folder}.cache")),
            )
        return {"FONTCONFIG_FILE": str(path)}

    def runs(self, text: str, whole: str = "") -> tuple[tuple[str, str], ...]:
        """(family, text) stretches that make up the text, each with a family that has its
        characters.

        `whole` is what the text is a part of: it decides whose Han characters are meant.
        """
        order = self._families(han_variant(whole or text))
        runs: list[tuple[str, str]] = []
        for cluster in clusters(text):
            family = self._family(cluster, runs[-1][0] if runs else None, order)
            if runs and runs[-1][0] == family:
                runs[-1] = (family, runs[-1][1] + cluster)
            else:
                runs.append((family, cluster))
        return tuple(runs)

    def missing(self, text: str) -> str:
        """The characters of the text that no font has, each once."""
        order = self._families("SC")
        lost_characters = (
            c
            for cluster in clusters(clean(text))
            if artwork(cluster) is None
            for c in glyph_characters(cluster)
            if not c.isspace() and not any(self._covers(f, c) for f in order)
        )
        return "".join(dict.fromkeys(lost_characters))

    def face(self, family: str, weight: int) -> Face:
        """The file of this family that is nearest in weight."""
        choices = [(abs(w - weight), -w, path) for name, w, path in self.files if name == family]
        return read_face(min(choices)[2])

    def scale(self, family: str) -> float:
        """How much larger or smaller to set this family, so that it fits beside Latin."""
        return FAMILIES[family].scale if family in FAMILIES else 1.0

    def stroke(self, family: str) -> float:
        """How much to thicken this family's letters, in ems."""
        return FAMILIES[family].stroke if family in FAMILIES else 0.0

    def fingerprint(self) -> str:
        """Changes when any font does: sha256, hex."""
        rows = (f"{family}:{weight}:{file_digest(path)}\n" for family, weight, path in self.files)
        return hashlib.sha256("".join(rows).encode()).hexdigest()

    def _families(self, variant: str) -> tuple[str, ...]:
        names = dict.fromkeys(family for family, _, _ in self.files)
        return tuple(sorted(names, key=lambda n: (_RANK.get(n, -1), not n.endswith(f" {variant}"))))

    def _family(self, cluster: str, before: str | None, order: tuple[str, ...]) -> str:
        if artwork(cluster) is not None and any(name == EMOJI for name, _, _ in self.files):
            return EMOJI
        for special, belongs in ((EMOJI, pictorial), (KANA, kana)):
            if belongs(cluster) and self._covers(special, cluster):
                return special
        if (
            before not in (None, EMOJI, KANA)
            and neutral(cluster)
            and self._covers(str(before), cluster)
        ):
            return str(before)
        for part in (cluster, cluster[0]):
            for family in order:
                if self._covers(family, part):
                    return family
        return order[0]

    def _covers(self, family: str, cluster: str) -> bool:
        return any(
            name == family and all(map(read_face(path).has, glyph_characters(cluster)))
            for name, _, path in self.files
        )

    def _folder(self, paths: set[Path]) -> Path:
        digests = sorted((file_digest(path), path) for path in paths)
        key = hashlib.sha256("".join(digest for digest, _ in digests).encode()).hexdigest()[:16]
        folder = self.cache / key
        folder.mkdir(parents=True, exist_ok=True)
        for digest, path in digests:
            target = folder / f"{digest[:16]}{path.suffix.lower()}"
            if not target.exists():
                _link(path, target)
        return folder


def default_fonts(cache: Path, extra: Path | None = None) -> FontBook:
    """The fonts of the installed packages; `extra`, the brand's own, comes first where it has the
    glyphs.
    """
    own = read_face(extra.resolve()) if extra else None
    brand = ((BRAND, own.weight, own.path),) if own else ()
    files = tuple(
        (family.name, weight, folder / name)
        for family in FAMILIES.values()
        if (folder := _package_folder(family.package, family.folder))
        for weight, name in family.files
        if (folder / name).is_file() and not _same_name(own, family, folder / name)
    )
    if not files:
        raise MediaError(file="captions", reason="no fonts are installed", remedy=_REMEDY)
    return FontBook(cache.resolve(), brand + files)


def _same_name(own: Face | None, family: Family, path: Path) -> bool:
    """libass could not tell such a file from the brand's."""
    return own is not None and own.name.startswith(family.name) and read_face(path).name == own.name


@lru_cache
def _package_folder(package: str, folder: str) -> Path | None:
    """Where a package keeps its fonts, found without importing it."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / folder if places else None


def _link(source: Path, target: Path) -> None:
    """Another process may do the same at the same time: both make the same file and the last one
    stays.
    """
    partial = target.with_name(f".{os.getpid()}-{target.name}")
    partial.unlink(missing_ok=True)
    try:
        partial.symlink_to(source)
    except OSError:
        shutil.copyfile(source, partial)
    partial.replace(target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
