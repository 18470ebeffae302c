"""What a scene shows: pictograms from its own words, and from the video's subject where these say
little.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

from lotus.providers.animatic.lexicon import data, lexicon
from lotus.providers.animatic.pictograms import key_word, pictograms_for

__all__ = ["BoardSubject", "Roles", "banned_names", "roles", "shot_of", "shows_money", "subject_of"]

# of an idea that is shown several times, so many lead in turn; the fourth time it is the first
LEADERS = 3
SHOTS = ("detail", "row", "far")  # of what leads again
SHOTS_OF_PEOPLE = ("close", "far", "third")  # they are neither cut nor doubled
MOST = 12  # pictograms of one thing that is to be avoided
FACES, PEOPLE, ANIMALS = 0, 1, 3  # groups of emoji
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
    upright: frozenset[str]
    skin: frozenset[str]
    settings: dict[str, frozenset[str]]
    places: dict[str, frozenset[str]]
    outdoors: frozenset[str]
    signs: frozenset[str]
    money: frozenset[str]
    stand_ins: dict[str, str]


@cache
def roles() -> Roles:
    """The roles, read once a process."""
    raw = tomllib.loads(data("stage.toml").decode())
    settings = {name: frozenset(members.split()) for name, members in raw.pop("settings").items()}
    places = {name: frozenset(members.split()) for name, members in raw.pop("places").items()}
    kinds = {n: frozenset(raw.pop(n)["names"].split()) for n in ("outdoors", "signs", "money")}
    stand_ins = raw.pop("stand_ins")
    return Roles(
        **{k: frozenset(v.split()) for k, v in raw.items()},
        settings=settings,
        places=places,
        **kinds,
        stand_ins=stand_ins,
    )


@dataclass(frozen=True)
class BoardSubject:
    """Pictograms, the leading one first, and the word to set in type if there are none."""

    names: tuple[str, ...]
    word: str


def subject_of(
    description: str,
    subject: str,
    turn: int,
    avoid: Sequence[str] = (),
    *,
    sensed: bool = False,
    signs: bool = False,
) -> BoardSubject:
    """The pictograms of a scene; `turn` makes scenes differ that show one idea again, or borrow
    from the subject. Nothing of what is to be avoided is among them. `sensed`: words are read by
    the company that they keep. `signs`: a sign that is all that its words show may lead.
    """
    pictograms = partial(pictograms_for, sensed=sensed)
    exclusions = banned_names(tuple(avoid))
    of_scene = pictograms(without_framing(description), 5, around=subject if sensed else "")
    own = [name for name in of_scene if name not in exclusions]
    lead = [name for name in own if leads(name)]
    if signs and not lead:
        lead = [name for name in own if name in roles().signs][:1]
    if lead and without_framing(description) != description:
        first = turn % min(len(lead), LEADERS)
        lead = lead[first:] + lead[:first]
    if sensed and turn and len(lead) > 1 and lead[0] == next(iter(pictograms(subject, 1)), ""):
        lead = lead[1:] + lead[:1]  # the subject itself leads the first scene
    if len(own) >= FEW and lead:
        return BoardSubject(tuple(dict.fromkeys((*lead[:1], *own))), "")
    around = [name for name in pictograms(subject, 6) if leads(name) and name not in own]
    spare = [name for name in around if name not in exclusions]
    if spare and not (sensed and lead):  # beside a leader of its own the subject's comes first
        spare = spare[turn % len(spare) :] + spare[: turn % len(spare)]
    names = (*lead, *own, *spare) if lead else (*spare[:1], *own, *spare[1:])
    names = tuple(dict.fromkeys(names))[: max(FEW, len(own) + (not lead))]
    return BoardSubject(names, "" if names else key_word(without_framing(description)))


def shows_money(description: str, subject: str) -> bool:
    """Whether words show a price, and the subject is no matter of money."""
    lead = pictograms_for(description, 1, sensed=True, around=subject)
    of_subject = pictograms_for(subject, 1, sensed=True)
    return bool(of_subject) and roles().money.issuperset(lead) and not roles().money & {*of_subject}


def shot_of(scene: BoardSubject, subject: str, turn: int) -> str:
    """How a scene shows what the whole video is about once more: a detail, several of it, far
    away; '' for any other scene.
    """
    lead = pictograms_for(subject, 1, sensed=True)
    if not lead or scene.names[:1] != lead:
        return ""
    shots = SHOTS_OF_PEOPLE if lead[0] in roles().people | roles().skin else SHOTS
    return shots[(turn - 1) % len(shots)]


@cache
def banned_names(avoid: tuple[str, ...]) -> frozenset[str]:
    """The pictograms of what is to be avoided, and of all of its kind: people, boats, animals."""
    names = {name for words in avoid for name in pictograms_for(words, MOST)}
    book = lexicon()
    group_of = dict(zip(book.names, book.groups, strict=True))
    vessels = frozenset(name for name in roles().afloat if group_of.get(name) != ANIMALS)
    more = [kind for kind in (roles().people, vessels) if names & kind]
    if any(group_of.get(name) in (FACES, PEOPLE) for name in names):
        more.append(frozenset(n for n, group in group_of.items() if group in (FACES, PEOPLE)))
        more.append(roles().people)
    return frozenset(names).union(*more)


def without_framing(description: str) -> str:
    """A description without the words that planners add to show an idea once more, from another
    side.
    """
    from lotus.planning.words import FRAMINGS

    all_framings = {framing for framings in FRAMINGS.values() for framing in framings}
    start, comma, end = description.rpartition(", ")
    return start if comma and end in all_framings else description


def leads(name: str) -> bool:
    """Whether a pictogram can lead a scene: neither a mere sign nor something that
    becomes scenery.
    """
    return name not in roles().extras and name not in roles().stand_ins
