"""`lotus plan --planner llm`, against a small Replicate: paid once, within the budget, in the
ledger.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from lotus.money.ledger import money
from lotus.reports.cost_groups import costs_by
from lotus.workspace import Workspace
from tests.driving import Said, inside
from tests.replicate_account import Outcome
from tests.replicate_server import Fault, Replicate

PROMPT = "A small coffee roaster opens at dawn in a harbour town"
SCENES = [
    {
        "description": f"Hands pour the first cup, take {i}",
        "camera": "zoom_in",
        "caption": None,
        "seconds": 3,
    }
    for i in range(5)
]
STORY = json.dumps({"scenes": SCENES})
PLAN = ("plan", PROMPT, "--duration", 15, "--planner", "llm")


def spent() -> tuple[Decimal, Decimal, Decimal]:
    """Estimated, actual and saved dollars."""
    rows = costs_by(Workspace.open(), "provider")["rows"]
    (row,) = rows or [{}]
    return tuple(
        Decimal(row.get(name, "0")) for name in ("estimated_usd", "actual_usd", "saved_usd")
    )  # type: ignore[return-value]


def described(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return [scene["description"] for scene in said.json["scenes"]]


def test_a_plan_is_asked_for_paid_and_written_down(replicate: Replicate) -> None:
    replicate.account.answers = [STORY]
    assert described(inside(*PLAN, "--json")) == [scene["description"] for scene in SCENES]
    assert replicate.created == 1
    estimated, actual, saved = spent()
    assert actual == replicate.account.bill > 0
    assert estimated > actual
    assert saved == 0
    (made,) = replicate.account.made.values()
    assert made.model == "openai/gpt-5-mini"
    assert PROMPT in made.input["prompt"]
    assert PROMPT not in made.input["system_prompt"]


def test_the_same_brief_is_asked_for_once(replicate: Replicate) -> None:
    replicate.account.answers = [STORY]
    first = inside(*PLAN, "--json")
    assert inside(*PLAN, "--json").json == first.json
    assert replicate.created == 1
    assert spent()[2] > 0
    replicate.account.answers = [STORY.replace("take", "shot")]
    assert described(inside(*PLAN, "--seed", 8, "--json")) != described(first)
    assert replicate.created == 2


def test_the_best_of_three_plans_is_paid_for_three_times_and_only_once(
    replicate: Replicate,
) -> None:
    poor = json.dumps({"scenes": [{**one, "description": "A shop"} for one in SCENES]})
    replicate.account.answers = [poor, STORY, poor]
    best = (*PLAN, "--candidates", 3, "--json")
    said = inside(*best)
    assert described(said) == [scene["description"] for scene in SCENES]
    assert "storyboard 2 of 3 is the best" in said.err
    assert (replicate.created, spent()[1]) == (3, replicate.account.bill)
    assert inside(*best).json == said.json
    assert replicate.created == 3
    said = inside("estimate", *PLAN[1:], "--seed", 9, "--model", "p-video", "--candidates", 3)
    assert "has not written these 3 plans yet; it costs $0.0" in said.err
    said = inside("plan", PROMPT, "--candidates", 3)
    assert said.code == 2
    assert "candidates: the planner 'template' writes one storyboard" in said.err
    assert "candidates: 12 is not from 1 to 9" in inside(*PLAN, "--candidates", 12).err


def test_an_answer_is_repaired_once_and_both_are_paid(replicate: Replicate) -> None:
    replicate.account.answers = ["Sure! Here you go.", STORY]
    said = inside(*PLAN, "--json")
    assert described(said) == [scene["description"] for scene in SCENES]
    assert said.err == ""
    assert replicate.created == 2
    assert spent()[1] == replicate.account.bill


def test_two_wrong_answers_fall_back_to_the_template_with_a_warning(replicate: Replicate) -> None:
    replicate.account.answers = ["no", "still no"]
    said = inside(*PLAN, "--json")
    assert described(said) == described(inside("plan", PROMPT, "--duration", 15, "--json"))
    assert said.err.startswith("warning: the language model wrote no storyboard that is valid")
    assert len(said.err.splitlines()) == 1
    assert spent()[1] == replicate.account.bill


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("failed", "CUDA error"),
        pytest.param(Outcome(output="none"), marks=pytest.mark.slow),  # it is looked for 10 s
    ],
)
def test_a_model_that_fails_costs_no_plan(replicate: Replicate, outcome: Outcome) -> None:
    replicate.account.outcomes = [outcome] * 4
    said = inside(*PLAN, "--json")
    assert described(said) == described(inside("plan", PROMPT, "--duration", 15, "--json"))
    assert "warning: the language model did not answer" in said.err
    assert spent()[1] == replicate.account.bill


def test_a_budget_that_is_too_small_is_said_before_anything_is_spent(replicate: Replicate) -> None:
    said = inside(*PLAN, "--budget", "0.0001")
    assert said.code == 1
    assert "the budget of this job is $0.0001" in said.error
    assert "the plan needs" in said.error
    assert replicate.created == 0


def test_a_wrong_token_is_one_line(replicate: Replicate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_" + "Wr0n" * 10)
    said = inside(*PLAN)
    assert said.code == 2
    assert said.error.startswith("Invalid REPLICATE_API_TOKEN: ")
    assert "Wr0n" not in said.err
    assert replicate.created == 0


def test_an_answer_that_was_lost_on_the_way_is_found_and_not_asked_for_again(
    replicate: Replicate,
) -> None:
    replicate.account.answers = [STORY]
    replicate.misbehave("create", Fault(500, after=True))
    assert described(inside(*PLAN, "--json")) == [scene["description"] for scene in SCENES]
    assert replicate.created == 1
    assert spent()[1] == replicate.account.bill


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--planner", "gpt"], "no planner 'gpt'"),
        (["--llm", "flux-schnell"], "flux-schnell is for text-to-image, not for language; use"),
        (["--llm", "gtp-5-mini"], "no model 'gtp-5-mini'; did you mean 'gpt-5-mini'?"),
    ],
)
def test_who_plans_is_checked_first(replicate: Replicate, args: list[str], said: str) -> None:
    refused = inside(*PLAN, *args)
    assert refused.code == 2
    assert said in refused.error
    assert replicate.calls == {}


def test_a_language_model_makes_no_clips(replicate: Replicate) -> None:
    args = ("render", PROMPT, "--provider", "replicate", "--model", "gpt-5-mini")
    assert "gpt-5-mini is for language, it makes no clips" in inside(*args).error
    assert replicate.created == 0


@pytest.fixture
def short() -> tuple[object, ...]:
    """What makes a small video of a brief that the model plans."""
    brief = {
        "prompt": PROMPT,
        "duration_seconds": 5,
        "aspect_ratio": "1:1",
        "fps": "4",
        "music": "none",
    }
    Path("short.json").write_text(json.dumps(brief))
    return ("short.json", "--planner", "llm", "--model", "p-video-draft", "--json")


def test_a_video_is_planned_and_paid_for_as_one_job(
    replicate: Replicate, short: tuple[object, ...]
) -> None:
    replicate.account.answers = [STORY]
    made = inside("render", *short, "--budget", "0.05").json
    assert [scene["description"] for scene in made["scenes"]] == [s["description"] for s in SCENES]
    assert made["cost"]["actual_usd"] == money(replicate.account.bill)
    [row] = costs_by(Workspace.open(), "job")["rows"]
    assert (row["job"], row["actual_usd"]) == (made["job_id"], money(replicate.account.bill))
    assert inside("estimate", *short).json["total_usd"] == "0.00"
    assert replicate.created == 1 + len(SCENES)


def test_a_budget_is_of_the_plan_and_the_clips_together(
    replicate: Replicate, short: tuple[object, ...]
) -> None:
    replicate.account.answers = [STORY]
    said = inside("render", *short, "--budget", "0.025")  # the five clips alone
    assert said.code == 1
    assert "the budget of this job is $0.025 and has $0.02" in said.error
    assert replicate.created == 1


def test_an_estimate_asks_nobody_and_says_what_asking_costs(replicate: Replicate) -> None:
    estimate = ("estimate", *PLAN[1:], "--model", "p-video", "--json")
    said = inside(*estimate)
    assert said.code == 2
    assert "planner: gpt-5-mini has not written this plan yet; it costs $0.00" in said.error
    assert replicate.created == 0
    replicate.account.answers = [STORY]
    inside(*PLAN, "--model", "p-video")
    found = inside(*estimate).json
    assert [scene["model"] for scene in found["scenes"]] == ["p-video"] * len(SCENES)
    assert replicate.created == 1
