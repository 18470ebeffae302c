"""What a scene shows: pictograms from its own words, and from the video's subject where these say
little.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from lotus.providers.animatic.lexicon import data
from lotus.providers.animatic.pictograms import key_word, pictograms_for

__all__ = ["BoardSubject", "Roles", "roles", "shown"]

# of an idea that is shown several times, so many lead in turn; the fourth time it is the first
LEADERS = 3
FEW = 3  # with fewer of its own, a scene borrows from the video's subject


@dataclass(frozen=True)
class Roles:
    """What pictograms mean for a scene, from the data file."""

    night: frozenset[str]
    warm: frozenset[str]
    rain: frozenset[str]
    snow: frozenset[str]
    steam: frozenset[str]
    extras: frozenset[str]
    aloft: frozenset[str]
    afloat: frozenset[str]
    people: frozenset[str]
    settings: dict[str, frozenset[str]]
    stand_ins: dict[str, str]


@cache
def roles() -> Roles:
    """The roles, read once a process."""
    raw = tomllib.loads(data("stage.toml").decode())
    settings = {name: frozenset(members.split()) for name, members in raw.pop("settings").items()}
    stand_ins = raw.pop("stand_ins")
    return Roles(
        **{k: frozenset(v.split()) for k, v in raw.items()}, settings=settings, stand_ins=stand_ins
    )


@dataclass(frozen=True)
class BoardSubject:
    """Pictograms, the leading one first, and the word to set in type if there are none."""

    names: tuple[str, ...]
    word: str


def shown(description: str, subject: str, turn: int) -> BoardSubject:
    """What a scene shows; `turn` makes scenes differ that show one idea again, or borrow from the
    subject.
    """
    own = pictograms_for(without_framing(description), 5)
    lead = [name for name in own if leads(name)]
    if lead and without_framing(description) != description:
        first = turn % min(len(lead), LEADERS)
        lead = lead[first:] + lead[:first]
    if len(own) >= FEW and lead:
        return BoardSubject(tuple(dict.fromkeys((*lead[:1], *own))), "")
    spare = [name for name in pictograms_for(subject, 6) if leads(name) and name not in own]
    spare = spare[turn % len(spare) :] + spare[: turn % len(spare)] if spare else []
    names = (*lead, *own, *spare) if lead else (*spare[:1], *own, *spare[1:])
    names = tuple(dict.fromkeys(names))[: max(FEW, len(own) + (not lead))]
    return BoardSubject(names, "" if names else key_word(without_framing(description)))


def without_framing(description: str) -> str:
    """A description without the words that planners add to show an idea once more, from another
    side.
    """
    from lotus.planning.words import FRAMINGS

    said = {framing for framings in FRAMINGS.values() for framing in framings}
    start, comma, end = description.rpartition(", ")
    return start if comma and end in said else description


def leads(name: str) -> bool:
    """Whether a pictogram can lead a scene: neither a mere sign nor something that becomes
    scenery.
    """
    return name not in roles().extras and name not in roles().stand_ins
