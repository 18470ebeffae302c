"""Edits that bring words of their own: another name, another call to action, a new scene. Pure.

Each reads its form in all of an edit's words, does it, and leaves the rest to the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lotus.documents.scene import Scene
from lotus.planning.edit_lengths import least_seconds
from lotus.planning.edit_words import ORDINALS, SCENE
from lotus.planning.editing import NEW_SCENE_SECONDS, Editing, without_scene
from lotus.planning.scripts import sentence_case

__all__ = ["apply_texts"]

_QUOTE = r"[\"“„«'‘](?P<{0}>[^\"”“»'’]+)[\"”“»'’]"
_NAME = r"(?P<{0}>[A-ZÄÖÜ][\w'’&.-]*(?:(?<!\.)\s+(?:&|and|und|et|y|e|[A-ZÄÖÜ])[\w'’.-]*)*)"
_INSERT = re.compile(
    rf"(?:please\s+)?(?:add|insert|put|füge?)\s+(?:in\s+)?(?:a|one|another|eine)?\s*(?:new\s+|neue\s+)?{SCENE}\s+"
    rf"(?:(?:between|zwischen)\s+(?:{SCENE}s?\s+)?(?P<after>\d{{1,2}})\s+(?:and|und)\s+(?P<before>\d{{1,2}})|"
    r"after\s+(?:scene\s+)?(?P<behind>\d{1,2}))\s*[:,]?\s*(?P<what>[^\"“„«:.;]+?)\s*(?:,|$|\.)"
    rf"(?:\s*(?:with\s+(?:the\s+)?)?(?:caption|text)\s*:?\s*{_QUOTE.format('caption')}\s*,?)?"
    r"(?:\s*(?P<seconds>\d{1,2}(?:\.\d)?)\s*(?:s|secs?|seconds?)\b)?",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"(?:change|set|make|replace|update)\s+(?:the\s+)?(?:call[\s-]to[\s-]action|cta|end\s+card\s+text|button)\s+"
    rf"(?:to|with|by|say)?\s*(?:read|say)?\s*:?\s*{_QUOTE.format('text')}",
    re.IGNORECASE,
)
_RENAMED = re.compile(
    rf"(?i:it['’]s|the\s+(?:brand|company|name|shop)\s+is)\s+(?i:now\s+)?(?i:called\s+)?{_NAME.format('new')}(?i:\s+now)?,?\s+"
    rf"(?i:not|and\s+not|no\s+longer|instead\s+of)\s+{_NAME.format('old')}(?i:\s+(?:any\s*more|anymore))?"
    r"(?P<rest>[.!]?\s*(?i:(?:please\s+)?(?:fix|change|correct)\s+(?:it|that)\s+(?:wherever|everywhere)[^.!]*))?"
)
_INSTEAD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"[^.!?\"“„«]*?\b(?:it['’]s|should\s+(?:be|say|read)|heißt|muss\s+heißen|soll)\s+{_QUOTE.format('new')}\s*(?:stehen\s+)?,?\s*"
        rf"(?:not|instead\s+of|nicht|statt|anstatt)\s+{_QUOTE.format('old')}",
        rf"[^.!?\"“„«]*?\b(?:not|instead\s+of|nicht|statt|anstatt|en\s+lugar\s+de|au\s+lieu\s+de|em\s+vez\s+de|invece\s+di)\s+"
        rf"{_QUOTE.format('old')}\s*,?\s*(?:but|sondern|mais|sino|mas|ma|write|put)?\s*{_QUOTE.format('new')}",
    )
)
_PICTURE = re.compile(
    rf"(?:tausch\w*|ersetz\w*|replace|swap|exchange|change)\s+(?:bitte\s+)?(?:das\s+bild|the\s+picture|the\s+image)\s+"
    rf"(?:in|of|von|aus)\s+{SCENE}\s+(?P<number>\d{{1,2}})\s+(?:gegen|durch|with|by|for|to)\s+(?P<what>[^,.;!\"“„«]+)"
    r"(?P<rest>,?\s*(?:(?:der\s+)?text\s+bleibt|keep\s+the\s+(?:text|caption))[.!]?)?",
    re.IGNORECASE,
)
_DOUBLED = re.compile(
    rf"(?:(?:please\s+)?(?:make|mach\w*|fais|haz|faz)\s+)?(?:(?:the|die|la|el|a|o)\s+)?(?:{SCENE}\s+(?P<number>\d{{1,2}})|"
    rf"(?P<ordinal>first|second|third|fourth|fifth|sixth|last|erste|zweite|dritte|vierte|fünfte|sechste|letzte|première|deuxième|"
    rf"troisième|dernière|primera|segunda|tercera|última|primeira|terceira)\s+{SCENE})\s+"
    r"(?P<factor>twice\s+as\s+long|double\s+the\s+length|doppelt\s+so\s+lang|deux\s+fois\s+plus\s+longue?|el\s+doble\s+de\s+larg[ao]|"
    r"half\s+as\s+long|halb\s+so\s+lang|deux\s+fois\s+plus\s+courte?|la\s+mitad\s+de\s+larg[ao])",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"(?:,\s*)?(?:and\s+)?\b(?:keep\s+only|only\s+keep|garde[rz]?(?:\s+seulement)?|behalte?(?:\s+nur)?|deja\s+solo|"
    rf"quédate\s+(?:solo\s+)?con|mantém\s+só|tieni\s+solo)\s+(?:the\s+|les\s+|die\s+|las\s+|as\s+|le\s+)?{SCENE}[sn]?\s+"
    r"(?P<numbers>\d{1,2}(?:\s*,\s*\d{1,2})*(?:\s*,?\s*(?:and|et|und|y|e)\s+\d{1,2})?)",
    re.IGNORECASE,
)
_DESCRIPTION_CHARS = 500


def apply_texts(editing: Editing, words: str) -> str:
    """Do what an edit says with words of its own; the words that are left."""
    for pattern, rule in _RULES:
        match = pattern.search(words)
        if match and rule(editing, match):
            words = f"{words[: match.start()]} {words[match.end() :]}".strip(" ,.;")
    return words


def _insert(editing: Editing, match: re.Match[str]) -> bool:
    place = int(match["after"] or match["behind"])
    if not 1 <= place < editing.count or (match["before"] and int(match["before"]) != place + 1):
        return False
    seconds = float(match["seconds"] or NEW_SCENE_SECONDS)
    seeds = [scene.seed for scene in editing.storyboard.scenes]
    new = Scene(
        description=sentence_case(match["what"].strip())[:_DESCRIPTION_CHARS],
        caption=match["caption"],
        duration_seconds=seconds,
        seed=max(seeds) + 1,
    )
    scenes = [*editing.storyboard.scenes[:place], new, *editing.storyboard.scenes[place:]]
    caption = f", with the caption '{new.caption}'" if new.caption else ""
    editing.arrange(scenes, f"a new scene {place + 1} of {seconds:g} s: {new.description}{caption}")
    return True


def _call(editing: Editing, match: re.Match[str]) -> bool:
    text = match["text"].strip()
    editing.change_brief(f"call to action '{text}'", cta=text)
    return True


def _renamed(editing: Editing, match: re.Match[str]) -> bool:
    old, new = match["old"].strip(" ."), match["new"].strip()
    brand = editing.storyboard.brief.brand
    done = False
    if brand is not None and brand.name == old:
        editing.change_brief(f"brand '{new}'", brand=brand.model_copy(update={"name": new}))
        done = True
    return _replaced(editing, old, new) or done


def _instead(editing: Editing, match: re.Match[str]) -> bool:
    old, new = match["old"], match["new"]
    done = False
    cta = editing.storyboard.brief.cta
    if cta and old in cta:
        text = cta.replace(old, new).strip()
        editing.change_brief(f"call to action '{text}'", cta=text)
        done = True
    return _replaced(editing, old, new) or done


def _replaced(editing: Editing, old: str, new: str) -> bool:
    """Other words in all captions and narration that have the old ones."""
    done = False
    for number, scene in enumerate(editing.storyboard.scenes, 1):
        for field, line in (("caption", scene.caption), ("narration", scene.narration)):
            if line and old in line and number not in editing.untouchable:
                text = line.replace(old, new)
                editing.change(number, f"{field} '{text}'", **{field: text})
                done = True
    return done


def _picture(editing: Editing, match: re.Match[str]) -> bool:
    number = int(match["number"])
    if not 1 <= number <= editing.count:
        return False
    what = re.sub(r"^(?:an?|einen?|eine)\s+", "", match["what"].strip(), flags=re.IGNORECASE)
    text = sentence_case(what)[:_DESCRIPTION_CHARS]
    editing.change(number, text, description=text)
    return True


def _doubled(editing: Editing, match: re.Match[str]) -> bool:
    word = (match["ordinal"] or "").casefold()
    number = int(match["number"] or ORDINALS.get(word, editing.count))
    if not 1 <= number <= editing.count:
        return False
    half = re.match(r"half|halb|la\s+mitad|deux.*court", match["factor"], re.IGNORECASE)
    now = editing.storyboard.scenes[number - 1].duration_seconds
    seconds = now / 2 if half else now * 2
    editing.set_length(number, max(seconds, least_seconds(editing.storyboard, number)))
    return True


def _only(editing: Editing, match: re.Match[str]) -> bool:
    numbers = {int(number) for number in re.findall(r"\d+", match["numbers"])}
    if not numbers <= set(range(1, editing.count + 1)):
        return False
    others = [number for number in range(1, editing.count + 1) if number not in numbers]
    for number in reversed(others):
        editing.storyboard = without_scene(editing.storyboard, number)
    editing.operations += [f"scene {number}: removed" for number in others]
    return True


_RULES: tuple[tuple[re.Pattern[str], Callable[[Editing, re.Match[str]], bool]], ...] = (
    (_INSERT, _insert),
    (_CALL, _call),
    (_RENAMED, _renamed),
    *((pattern, _instead) for pattern in _INSTEAD),
    (_PICTURE, _picture),
    (_DOUBLED, _doubled),
    (_ONLY, _only),
)
