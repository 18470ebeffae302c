"""Rebuild the pictogram and keyword data from npm packages; run by hand, never imported by lotus.

    npm pack @iconify-json/fluent-emoji-flat cldr-annotations-full emojibase-data
    (unpack each tarball into a folder of its own, then)
    python build.py FLUENT_FOLDER CLDR_FOLDER EMOJIBASE_FOLDER

Each folder is the one that holds `package/`. Writes, beside this file,
`pictograms.txt.gz` (name -> SVG body, Fluent Emoji, MIT), `keywords.txt.gz` (a table a language:
folded word
-> pictograms, Unicode CLDR and emojibase) and the licence texts of the latter two.
The same packages give the same bytes.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lotus.providers.animatic.board import fold
from lotus.providers.animatic.lexicon import CELL, ROW, SECTION

HERE = Path(__file__).parent
LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "ru",
    "uk",
    "tr",
    "ar",
    "he",
    "fa",
    "hi",
    "zh",
    "ja",
    "ko",
    "id",
    "vi",
    "th",
    "el",
    "hu",
    "ro",
]
CLDR_NAMES = {"nb": "no"}
SMILEYS, PEOPLE, COMPONENT, ANIMALS, FOOD, TRAVEL, ACTIVITIES, OBJECTS, SYMBOLS, FLAGS = range(10)
TONES = re.compile(r"1F3F[B-F]")
GENDERED = re.compile(r"-200D-264[02]|^1F46[89]-200D")

SELECTION = {
    kind: frozenset(words.split())
    for kind, words in tomllib.loads((HERE / "selection.toml").read_text()).items()
}
KEPT = {SMILEYS: SELECTION["smileys"], SYMBOLS: SELECTION["symbols"], FLAGS: SELECTION["flags"]}
CLOCK_FACE = re.compile(r"-(oclock|thirty)$")


def load(path: Path) -> Any:
    """The JSON document at `path`."""
    return json.loads(path.read_text(encoding="utf-8"))


def is_included(name: str, entry: dict[str, Any]) -> bool:
    """Whether an emoji makes a good board: no skin tones, flags, clock faces, plain symbols, or bad
    taste.
    """
    group: int = entry.get("group", COMPONENT)
    code = entry["hexcode"]
    if (
        TONES.search(code)
        or GENDERED.search(code)
        or CLOCK_FACE.search(name)
        or name in SELECTION["drop"]
    ):
        return False
    names = KEPT.get(group)
    return group != COMPONENT and (names is None or name in names)


def strip_code(code: str) -> str:
    """An emoji's code points without variation selectors, as the icon set spells them."""
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def chosen(fluent: Path, emojibase: Path) -> dict[str, dict[str, Any]]:
    """Pictogram name -> its emojibase entry, sorted by name."""
    names = {strip_code(code): name for code, name in load(fluent / "chars.json").items()}
    entries = load(emojibase / "en" / "data.json")
    included = {
        names[c]: e
        for e in entries
        if (c := strip_code(e["hexcode"])) in names and is_included(names[c], e)
    }
    return dict(sorted(included.items()))


def index(
    entries: dict[str, dict[str, Any]], spoken: dict[str, Any], extra: dict[str, Any]
) -> dict[str, list[int]]:
    """Folded word -> pictogram number * 4 + strength: 3 is its whole name, 2 within its name, 1 a
    keyword.
    """
    words: dict[str, dict[int, int]] = defaultdict(dict)

    def put(word: str, number: int, strength: int) -> None:
        key = fold(word)
        if 0 < len(key) <= 32 and key.count(" ") <= 2:
            words[key][number] = max(words[key].get(number, 0), strength)

    for number, entry in enumerate(entries.values()):
        emoji = entry["emoji"].replace("\ufe0f", "")
        note = spoken.get(emoji, {})
        for name in note.get("tts", []):
            put(name, number, 3)
            for part in name.split():
                put(part, number, 2)
        for keyword in [*note.get("default", []), *extra.get(entry["hexcode"], [])]:
            put(keyword, number, 1)
    return {
        word: [n * 4 + s for n, s in sorted(hits.items())] for word, hits in sorted(words.items())
    }


def spoken_in(cldr: Path, language: str) -> dict[str, Any]:
    """CLDR's names and keywords of one language, by emoji."""
    name = CLDR_NAMES.get(language, language)
    document = load(cldr / "annotations" / name / "annotations.json")
    return {k.replace("\ufe0f", ""): v for k, v in document["annotations"]["annotations"].items()}


def tags_in(emojibase: Path, language: str) -> dict[str, list[str]]:
    """emojibase's tags of one language, by code points; {} when it has no such language."""
    path = emojibase / language / "data.json"
    return {e["hexcode"]: e.get("tags", []) for e in load(path)} if path.exists() else {}


def table(rows: Mapping[str, str]) -> str:
    """A table of words and their values, as `lexicon.py` reads it."""
    return ROW + "".join(f"{word}{CELL}{value}{ROW}" for word, value in sorted(rows.items()))


def write(name: str, sections: Iterable[str]) -> None:
    """One file of tables beside this script."""
    (HERE / name).write_bytes(gzip.compress(SECTION.join(sections).encode(), 9, mtime=0))


def main(fluent: Path, cldr: Path, emojibase: Path) -> None:
    """Write all data files."""
    icons = load(fluent / "icons.json")["icons"]
    entries = {k: v for k, v in chosen(fluent, emojibase).items() if k in icons}
    write("pictograms.txt.gz", [table({name: icons[name]["body"] for name in entries})])
    languages = {c: index(entries, spoken_in(cldr, c), tags_in(emojibase, c)) for c in LANGUAGES}
    named = " ".join(f"{name}:{entry['group']}" for name, entry in entries.items())
    tables = [
        table({w: " ".join(map(str, codes)) for w, codes in t.items()}) for t in languages.values()
    ]
    write("keywords.txt.gz", [f"{' '.join(languages)}{ROW}{named}", *tables])
    for source, target in ((cldr, "LICENSE.cldr"), (emojibase, "LICENSE.emojibase")):
        (HERE / target).write_bytes((source / "LICENSE").read_bytes())


if __name__ == "__main__":
    main(*(Path(argument) / "package" for argument in sys.argv[1:4]))
