"""`lotus make`: pictures, music and voices, paid once, checked, and written to a file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

import lotus
from lotus.media.probe import probe
from lotus.money.ledger import money
from lotus.reports.cost_groups import costs_by
from lotus.workspace import Workspace
from tests.driving import inside
from tests.replicate_account import Outcome
from tests.replicate_server import Replicate


def settled() -> Decimal:
    return Decimal(costs_by(Workspace.open(), "provider")["total_usd"])


def test_a_picture_is_made_once(replicate: Replicate) -> None:
    args = (
        "make",
        "text-to-image",
        "A harbour at dawn",
        "--aspect",
        "9:16",
        "-o",
        "dawn.png",
        "--json",
    )
    first = inside(*args).json
    again = inside(*args).json
    assert first == {
        "output": str(Path("dawn.png").absolute()),
        "model": "flux-schnell",
        "cached": False,
        "cost": {"estimated_usd": "0.003", "actual_usd": "0.003", "saved_usd": "0.00"},
    }
    assert (again["cached"], again["cost"]["actual_usd"], again["cost"]["saved_usd"]) == (
        True,
        "0.00",
        "0.003",
    )
    with Image.open("dawn.png") as picture:
        assert picture.width / picture.height == 9 / 16
    assert replicate.created == 1
    assert settled() == replicate.account.bill == Decimal("0.003")


def test_music_lasts_as_long_as_it_was_asked_to_and_serves_a_brief(replicate: Replicate) -> None:
    said = inside("make", "music", "Warm acoustic guitar", "--seconds", 5, "-o", "bed.mp3")
    assert said.code == 0
    assert "made by stable-audio-2.5; cost $0.20" in said.out
    assert float(probe(Path("bed.mp3")).seconds) == pytest.approx(5, abs=0.2)
    Path("ad.yaml").write_text(
        f"prompt: {'A small roaster opens at dawn in a harbour town. ' * 2}\nmusic: bed.mp3\n"
    )
    assert inside("plan", "ad.yaml", "--json").json["brief"]["music"].endswith("bed.mp3")


def test_a_voice_speaks(replicate: Replicate) -> None:
    made = lotus.make("speech", "Order now", out="voice.mp3", voice="Calm_Woman")
    assert made.cost.actual_usd == Decimal("0.00054")
    [asked] = replicate.account.made.values()
    assert asked.input == {"text": "Order now", "voice_id": "Calm_Woman"}
    assert probe(Path("voice.mp3")).has_audio


def test_a_picture_is_made_larger(replicate: Replicate) -> None:
    Image.new("RGB", (32, 18), "red").save("small.png")
    made = lotus.make("upscale", source="small.png", scale=4, out="large.png")
    [asked] = replicate.account.made.values()
    assert asked.input["scale"] == 4
    assert asked.input["image"].startswith("data:image/jpeg;base64,")
    assert made.cost.actual_usd == replicate.account.bill > 0
    assert made.cost.estimated_usd == Decimal("0.00225")


@pytest.mark.parametrize(
    ("task", "out", "kind", "said"),
    [
        ("text-to-image", "a.png", "text", "is not a picture"),
        ("text-to-image", "a.png", "cut", "is not a picture"),
        ("music", "a.mp3", "short", "lasts 3.8 s instead of 15"),
        ("music", "a.mp3", "text", "a.mp3|cannot|holds|is"),
    ],
)
def test_what_is_not_what_was_asked_for_is_not_kept(
    replicate: Replicate, task: str, out: str, kind: str, said: str
) -> None:
    replicate.account.outcomes = [Outcome(output=kind)]
    failed = inside("make", task, "A harbour at dawn", "-o", out)
    assert failed.code == 1
    assert any(part in failed.error for part in said.split("|"))
    assert failed.error.startswith("replicate: the output ")
    assert failed.error.endswith(
        f"(${money(replicate.account.bill)} was spent); run again to make a new one"
    )
    assert not Path(out).exists()
    assert settled() == replicate.account.bill


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["music", "Guitar", "-o", "bed.wav"],
            "bed.wav: out: music is written as .mp3; write bed.mp3",
        ),
        (["musik", "Guitar", "-o", "bed.mp3"], "no task 'musik'; did you mean 'music'?"),
        (
            ["language", "Hello", "-o", "a.txt"],
            "task: language is not available on its own; see `lotus plan --planner llm`",
        ),
        (["text-to-video", "Hello", "-o", "a.mp4"], "see `lotus render --provider replicate`"),
        (["music", "-o", "bed.mp3"], "WORDS: is missing; write what to draw, play or say"),
        (
            ["music", "Guitar", "--seconds", "300", "-o", "bed.mp3"],
            "300 s is more than the 190 s it makes",
        ),
        (
            ["music", "Guitar", "--seconds", "nan", "-o", "bed.mp3"],
            "seconds: is nan; write a number such as 1.5",
        ),
        (
            ["text-to-image", "Dawn", "--aspect", "4:3", "-o", "a.png"],
            "4:3 is not one of 16:9, 9:16, 1:1",
        ),
        (["upscale", "--source", "none.png", "-o", "a.png"], "source"),
        (["upscale", "-o", "a.png"], "--source: is missing; name the picture"),
        (
            ["music", "Guitar", "--model", "flux-schnell", "-o", "b.mp3"],
            "is for text-to-image, not for music",
        ),
        (["music", "Guitar", "-o", "nowhere/bed.mp3"], "nowhere"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_asked(
    replicate: Replicate, args: list[str], said: str
) -> None:
    refused = inside("make", *args)
    assert refused.code == 2
    assert said in refused.error
    assert replicate.calls == {}


def test_a_budget_holds(replicate: Replicate) -> None:
    refused = inside("make", "music", "Guitar", "--budget", "0.10", "-o", "bed.mp3")
    assert refused.code == 1
    assert "the budget of this job is $0.10 and has $0.10 left; it needs $0.20" in refused.error
    assert replicate.created == 0


def test_what_a_campaigns_notebook_makes_is_the_campaigns(
    replicate: Replicate, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = "0" * 32
    monkeypatch.setenv("LOTUS_CAMPAIGN", campaign)
    assert inside("budgets", "set", "campaign", "0.003", campaign).code == 0
    assert inside("make", "text-to-image", "Dawn", "-o", "dawn.png").code == 0
    [row] = costs_by(Workspace.open(), "campaign")["rows"]
    assert (row["campaign"], row["actual_usd"]) == (campaign, "0.003")
    refused = inside("make", "text-to-image", "Dusk", "-o", "dusk.png")
    assert f"the budget of campaign {campaign} is $0.003 and has $0.00 left" in refused.error
    assert replicate.created == 1
