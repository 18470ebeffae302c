"""Rounds of prompts by an author who had not seen the reader: what of them is read rightly now.

`fields` are what a prompt sets, `never_on_screen` words that may stand neither in a caption nor in
a description, `must_show` what the film shows or says in some words, `says` what it says word for
word.
Round 3 is left out of all training. The page on prompts tells how each was read the first time.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import lotus
from lotus.planning.planners import plan
from lotus.planning.talk_words import word_set
from lotus.planning.understanding import obeyed, understand

DATA = Path(__file__).parents[1] / "data"
RATIOS = {"9:16": 9 / 16, "1:1": 1.0, "16:9": 16 / 9}
NAMES = {"aspect": "aspect_ratio", "call_to_action": "cta"}
LANGUAGES = {"en": "english", "es": "spanish", "pt": "português portuguese"}
LITTLE = word_set(
    "a an the of in on at to for and or is are was with by our we you your it its der die das "
    "und ein eine im le la les de du des un une et el los las y o os as e em da do il lo di per "
    "von mit zu"
)
UNSPACED = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
MOST_WORDS_LOST = 0.02  # of all words of the prompts, in no row of their explanation


def _folded(text: object) -> str:
    marks = str.maketrans({"’": "'", "“": '"', "”": '"'})
    return re.sub(r"\s+", " ", str(text).casefold().translate(marks)).strip()


def _stems(text: object) -> list[str]:
    words = [word for word in re.findall(r"[^\W_]+", _folded(text)) if word not in LITTLE]
    stems: list[str] = []
    for word in words:
        pairs = [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        stems += pairs if UNSPACED.search(word) else [word if len(word) < 5 else word[:-3] or word]
    return stems


def _share(text: object, reading: str) -> float:
    stems = _stems(text)
    return sum(stem in _folded(reading) for stem in stems) / len(stems) if stems else 0.0


def _is_read(name: str, value: Any, prompt: str) -> bool:
    reading = understand(prompt)
    brief = obeyed(lotus.Brief(prompt=prompt), lambda warning: None)
    found = next((one for one in reading.fields if one.field == name), None)
    words = f"{found.value} {found.words}" if found else ""
    if name == "duration_seconds":
        return found is not None and found.value == float(value)
    if name == "aspect_ratio":
        width, height = map(float, re.findall(r"[\d.]+", value)[:2])
        near = min(RATIOS, key=lambda shape: abs(math.log(width / height / RATIOS[shape])))
        return brief.aspect_ratio == near
    if name == "brand":
        return brief.brand is not None and _folded(brief.brand.name) == _folded(value)
    if name == "cta":
        action = brief.cta or ""
        near_action = _share(value, action) >= 0.5 or _folded(action) in _folded(value)
        return bool(action) and near_action
    if name == "language":
        named = LANGUAGES.get(value, value).split()
        return found is not None and (_folded(found.value) in (value, *named) or value == "en")
    if name == "tone":
        words = " ".join((*reading.instructions, *reading.exclusions, words))
    if name == "music" and brief.music == value:
        return True
    return _share(value, words) >= 0.5


def _faults(case: dict[str, Any]) -> list[str]:
    prompt = case["prompt"]
    board = plan(lotus.Brief(prompt=prompt, duration_seconds=20))
    brand = board.brief.brand.name if board.brief.brand else ""
    lines = _folded("\n".join(scene.caption or "" for scene in board.scenes))
    looks = [board.look.words, board.look.subject]
    seen = _folded("\n".join((*looks, *(scene.description for scene in board.scenes))))
    voices = [scene.narration or "" for scene in board.scenes]
    voices += [line.text for scene in board.scenes for line in scene.dialogue]
    heard = "\n".join(
        (lines, _folded(brand), _folded(board.brief.cta or ""), *map(_folded, voices))
    )
    faults = []
    for name, value in (case.get("fields") or {}).items():
        field = NAMES.get(name, name)
        faults += [] if _is_read(field, value, prompt) else [f"{field} is not {value}"]
    for words in case.get("never_on_screen") or ():
        pattern = rf"(?<!\w){re.escape(_folded(words))}(?!\w)"
        faults += [f"{words} is written"] if re.search(pattern, lines) else []
        faults += [f"{words} is described"] if re.search(pattern, seen) else []
    for words in case.get("must_show") or ():
        told = f"{seen}\n{heard}"
        shown = _folded(words) in told or _share(words, told) >= 0.6
        faults += [] if shown else [f"{words} is lost"]
    bare = re.sub(r"\W+", " ", heard)
    for words in case.get("says") or ():
        said = re.sub(r"\W+", " ", _folded(words)).strip() in bare
        faults += [] if said else [f"{words} is not said"]
    return faults


def _lost_words(prompt: str) -> tuple[int, int]:
    """How many words of a prompt stand in no row of its explanation, and how many it has."""
    rows = " ".join(cell for row in understand(prompt).rows() for cell in row[1:])
    words = re.findall(r"[^\W\d_]{4,}", _folded(prompt))
    return sum(word not in _folded(rows) for word in words), len(words)


@pytest.mark.parametrize(
    ("name", "least", "most_written"), [("round1", 0.5, 0), ("round2", 0.3, 3), ("round3", 0.05, 9)]
)
def test_prompts_of_strangers_are_read_and_no_word_of_them_gets_lost(
    name: str, least: float, most_written: int, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = yaml.safe_load((DATA / f"prompts_{name}.yaml").read_text(encoding="utf-8"))
    faults = {case["prompt"]: wrong for case in cases if (wrong := _faults(case))}
    share = 1 - len(faults) / len(cases)
    written = [one for wrong in faults.values() for one in wrong if one.endswith(" is written")]
    counts = [_lost_words(case["prompt"]) for case in cases]
    with capsys.disabled():
        print(f"\n{name}: {share:.1%} wholly right, {len(written)} instructions written")
    assert len(written) <= most_written, written
    assert sum(few for few, _ in counts) <= MOST_WORDS_LOST * sum(many for _, many in counts)
    assert share >= least, "\n".join(f"{p[:60]}: {w}" for p, wrong in faults.items() for w in wrong)
