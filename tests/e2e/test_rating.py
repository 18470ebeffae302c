"""Raters in a browser: blind pairs, two raters at once, stop and go on, on a phone as well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from lotus.api.experiments import Experiment
from tests.driving import eventually, rows
from tests.seeded_experiments import seeded
from tests.site import Site, looking, serving

STYLES = ["noir", "anime", "minimal"]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    return seeded(tmp_path_factory.mktemp("rated"), {"style": STYLES, "seed": [0, 1, 2]})


@pytest.fixture(scope="module")
def site(experiment: Experiment) -> Iterator[Site]:
    with serving(experiment.workspace.settings.home, "--reviews") as running:
        yield running


def _answer(page: Any, key: str) -> None:
    """Press a key when a pair is on the page, and wait until the next one is."""
    before = page.evaluate("left.src")
    page.keyboard.press(key)
    _wait(page, before)


def _wait(page: Any, before: str) -> None:
    page.wait_for_function(
        "before => left.src !== before && rating.getAttribute('aria-busy') === 'false'"
        " || !end.hidden",
        arg=before,
    )


def _open(page: Any, link: str) -> None:
    page.goto(link)
    page.wait_for_selector("#rating[aria-busy=false]")


def test_two_raters_at_once_rate_blind_and_one_goes_on_on_a_phone(
    chromium: Any, site: Site, experiment: Experiment, tmp_path: Path
) -> None:
    links = experiment.rate("ana", "ben", address=site.url)
    with looking(chromium) as ana, looking(chromium) as ben:
        for one, link in ((ana, links["ana"]), (ben, links["ben"])):
            _open(one.page, link)
        html = ana.page.content()
        for word in (*STYLES, "0.00", "$", "styles", "animatic", "720"):
            assert word not in html.replace("stylesheet", ""), word
        seen = set()
        for number in range(9):
            for one in (ana, ben) if number < 2 else (ben,):
                seen.add(one.page.locator("#left").get_attribute("src"))
                _answer(one.page, "1" if number % 2 else "2")
        assert len(seen) == 11
        ana.page.close()  # she leaves
        assert ben.page.locator("#count").inner_text() == "8 of 9"  # one was shown again
        _answer(ben.page, "0")
        assert ben.page.locator("#end").is_visible()
        assert ben.said == []
    with looking(chromium, phone=True) as again:
        _open(again.page, links["ana"])
        assert again.page.locator("#count").inner_text() == "2 of 9"
        width = again.page.evaluate("document.documentElement.scrollWidth")
        height = again.page.evaluate("document.documentElement.scrollHeight")
        assert (width, height) == (390, 844)
        before = again.page.evaluate("left.src")
        again.page.locator(".answers [data-choice=left]").click()
        _wait(again.page, before)
    home = experiment.workspace.settings.home
    kept = rows(home, "SELECT rater, left_key, right_key, choice, seconds FROM ratings")
    assert len(kept) == 10 + 3
    assert all(row[4] >= 0 for row in kept)
    pairs = {(row[0], frozenset(row[1:3])) for row in kept}
    assert len(pairs) == 9 + 3  # one of them was shown twice, with its sides swapped
    board = experiment.leaderboard("style")
    assert {rater.name for rater in board.raters} == {"ana", "ben"}
    assert [rater.consistency is None for rater in board.raters] == [True, False]


def test_both_videos_play_in_step_and_space_stops_them(
    chromium: Any, site: Site, experiment: Experiment
) -> None:
    link = experiment.rate("play", address=site.url)["play"]
    state = "[left, right].map(id => [id.paused, id.muted])"
    with looking(chromium) as seen:
        _open(seen.page, link)
        seen.page.wait_for_function("!left.paused && !right.paused && left.currentTime > 0")
        gap = seen.page.evaluate("Math.abs(left.currentTime - right.currentTime)")
        assert gap < 0.25
        assert seen.page.evaluate(state) == [[False, True], [False, True]]
        seen.page.keyboard.press(" ")
        assert seen.page.evaluate(state) == [[True, True], [True, True]]
        seen.page.keyboard.press("m")
        assert seen.page.evaluate(state) == [[True, False], [True, True]]
        seen.page.keyboard.press("m")
        assert seen.page.evaluate(state) == [[True, True], [True, False]]


def test_an_answer_that_does_not_arrive_is_not_lost(
    chromium: Any, site: Site, experiment: Experiment
) -> None:
    link = experiment.rate("far", address=site.url)["far"]
    with looking(chromium) as seen:
        _open(seen.page, link)
        seen.page.route("**/answer", lambda route: route.abort())
        seen.page.keyboard.press("1")
        eventually(
            lambda: "not kept yet" in seen.page.locator("#trouble").inner_text(), "it says so"
        )
        seen.page.unroute("**/answer")
        _answer(seen.page, "1")
        assert seen.page.locator("#count").inner_text() == "1 of 9"


@pytest.fixture(scope="module")
def small(experiment: Experiment) -> Experiment:
    """Another one in the same home: four pairs, with a prompt from right to left."""
    grid = {"prompt": ["كلب على الشاطئ"], "style": STYLES[:2], "seed": [0, 1, 2, 3]}
    return seeded(experiment.workspace.settings.home, grid, name="small")


def _choices(experiment: Experiment, rater: str) -> list[str]:
    query = f"SELECT choice FROM ratings WHERE rater = '{rater}' ORDER BY id"
    return [row[0] for row in rows(experiment.workspace.settings.home, query)]


def test_two_windows_and_double_clicks_answer_nothing_twice(
    chromium: Any, site: Site, small: Experiment
) -> None:
    link = small.rate("花子", address=site.url)["花子"]
    with looking(chromium) as first, looking(chromium) as second:
        for one in (first, second):
            _open(one.page, link)
        src = first.page.evaluate("left.src")
        first.page.locator(".answers [data-choice=left]").dblclick()
        _wait(first.page, src)
        assert first.page.locator("#count").inner_text() == "1 of 4"
        _answer(second.page, "2")  # the same pair, which this window still shows
        assert "the first answer counts" in second.page.locator("#trouble").inner_text()
        first.page.reload()  # in the middle
        first.page.wait_for_selector("#rating[aria-busy=false]")
        assert first.page.locator("#count").inner_text() == "1 of 4"
        first.page.goto("about:blank")
        first.page.go_back()
        first.page.wait_for_selector("#rating[aria-busy=false]")
        assert first.page.locator("#prompt").inner_text() == "كلب على الشاطئ"
    assert _choices(small, "花子") == ["left"]


def test_a_keyboard_is_enough_with_any_letters(
    chromium: Any, site: Site, small: Experiment
) -> None:
    link = small.rate("keys", address=site.url)["keys"]
    with looking(chromium) as seen:
        _open(seen.page, link)
        button = seen.page.locator(".answers [data-choice=tie]")
        button.focus()
        for press in ("Enter", "Space"):  # as screen readers press what has the focus
            before = seen.page.evaluate("left.src")
            seen.page.keyboard.press(press)
            _wait(seen.page, before)
            assert button.evaluate("one => one === document.activeElement")
        before = seen.page.evaluate("left.src")
        key = "new KeyboardEvent('keydown', {key: '٢', code: 'Digit2', bubbles: true})"
        seen.page.evaluate(f"document.body.dispatchEvent({key})")
        _wait(seen.page, before)
        assert seen.page.evaluate("!left.paused")
        seen.page.locator("#play").click()
        seen.page.keyboard.press(" ")  # after the pointer, space is that of the videos
        assert seen.page.evaluate("!left.paused")
        _answer(seen.page, "1")
        assert seen.page.evaluate("document.activeElement.id") == "thanks"
    assert _choices(small, "keys") == ["tie", "tie", "right", "left"]


def test_what_changed_meanwhile_is_said_and_what_cannot_be_seen_is_not_judged(
    chromium: Any, site: Site, small: Experiment
) -> None:
    link = small.rate("late", address=site.url)["late"]
    refused = "HTMLMediaElement.prototype.play = () => Promise.reject("
    refused += "new DOMException('', 'NotAllowedError'))"
    with looking(chromium) as seen:
        seen.page.add_init_script(refused)  # as a phone that saves power
        _open(seen.page, link)
        trouble = seen.page.locator("#trouble")
        assert "press play" in trouble.inner_text()
        seen.page.route("**/right.mp4", lambda route: route.abort())
        seen.page.keyboard.press("1")
        seen.page.wait_for_function("() => /could not be loaded/.test(trouble.textContent)")
        seen.page.keyboard.press("1")  # of a video that is not there
        assert _choices(small, "late") == ["left"]
        seen.page.unroute("**/right.mp4")
        seen.page.reload()
        seen.page.wait_for_selector("#rating[aria-busy=false]")
        assert seen.page.locator("#count").inner_text() == "1 of 4"
        clips = {state.key: str(state.object_key) for state in small.cells()}
        for key in list(clips.values())[2:]:
            small.workspace.store.delete(key)  # as a bucket does after 30 days
        seen.page.keyboard.press("s")
        seen.page.wait_for_selector("#end:not([hidden])")
        assert "no longer in the store" in seen.page.locator("#left-out").inner_text()
        seen.page.reload()
        seen.page.wait_for_selector("#end:not([hidden])")
    link = small.rate("late", questions=["Why?"], address=site.url)["late"]
    with looking(chromium) as seen:
        _open(seen.page, link)
        small.rate("late", address=site.url)
        seen.page.keyboard.press("1")
        message = "This link is no longer valid. Your answers so far are kept."
        seen.page.wait_for_function("text => trouble.textContent === text", arg=message)


def test_links_end_and_open_nothing_else(site: Site, experiment: Experiment) -> None:
    old = experiment.rate("old", address=site.url)["old"]
    new = experiment.rate("old", address=site.url)["old"]
    assert _status(old) == 404
    assert _status(f"{old}/answer") == 404
    assert _status(new) == 200
    document = json.load(urlopen(f"{new}/answer"))
    assert set(document) == {"pair", "question", "prompt", "done", "total"}
    assert re.fullmatch(r"[0-9a-f]{32}", document["pair"])
    assert _status(f"{new}/{document['pair']}/left.mp4") == 200
    assert _status(f"{new}/{'0' * 32}/left.mp4") == 404
    assert _status(f"{new}/{document['pair']}/final.mp4") == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"pair": "x"}', b'{"pair": 1, "choice": "left", "seconds": "x"}', b"x" * 9999],
)
def test_answers_that_are_none_are_refused(site: Site, experiment: Experiment, body: bytes) -> None:
    link = experiment.rate("odd", address=site.url)["odd"]
    assert _status(f"{link}/answer", body) == 400


def test_a_choice_that_is_none_is_refused(site: Site, experiment: Experiment) -> None:
    link = experiment.rate("odd", address=site.url)["odd"]
    pair = json.load(urlopen(f"{link}/answer"))["pair"]
    for choice, status in (("middle", 404), ("left", 200)):
        body = json.dumps({"pair": pair, "choice": choice, "seconds": 1})
        assert _status(f"{link}/answer", body.encode()) == status


def _status(address: str, body: bytes | None = None) -> int:
    from urllib.error import HTTPError

    try:
        with urlopen(address, data=body) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_clips_are_scored_one_by_one_on_a_desk_and_on_a_phone(
    chromium: Any, site: Site, experiment: Experiment
) -> None:
    questions = ["How sharp is it?", "How well does it move?"]
    options = {"questions": questions, "scale": True, "address": site.url}
    link = experiment.rate("sam", **options)["sam"]
    shown = "before => left.src !== before && rating.getAttribute('aria-busy') === 'false'"
    with looking(chromium) as desk:
        _open(desk.page, link)
        assert desk.page.locator("#question").inner_text() == questions[0]
        assert not desk.page.locator(".side[data-choice=right]").is_visible()
        assert not desk.page.locator(".answers:not(.steps)").is_visible()
        for key in ("4", "2", "s"):  # both questions of one clip, then one that nobody can answer
            before = desk.page.evaluate("left.src")
            desk.page.keyboard.press(key)
            desk.page.wait_for_function(shown, arg=before)
        desk.page.locator(".side[data-choice=left]").click()  # a click on the clip is no answer
        assert desk.page.locator("#count").inner_text() == "3 of 18"
        assert desk.said == []
    with looking(chromium, phone=True) as phone:
        _open(phone.page, link)
        assert phone.page.locator("#count").inner_text() == "3 of 18"
        width = phone.page.evaluate("document.documentElement.scrollWidth")
        height = phone.page.evaluate("document.documentElement.scrollHeight")
        assert (width, height) == (390, 844)
        before = phone.page.evaluate("left.src")
        phone.page.locator("[data-score='5']").click()
        phone.page.wait_for_function(shown, arg=before)
    home = experiment.workspace.settings.home
    stored = rows(home, "SELECT question, score FROM scores ORDER BY id")
    assert [tuple(row) for row in stored] == [
        (questions[0], 4),
        (questions[1], 2),
        (questions[0], None),
        (questions[1], 5),
    ]
    table = experiment.scores("style").groupby("question")["scores"].sum()
    assert table.to_dict() == {questions[0]: 1, questions[1]: 2}
    for body, status in (
        ({"clip": "0" * 32, "score": 3, "seconds": 1}, 404),
        ({"clip": 1, "score": "x", "seconds": 1}, 400),
        ({"pair": "0" * 32, "choice": "left", "seconds": 1}, 404),
    ):
        assert _status(f"{link}/answer", json.dumps(body).encode()) == status
    clip = json.load(urlopen(f"{link}/answer"))["clip"]
    assert _status(f"{link}/{clip}/clip.mp4") == 200
    for score in (0, 6, -1):
        body = json.dumps({"clip": clip, "score": score, "seconds": 1}).encode()
        assert _status(f"{link}/answer", body) == 404
