"""A prompt, read as images: the ideas of its sentences, and how the video ends. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from lotus.planning.clauses import DOUBTED, clauses_of, talk_score
from lotus.planning.cutting import LONGEST_ITEM, images_of
from lotus.planning.facts import has_fact, is_opening, promises
from lotus.planning.forms import place_of
from lotus.planning.instructions import bare_look
from lotus.planning.negatives import picture_words
from lotus.planning.scripts import cut, has_content, squeeze
from lotus.planning.sentences import sentences
from lotus.planning.talk import is_talk, may_be_talk, speaks_to_maker
from lotus.planning.voices import describes_voice
from lotus.planning.words import BREAK_BEFORE, DETERMINERS, ENDING

__all__ = ["NOTHING", "Idea", "Prompt", "join", "read", "with_notes"]

NOTHING = "An empty scene"  # a prompt that only says what is not to be seen


@dataclass(frozen=True)
class Idea:
    """One image of the prompt: its words, the punctuation after them, and the sentence it is from.

    `note` is what the prompt says there about the look: kept in the description, never on screen.
    `line` is what a voice says there, `message` marks words that are labelled as words for the
    screen, `listed` an item of a list of claims, `unsure`
    words that may speak to the maker of the film, `asks` what is left of a sentence that asks for
    the film.
    """

    text: str
    tail: str = ""
    sentence: int = 0
    note: str = ""
    line: str = ""
    message: bool = False
    listed: bool = False
    unsure: bool = False
    asks: bool = False


@dataclass(frozen=True)
class Prompt:
    """Images in the order of the prompt, and those that it wants at the end.

    `instructed`: it speaks to the maker of the film somewhere.
    """

    ideas: tuple[Idea, ...]
    ending: tuple[Idea, ...] = ()
    instructed: bool = False


def join(ideas: tuple[Idea, ...]) -> str:
    """The words of neighbouring ideas as they were written, without the last punctuation."""
    return squeeze("".join(f"{idea.text}{idea.tail}" for idea in ideas[:-1]) + ideas[-1].text)


def with_notes(text: str, ideas: tuple[Idea, ...]) -> str:
    """A description, and after it what the prompt notes there."""
    return ". ".join((text, *(idea.note for idea in ideas if idea.note)))


@lru_cache(maxsize=64)
def read(prompt: str) -> Prompt:
    """Every word of the prompt that is not talk to the director, as images; never without one."""
    ideas: list[Idea] = []
    ending: list[Idea] = []
    place = ""
    notes: list[str] = []
    voices: list[tuple[int, str]] = []
    for number, sentence in enumerate(sentences(prompt, whole=True)):
        notes += sentence.looks
        heading = place_of(sentence.text)
        if heading is not None:
            place = heading
        elif sentence.label is not None:
            name, value = sentence.label
            if name == "look":
                notes.append(bare_look(_NOT.sub("", sentence.text)))
            elif name == "narration" and not describes_voice(value):
                voices.append((max(len(ideas) - 1, 0), value))
        elif has_content(sentence.text):
            one = [(sentence.text, f"{sentence.mark or ','} ")]
            items = one if sentence.message else images_of(sentence.text, sentence.mark)
            body, end = _parts(items, number)
            message, item = sentence.message, sentence.claim
            body = [
                _marked(idea, message, item, sentence.asks and i == 0)
                for i, idea in enumerate(body)
            ]
            end = [_marked(idea, message, item) for idea in end]
            if not item and any(map(_states, body)):
                body = _beside_facts(body)
            if place and body:
                body[0] = replace(body[0], note=place)
                place = ""
            ideas += body
            ending += end
    if not ideas:
        talk = any(part.instructions or part.label for part in sentences(prompt, whole=True))
        text = "" if talk else cut(squeeze(picture_words(prompt)), LONGEST_ITEM)
        ideas = ending or [Idea(text or NOTHING)]
        ending = []
    elif notes:
        ideas[0] = replace(ideas[0], note=". ".join(filter(None, (ideas[0].note, *notes))))
    for place_of_voice, words in voices:
        line = " ".join(filter(None, (ideas[place_of_voice].line, words.strip(' "“”'))))
        ideas[place_of_voice] = replace(ideas[place_of_voice], line=line)
    instructed = any(part.instructions or part.label for part in sentences(prompt, whole=True))
    instructed = instructed or any(speaks_to_maker(idea.text) for idea in (*ideas, *ending))
    if instructed:
        ideas, ending = list(map(_guarded, ideas)), list(map(_guarded, ending))
    return Prompt(tuple(ideas), tuple(ending), instructed)


# Somebody who speaks of himself, or asks: beside an instruction, to the maker of the film.
_SPEAKER = re.compile(
    r"\b(?:i|we|my|our|us|me|i['’](?:m|d|ll|ve)|we['’](?:re|d|ll|ve)|ich|wir|mein\w*|unser\w*|uns|mir|"
    r"je|j['’]\w+|nous|notre|nos|mon|ma|mes|yo|nosotros|nuestr\w+|mi|mis|eu|nós|noss[oa]s?|"
    r"meus?|minhas?|noi|nostr\w+|mi[oa]|wij|ik|ons|onze?|mijn|мы|наш\w*|мо[йяеи])\b",
    re.IGNORECASE,
)


# A question that a headline asks; any other is put to the maker.
_HEADLINE = re.compile(
    r"(?:what|why|how|when|where|who|which|did|do|does|is|are|ever|tired|ready|wie|was|warum|wann|wo|wer|"
    r"welche\w*|kennst|hast|comment|pourquoi|que|quand|où|qui|quel\w*|cómo|qué|por\s+qué|cuándo|dónde|quién|"
    r"como|o\s+que|por\s+que|quando|onde|quem|come|cosa|perché|dove|chi|hoe|waarom|wat|wanneer|что|как|"
    r"почему|когда|где|кто|¿\w+)\b(?=.*\s\S+\s\S)",
    re.IGNORECASE,
)


_VIEWER = re.compile(
    r"\b(?:you|your|du|dich|dein\w*|ihr|euch|vous|votre|vos|tu|te|tus|você|ti|jij|je)\b", re.I
)


def _guarded(idea: Idea) -> Idea:
    """An idea beside an instruction: one that speaks of its writer, or asks, is not sure."""
    calls = idea.tail.startswith("!") or idea.text.endswith("!")
    if calls and _VIEWER.search(idea.text) and not idea.unsure:
        return idea
    asks = (idea.text + idea.tail).rstrip().endswith(("?", "？", "؟"))
    to_maker = asks and idea.text.isascii() and not _HEADLINE.match(idea.text)
    if idea.message or idea.listed or idea.line or not (to_maker or _SPEAKER.search(idea.text)):
        return idea
    return replace(idea, unsure=True)


# What a look is not: a model of pictures would show it.
_NOT = re.compile(
    r"\s*[,–-]?\s*\b(?:but\s+)?(?:not|no|never|nicht|pas|non)\s+[^,.;]+", re.IGNORECASE
)


def _marked(idea: Idea, message: bool, is_item: bool, asks: bool = False) -> Idea:
    terse = is_item and len(idea.text.split()) <= 4 and not is_talk(idea.text)
    unsure = not (message or terse) and any(map(_is_doubtful, clauses_of(idea.text)))
    return replace(idea, message=message, listed=is_item, unsure=unsure, asks=asks)


def _is_doubtful(piece: str) -> bool:
    return may_be_talk(piece) or talk_score(piece) > DOUBTED


def _states(idea: Idea) -> bool:
    """Whether an idea has a fact in it."""
    text = idea.text
    return not idea.unsure and (has_fact(text) or is_opening(text) or promises(text))


def _beside_facts(ideas: list[Idea]) -> list[Idea]:
    """The items of a list that has facts in it: each is one more, where none is a thing seen."""
    if any(idea.text.split()[0].casefold() in DETERMINERS for idea in ideas[1:]):
        return ideas
    sure = (
        not (idea.unsure or idea.asks)
        and len(idea.text.split()) <= 4
        and idea.text.split()[0].casefold() not in (*BREAK_BEFORE, "about")
        for idea in ideas
    )
    return [
        replace(idea, listed=True) if ok else idea for idea, ok in zip(ideas, sure, strict=True)
    ]


def _parts(items: list[tuple[str, str]], number: int) -> tuple[list[Idea], list[Idea]]:
    """The items of one sentence before and after the words 'end on', where it has them."""
    start = next((i for i, (text, _) in enumerate(items) if ENDING.match(text)), len(items))
    ideas = [Idea(text, tail, number) for text, tail in items]
    ending = (
        [Idea(ENDING.sub("", ideas[start].text, count=1), ideas[start].tail, number)]
        if ideas[start:]
        else []
    )
    ending += ideas[start + 1 :]
    return ideas[:start], [idea for idea in ending if has_content(idea.text)]
