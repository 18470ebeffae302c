"""The golden set of prompts: what may be seen and said, and what may not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import lotus
from lotus.documents.storyboard import Storyboard
from lotus.planning.ideas import NOTHING, read
from lotus.planning.negatives import copy_words, excluded, picture_words
from lotus.planning.planners import plan
from lotus.planning.understanding import obeyed, understand
from lotus.providers.animatic.subjects import subject_of

DATA = Path(__file__).parents[1] / "data"


def _cases(name: str) -> list[dict[str, Any]]:
    """The parser in C takes a tenth of the time of `safe_load`, which is spent in every worker."""
    cases: list[dict[str, Any]] = yaml.load((DATA / name).read_text("utf-8"), yaml.CSafeLoader)
    return cases


CASES = _cases("prompts.yaml")
FRESH = _cases("prompts_fresh.yaml")


LEAST_RIGHT = 0.965  # of the prompts, in all that is said of them
LEAST_FRESH = 0.8  # of five rounds that were fresh once, after their kinds were mended


def _same(words: str, reading: str) -> bool:
    """Whether half of some words are in a reading."""
    parts = re.findall(r"\w+", words.casefold())
    return sum(part in reading.casefold() for part in parts) * 2 >= len(parts)


def _misread(case: dict[str, Any]) -> list[str]:
    """What `understand` should read of a prompt and does not."""
    reading = understand(case["prompt"])
    fields = {one.field: f"{one.words} {one.value}" for one in reading.fields}
    tone = " ".join((*reading.instructions, fields.get("tone", "")))
    faults = []
    for name, value in case.get("reads", {}).items():
        if name == "exclusions":
            values = [value] if isinstance(value, str) else value
            right = all(any(_same(one, words) for words in reading.exclusions) for one in values)
        else:
            right = _same(value, tone if name == "tone" else fields.get(name, ""))
        faults += [] if right else [f"{name} is not read"]
    return faults


def _plan(prompt: str) -> Storyboard:
    return plan(lotus.Brief(prompt=prompt, duration_seconds=20))


def _faults(case: dict[str, Any]) -> list[str]:
    """Everything in which the plan of a prompt is not as the case says."""
    board = _plan(case["prompt"])
    brief = board.brief
    card = [brief.brand.name if brief.brand else "", brief.cta or ""]
    looks = [board.look.words, board.look.subject]
    seen = "\n".join([*looks, *(scene.description for scene in board.scenes)]).casefold()
    lines = "\n".join(scene.caption or "" for scene in board.scenes).casefold()
    said = "\n".join([lines, *card]).casefold()
    voices = [scene.narration or "" for scene in board.scenes]
    voices += [line.text for scene in board.scenes for line in scene.dialogue]
    heard = "\n".join([said, *voices]).casefold()
    places = (
        ("seen", seen, ("hidden", "unseen"), "seen"),
        ("said", lines, ("hidden", "unsaid"), ""),
        ("said", said, (), "said"),
        ("heard", heard, (), "heard"),
    )
    faults = []
    for name, text, absent, present in places:
        gone = [words for key in absent for words in case.get(key, ())]
        faults += [f"{words} is {name}" for words in gone if words.casefold() in text]
        there = case.get(present, ()) if present else ()
        faults += [f"{words} is not {name}" for words in there if words.casefold() not in text]
    faults += _misread(case)
    own = obeyed(lotus.Brief(prompt=case["prompt"]), lambda warning: None)
    for name, value in case.get("fields", {}).items():
        got = getattr(own, name)
        got = got.name if name == "brand" and got else got
        faults += [f"{name} is {got}"] if got != value else []
    return faults


@pytest.mark.parametrize(
    ("cases", "least", "right"), [(CASES, 550, LEAST_RIGHT), (FRESH, 200, LEAST_FRESH)]
)
def test_only_what_is_meant_is_seen_and_no_instruction_is_ever_written(
    cases: list[dict[str, Any]], least: int, right: float, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = {case["prompt"]: wrong for case in cases if (wrong := _faults(case))}
    share = 1 - len(faults) / len(cases)
    with capsys.disabled():
        print(f"\n{len(cases)} prompts, {share:.1%} right")
    assert len(cases) >= least
    written = {p: w for p, wrong in faults.items() for w in wrong if w.endswith(" is said")}
    assert not written
    assert share >= right, "\n".join(f"{p[:60]}: {w}" for p, w in faults.items())


def test_requests_in_other_words_lead_to_what_the_film_shows() -> None:
    prompts = {
        "Hey, could you film an old school slapstick comedy style ad for our hardware shop?": (
            "hardware shop"
        ),
        "Olá, preciso de um vídeo vertical curto para a minha floricultura.": "floricultura",
        "Ciao, vorrei un breve spot di 20 secondi per la nostra pizzeria.": "pizzeria",
        "请帮我们制作一条30秒的竖屏的关于茶园的视频。": "茶园",
        "من فضلك اصنع لنا فيديو قصير عن متجر العطور.": "متجر العطور",
        "Wir hätten gern einen kleinen frechen bunten lauten Spot für unsere Eisdiele.": "Eisdiele",
    }
    assert {p: read(p).ideas[0].text for p in prompts} == prompts


def test_what_may_be_an_instruction_is_told() -> None:
    reading = understand("A cat. We need a shot of the tail from behind, and milk. Fresh milk!")
    told = [row for row in reading.rows() if row[0] == "unsure"]
    assert told
    assert all(row[2] == "seen, never written" for row in told)
    assert not {words for _, words, _ in told} & set(reading.said)


@pytest.mark.parametrize(
    "text",
    [
        "A gym that never closes",
        "No matter what",
        "Instead of $14.99",
        "no other app does this",
        "without limits",
        "Steam, warm light, the first cup",
        "Nothing tastes like home",
    ],
)
def test_a_text_that_denies_nothing_stays_as_it_is(text: str) -> None:
    assert picture_words(text) == copy_words(text) == text
    assert excluded(text) == ()


def test_a_scene_of_the_users_own_shows_nothing_that_it_denies() -> None:
    scenes = [{"description": "A beach, no people, waves"}, {"description": "No boats"}]
    board = lotus.plan(lotus.Brief(prompt="A beach at sunrise, empty", scenes=scenes))
    assert board.scenes[0].description == "A beach, waves"
    assert "boat" not in board.scenes[1].description


def test_boards_show_nothing_of_what_is_to_be_left_out() -> None:
    avoid = ("No people, no text", "Do not show any boats")
    assert "person-surfing" in subject_of("Waves, surfing", "", 0).names
    assert "person-surfing" not in subject_of("Waves, surfing", "", 0, avoid).names
    assert "sailboat" not in subject_of("A sailing boat on a lake", "", 0, avoid).names
    assert "dolphin" in subject_of("A dolphin jumps", "", 0, avoid).names
    board = _plan("An empty beach at sunrise. No people. Waves roll in. Do not show any boats.")
    assert set(board.look.avoid) == {"No people", "Do not show any boats"}
    assert "avoid" not in _plan("An empty beach at sunrise, waves").look.model_dump()


def test_a_prompt_of_negatives_alone_shows_an_empty_scene() -> None:
    board = _plan("No people, no text, no logos.")
    assert {scene.description.split(",")[0] for scene in board.scenes} == {NOTHING}
    assert not any("no " in (scene.caption or "").casefold() for scene in board.scenes)


def test_the_last_idea_is_shown_beside_a_brand_and_a_call_to_action() -> None:
    brief = lotus.Brief(
        prompt="A small coffee roaster opens at dawn. Hands pour the first cup. "
        "Fresh every morning from six.",
        duration_seconds=8,
        brand={"name": "Aurora Coffee"},
        cta="Order at aurora.example",
    )
    lines = [scene.caption for scene in lotus.plan(brief).scenes]
    assert any((line or "").startswith("Fresh every morning") for line in lines)


def test_an_explanation_has_the_order_of_the_prompt() -> None:
    prompt = "Make a 20 second video for Acme. Sneakers jump over puddles. First pair free."
    words = [row[1] for row in understand(prompt).rows()]
    assert words.index("Sneakers jump over puddles") < words.index("First pair free")
    assert words[0].startswith("Make a 20 second")


def test_a_prompt_says_whether_it_instructs() -> None:
    assert read("Make a video about tea. Steam over a cup.").instructed
    assert read("Zrób krótki film o herbacie. Para nad kubkiem.").instructed
    assert not read("A bakery opens at dawn; fresh bread for the village").instructed


@pytest.mark.parametrize(
    "prompt",
    [
        "Make a 15s ad for our gym. I need it by March 3 and the budget is $500. Weights at dawn.",
        "Promo for our choir. Our call on Monday at 10am went well. Voices in an old church.",
        "Spot for a bank. Please send the invoice for 900 euros to me. A hand signs a paper.",
    ],
)
def test_what_is_due_between_makers_is_never_written(prompt: str) -> None:
    lines = " ".join(scene.caption or "" for scene in _plan(prompt).scenes)
    assert not re.search("500|March|Monday|10am|900", lines)


@pytest.mark.parametrize(
    ("prompt", "fact"),
    [
        ("Make a video for our bakery. Steam rises. Fresh bread daily from six.", "from six"),
        ("Ad for a clinic. White corridors. Open Mon-Fri 8 to 18.", "8 to 18"),
        ("Spot for a florist. Tulips open. 12 Mill Lane, Tuesday only.", "Mill Lane"),
        ("Werbespot für ein Kino. Der Vorhang öffnet sich. Freitag, 20 Uhr.", "20 Uhr"),
        ("Ad for a plumber. A pipe bursts. Call 555-0182-440.", "555-0182-440"),
    ],
)
def test_times_dates_places_and_numbers_are_always_shown(prompt: str, fact: str) -> None:
    board = _plan(prompt)
    lines = [*(scene.caption or "" for scene in board.scenes), board.brief.cta or ""]
    assert fact in " ".join(lines)


def test_a_hosted_prompt_has_a_setting_or_none() -> None:
    place = _plan("Make an ad for a bakery. Free rolls today. A kitchen at dawn, flour in the air.")
    assert place.look.words.endswith("Setting: A kitchen at dawn, flour in the air")
    for prompt in ("Get 20% off today. Order now.", "Please make it funny. Our sale ends Friday."):
        assert "Setting" not in _plan(prompt).look.words


@pytest.mark.parametrize(
    ("words", "captions", "card"),
    [
        ("No text on screen.", False, False),
        ("Keine Texte im Bild.", False, False),
        ("Sin texto en pantalla.", False, False),
        ("Captions: none", False, True),
        ("No captions please.", False, True),
        ("No text on screen except our logo.", False, True),
        ("No words needed.", True, True),
    ],
)
def test_who_wants_no_text_gets_none(words: str, captions: bool, card: bool) -> None:
    prompt = f"An ad for our bakery Kornblume. Rolls for 50 cents. Bread on a table. {words}"
    board = lotus.plan(lotus.Brief(prompt=prompt))
    assert any(scene.caption for scene in board.scenes) == captions
    assert (board.brief.brand is not None) == card
    assert "none" not in " ".join(scene.description for scene in board.scenes).casefold()
    own = lotus.Brief(prompt=prompt, scenes=[{"description": "Bread", "caption": "Warm"}] * 3)
    assert lotus.plan(own).scenes[0].caption == "Warm", "asked for by name"


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("A choir for people who think they can't sing. We meet on Tuesdays.", "choir"),
        ("The public library lends drills and tents. It's all free.", "all free"),
        ("Strong arms carry the piano up the stairs. Call us.", "piano"),
    ],
)
def test_what_a_film_is_about_is_not_taken_for_talk(prompt: str, subject: str) -> None:
    """Words that only the classifier takes for talk are at least seen."""
    seen = " ".join(scene.description for scene in lotus.plan(lotus.Brief(prompt=prompt)).scenes)
    assert subject in seen
