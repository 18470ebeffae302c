"""A prompt, understood: which words are a field, an exclusion, form, picture or copy. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.planning.audience import audience_of, language_of, own_language, tone_of
from lotus.planning.brands import sure_brand
from lotus.planning.clauses import DOUBTED, clauses_of, talk_score
from lotus.planning.copywriting import copy_line
from lotus.planning.fields import FIELDS, call_to_action, field_value, with_fields
from lotus.planning.forms import place_of
from lotus.planning.ideas import join, read
from lotus.planning.labels import label_of
from lotus.planning.markup import is_time_code, last_second
from lotus.planning.mood import choreography_of
from lotus.planning.names import brand_of
from lotus.planning.negatives import picture_words
from lotus.planning.quotes import AT_END
from lotus.planning.scripts import has_content
from lotus.planning.sentences import Sentence, sentences
from lotus.planning.talk import PIECE
from lotus.planning.voices import captions_of, voice_of, wants_no_card

__all__ = ["FieldReading", "Understanding", "obeyed", "understand"]

_KNOWN_BY = 12  # letters that words are found by where a part of them was taken out
_BRIEF_FIELDS = ("duration_seconds", "aspect_ratio", "music", "brand", "cta")


@dataclass(frozen=True)
class FieldReading:
    """A field that the prompt sets, and the words that set it."""

    field: str
    value: str | float
    words: str


@dataclass(frozen=True)
class Understanding:
    """What went where."""

    fields: tuple[FieldReading, ...]
    exclusions: tuple[str, ...]
    form: tuple[str, ...]
    instructions: tuple[str, ...]
    seen: tuple[str, ...]
    said: tuple[str, ...]
    unsure: tuple[str, ...] = ()  # seen, and never written: it may be an instruction
    prompt: str = ""

    def rows(self) -> list[tuple[str, str, str]]:
        """A row for each piece: its part, the words, and the value that it becomes; in the order of
        the prompt.
        """
        rows = [("field", one.words, f"{one.field} = {one.value}") for one in self.fields]
        for part in ("exclusions", "form", "instructions", "seen", "said"):
            rows += [(part.rstrip("s"), words, "") for words in getattr(self, part)]
        rows += [("unsure", words, "seen, never written") for words in self.unsure]
        return sorted(rows, key=lambda row: self._place(row[1]))

    def _place(self, words: str) -> int:
        """Where words stand in the prompt; behind all where they are not as they were."""
        text, small = self.prompt.casefold(), words.casefold().strip(" .,;:!?\"'“”")
        place = text.find(small)
        place = text.find(small[:_KNOWN_BY]) if place < 0 else place
        return place if place >= 0 else len(text)


def understand(prompt: str) -> Understanding:
    """Read a prompt; the same words give the same reading."""
    parts = list(sentences(prompt, whole=True))
    ideas = [*(prompt_read := read(prompt)).ideas, *prompt_read.ending]
    pictures = [words for idea in ideas if (words := picture_words(join((idea,))))]
    lines = [line.text for idea in ideas if (line := copy_line(idea))]
    return Understanding(
        fields=_fields(prompt),
        exclusions=tuple(dict.fromkeys(words for part in parts for words in part.excluded)),
        form=(*_form(parts), *_markers(parts)),
        instructions=(*(words for part in parts for words in part.instructions), *_notes(parts)),
        seen=tuple(pictures),
        said=tuple(dict.fromkeys(lines)),
        unsure=tuple(dict.fromkeys(idea.text for idea in ideas if idea.unsure)),
        prompt=prompt,
    )


def obeyed(brief: Brief, warn: Callable[[str], None]) -> Brief:
    """The brief with the fields that its prompt sets and the brief itself does not."""
    readings = _fields(brief.prompt)
    values: dict[str, object] = {one.field: one.value for one in readings}
    if any(one.field == "captions" and wants_no_card(one.words) for one in readings):
        values = {name: value for name, value in values.items() if name not in ("brand", "cta")}
    if "brand" in values:
        values["brand"] = {"name": values["brand"]}
    if values.get("music") not in _BEDS:
        values.pop("music", None)
    bed = choreography_of(brief)[0]
    if bed is not None and bed.bed is not None:
        values.setdefault("music", bed.bed)
    settings = {name: value for name, value in values.items() if name in _BRIEF_FIELDS}
    return with_fields(brief, settings, warn)


def without_captions(storyboard: Storyboard) -> Storyboard:
    """The storyboard without captions, if its prompt wants none; scenes that the brief itself
    lists keep theirs.
    """
    brief = storyboard.brief
    if brief.scenes or not any(one.field == "captions" for one in _fields(brief.prompt)):
        return storyboard
    bare = {"caption": None, "headline": False}
    scenes = tuple(scene.model_copy(update=bare) for scene in storyboard.scenes)
    return storyboard.model_copy(update={"scenes": scenes})


@lru_cache(maxsize=64)
def _fields(prompt: str) -> tuple[FieldReading, ...]:
    """Labelled fields first, then those within instructions; the first of each counts."""
    parts = list(sentences(prompt, whole=True))
    readings: list[FieldReading] = []
    for part in parts:
        if part.label is not None:
            name, words = part.label
            value = field_value(name, words.rstrip(" .。、"))
            readings += [FieldReading(name, value, part.written)] if value is not None else []
    talk = [words for part in parts for words in (*part.instructions, *part.excluded)]
    talk += [part.label[1] for part in parts if part.label and part.label[0] in _MIXED]
    talk = [words for words in talk if not is_time_code(words)]
    pieces = [piece.strip() for words in talk for piece in PIECE.findall(words)]
    for name, read_value in FIELDS.items():
        values = ((read_value(words), words) for words in (*talk, *pieces))
        readings += [
            FieldReading(name, value, words) for value, words in values if value is not None
        ]
    texts = [part.written for part in parts]
    fields = {one.field for one in readings}
    for name in ("duration_seconds", "aspect_ratio"):
        if name not in fields:  # a rule did not see that words beside them speak to the maker
            pieces_of_all = (piece for words in texts for piece in clauses_of(words))
            doubtful = (piece for piece in pieces_of_all if talk_score(piece) > DOUBTED)
            values = ((FIELDS[name](piece), piece) for piece in doubtful)
            readings += [FieldReading(name, value, words) for value, words in values if value]
    end = last_second(prompt)
    if end:
        readings.append(FieldReading("duration_seconds", end, "time codes"))
    asking = [part.written for part in parts if part.instructions or _OWN.match(part.written)]
    subjects = [(part.text, part.written) for part in parts if part.asks and not part.message]
    brand = sure_brand(prompt, brand_of(asking, subjects, prompt))
    if brand:
        words = next((words for words in asking if brand in words), brand)
        readings.append(FieldReading("brand", brand, words))
    action = call_to_action(prompt) or _closing_line(parts, brand)
    if action:
        readings.append(FieldReading("cta", action, action))
    for field, reading in (
        ("voice", voice_of(texts)),
        ("captions", captions_of(texts)),
        ("audience", audience_of(prompt, [part.written for part in parts if part.instructions])),
        ("language", language_of([*pieces, *texts]) or own_language(prompt)),
        ("tone", tone_of([*_looks(parts), *pieces])),
    ):
        readings += [FieldReading(field, *reading)] if reading else []
    first = {one.field: one for one in reversed(readings)}
    names = dict.fromkeys(one.field for one in readings)
    return tuple(first[name] for name in names if name not in ("look", "note"))


_LONGEST_ACTION = 60


def _closing_line(parts: list[Sentence], brand: str | None) -> str | None:
    """The words that a prompt wants at the end, if they are few and no motto of the brand."""
    for part in reversed(parts):
        lead = part.written[: max(part.written.find(part.text[:8]), 0)]
        if part.message and AT_END.search(" ".join((lead, *part.instructions))):
            short = len(part.text) <= _LONGEST_ACTION and has_content(part.text)
            named = brand is not None and part.text.casefold().startswith(brand.casefold())
            return f"{part.text}{part.mark.rstrip('.。')}" if short and not named else None
    return None


def _looks(parts: list[Sentence]) -> list[str]:
    """The labelled words that say how it looks or feels, with their labels."""
    return [part.text for part in parts if part.label and part.label[0] == "look"]


_MIXED = ("note", "aspect_ratio", "duration_seconds", "music")  # may name another field too
_BEDS = ("calm", "bright", "driving", "none")


_OWN = re.compile(  # a sentence of the owner: `I'm launching a podcast called Flop Lab`
    r"(?:i|we|i['’]m|we['’]re|our|my|wir|ich|unser\w*|nous|notre|je|nosotros|nuestr\w+|nossa?o?)\b",
    re.IGNORECASE,
)


def _notes(parts: list[Sentence]) -> Iterator[str]:
    """Sentences with a label that are no field: of the look, the voice or the work."""
    for part in parts:
        if part.label and (part.label[0] not in _SHOWN_FIELDS or part.label[0] == "narration"):
            yield part.written


_SHOWN_FIELDS = (
    "duration_seconds",
    "aspect_ratio",
    "music",
    "brand",
    "cta",
    "audience",
    "excluded",
)


def _markers(parts: list[Sentence]) -> Iterator[str]:
    """The labels of what is seen or said: `Scene 1`, `Headline`; and headings of a screenplay."""
    for part in parts:
        if place_of(part.text) is not None:
            yield part.written
        label = label_of(part.written)
        if label is not None and part.label is None:
            yield part.written[: label.start].strip(" :：–—-")


def _form(parts: list[Sentence]) -> tuple[str, ...]:
    """The forms that the prompt has: screenplay, list, dialogue, messages."""
    forms = {
        "screenplay": any(place_of(part.text) is not None for part in parts),
        "list": sum(part.listed for part in parts) > 1,
        "dialogue": sum(bool(re.match(r"[^:\"“]{1,40}:\s*[\"“„«]", p.written)) for p in parts) > 1,
        "message": any(part.message for part in parts),
    }
    return tuple(name for name, is_so in forms.items() if is_so)
