"""Experiments end to end: from a grid to videos, measurements and the right ranking."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
import yaml

import lotus
from lotus.api.experiments import Experiment
from lotus.errors import InvalidInput, UnknownName
from lotus.experiments.comparison import changes_between
from lotus.experiments.costs import judgements_needed
from lotus.experiments.design import Design
from lotus.experiments.matrix import save_strip
from lotus.experiments.rating import RatingSession, add_answer, open_session
from lotus.workspace import Workspace
from tests.driving import inside
from tests.paying import balanced, sums, workspace_for
from tests.replicate_account import Outcome
from tests.replicate_server import Replicate, serving
from tests.replicate_videos import video
from tests.seeded_experiments import seeded

ROOT = Path(__file__).parents[2]
SMALL = {"aspect_ratio": "1:1", "fps": "4"}
PROMPTS = ["A coffee roaster opens at dawn", "A dog runs along the beach"]
MODELS = ["p-video-draft", "kling-v2.6"]


def _drawn(**more: Any) -> Experiment:
    """Drawn offline: two styles, two prompts."""
    grid = {"prompt": PROMPTS, "style": ["noir", "anime"], **more.pop("grid", {})}
    return lotus.Experiment("drawn", base=SMALL, grid=grid, seconds=1, **more)


@pytest.fixture
def server() -> Iterator[Replicate]:
    with serving() as running:
        yield running


def _hosted(workspace: Workspace, models: list[str] | None = None, **more: Any) -> Experiment:
    grid = {"prompt": PROMPTS, "model": models or MODELS}
    return Experiment("hosted", base=SMALL, grid=grid, seconds=1, workspace=workspace, **more)


def test_a_grid_is_run_measured_and_run_again_for_nothing(tmp_path: Path) -> None:
    experiment = _drawn()
    assert experiment.estimate().cached == 0
    frame = experiment.run(workers=2).measure()
    assert list(frame["status"]) == ["completed"] * 4
    assert frame["black"].eq(0).all()
    assert frame["sound_clipping"].isna().all()
    assert frame["style"].tolist() == ["noir", "anime"] * 2
    outcomes: list[str] = []
    experiment.run(on_cell=lambda cell, outcome: outcomes.append(outcome))
    assert outcomes == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lotus.experiments.measuring.measure", None)  # nothing is measured twice
        assert experiment.measure().equals(frame)
    grown = _drawn(grid={"style": ["noir", "anime", "minimal"]})
    assert grown.estimate().cached == 4
    assert [cell.status for cell in grown.cells()].count("missing") == 2
    design = {"name": "drawn", "base": SMALL, "seconds": 1, "grid": experiment.design.grid}
    path = tmp_path / "drawn.yaml"
    path.write_text(
        yaml.safe_dump({**design, "grid": {k: list(v) for k, v in design["grid"].items()}})
    )
    assert inside("experiment", "status", path).out == "4 completed; $0.00 spent\n"
    again = inside("experiment", "run", path, "--json").json
    assert [cell["status"] for cell in again["cells"]] == ["completed"] * 4
    assert "noir" in inside("experiment", "measure", path).out
    assert "pilot of 2 cells" in inside("experiment", "estimate", path).out


@pytest.mark.slow
def test_an_experiment_that_grows_pays_for_the_new_model_alone(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home)
    first = _hosted(workspace, MODELS[:1])
    assert first.estimate().total_usd == Decimal("0.01")
    assert first.run().estimate().total_usd == 0
    paid = server.created
    grown = _hosted(workspace)
    estimate = grown.estimate()
    arms = {arm.level: arm for arm in estimate.arms if arm.factor == "model"}
    assert arms["p-video-draft"].amount_usd == 0
    assert arms["p-video-draft"].cached == 2
    assert arms["kling-v2.6"].amount_usd == estimate.total_usd > 0
    frame = grown.run().to_pandas()
    assert server.created == paid + 2
    other = _hosted(workspace)
    other.design = other.design.model_copy(update={"name": "of another day"})
    again = other.run().to_pandas()  # it pays nothing, and knows what its clips have cost
    assert server.created == paid + 2
    assert again["cost_usd"].tolist() == [0] * 4
    assert again["made_usd"].tolist() == frame["made_usd"].tolist()
    assert other.pareto("cost_usd", "made_usd")["cost_usd"].min() > 0
    assert other.spent_usd == 0
    assert Decimal(str(frame["cost_usd"].sum())) == sums(workspace)["settled"]
    assert balanced(workspace, server)


def test_a_budget_that_ends_leaves_cells_that_say_so(server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home)
    experiment = _hosted(workspace)
    one = experiment.estimate().total_usd / 2  # a pair of both models
    frame = experiment.run(budget_usd=one + Decimal("0.001"), workers=1).to_pandas()
    assert list(frame["status"]) == ["completed", "completed", "over budget", "over budget"]
    assert frame["cost_usd"].isna().tolist() == [False, False, True, True]
    assert frame["reason"][2].startswith("budget")
    assert list(experiment.run(budget_usd=1).to_pandas()["status"]) == ["completed"] * 4
    assert server.created == 4
    assert balanced(workspace, server)


def test_an_arm_that_always_fails_stays_in_the_table(server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home)
    refused = Outcome(status="failed", error="flagged as sensitive")

    def choose(made: Any) -> None:
        if "kling" in made.model:
            made.outcome = refused

    server.on_created = choose
    experiment = _hosted(workspace)
    frame = experiment.run(workers=1).measure(["sharpness"])
    failed = frame[frame["model"] == "kling-v2.6"]
    assert list(failed["status"]) == ["failed"] * 2
    assert failed["reason"].str.contains("sensitive").all()
    assert failed["sharpness"].isna().all()
    assert frame[frame["model"] == "p-video-draft"]["sharpness"].notna().all()
    assert balanced(workspace, server)


RUN = """
import sys
from lotus.api.experiments import Experiment
Experiment.read(sys.argv[1]).run(workers=2)
"""


def _killed(code: str, path: Path, server: Replicate, home: Path, after: int) -> None:
    """Run a program, and kill it when so many predictions were created."""
    environment = {**os.environ, "LOTUS_HOME": str(home), **server.environment()}
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], env=environment)

    def kill(made: Any) -> None:
        if server.created == after:
            os.kill(child.pid, signal.SIGKILL)

    server.on_created = kill
    assert child.wait(60) == -signal.SIGKILL
    server.on_created = lambda made: None


@pytest.mark.parametrize("after", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_a_killed_run_pays_for_nothing_twice(
    server: Replicate, home: Path, tmp_path: Path, after: int
) -> None:
    document = {"base": SMALL, "seconds": 1, "grid": {"prompt": PROMPTS, "model": MODELS}}
    path = tmp_path / "killed.yaml"
    path.write_text(yaml.safe_dump(document))
    _killed(RUN, path, server, home, after)
    workspace = workspace_for(server, home)
    experiment = Experiment.read(path, workspace=workspace)
    assert {cell.status for cell in experiment.cells()} != {"completed"}
    experiment.run(workers=2)
    assert [cell.status for cell in experiment.cells()] == ["completed"] * 4
    assert server.created == 4
    assert balanced(workspace, server)


@pytest.mark.slow
def test_a_video_that_expired_is_missing_and_made_again(home: Path) -> None:
    experiment = _drawn(grid={"prompt": PROMPTS[:1]}).run(workers=2)
    state = experiment.cells()[0]
    assert state.object_key is not None
    experiment.workspace.store.delete(state.object_key)
    assert [cell.status for cell in experiment.cells()] == ["expired", "completed"]
    assert experiment.measure(["sharpness"])["sharpness"].isna().tolist() == [True, False]
    experiment.run(workers=1)
    assert [cell.status for cell in experiment.cells()] == ["completed"] * 2


@pytest.mark.slow
def test_cells_run_on_a_dask_cluster_within_the_budget(
    server: Replicate, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    workspace = workspace_for(server, home)
    experiment = _hosted(workspace, MODELS[:1])
    outcomes: list[str] = []
    options = {"cluster": "local", "workers": 2, "budget_usd": "0.005"}
    experiment.run(**options, on_cell=lambda cell, outcome: outcomes.append(outcome))
    statuses = [cell.status for cell in experiment.cells()]
    assert sorted(statuses) == ["completed", "over budget"]
    assert len(outcomes) == 2
    assert server.created == 1
    assert balanced(workspace, server)


def test_keys_are_of_the_content_and_cells_come_in_blocks() -> None:
    design = Design.of("a", SMALL, {"prompt": PROMPTS, "style": ["x", "y"], "seed": range(3)})
    other = Design.of("b", SMALL, {"style": ["y", "z"], "seed": [2], "prompt": PROMPTS[:1]})
    assert {c.key for c in design.cells()} & {c.key for c in other.cells()} == {
        c.key for c in other.cells() if c.factors["style"] == "y"
    }
    assert [c.factors["style"] for c in design.cells()] == ["x", "y"] * 6
    assert design.treatments == ("style",)
    assert Design.of("c", SMALL, {"prompt": PROMPTS, "seed": [1, 2]}).treatments == ("prompt",)
    sample = Design.of("d", SMALL, dict(design.grid), sample=4)
    assert len(sample.cells()) == 4
    assert {c.key for c in sample.cells()} < {c.key for c in design.cells()}


@pytest.mark.parametrize(
    ("name", "text", "prompts"),
    [
        ("p.txt", "# a suite\nA red ball rolls\n\nA cat sits down\nA cat sits down\n", 2),
        ("p.csv", "id,prompt\n1,A red ball rolls\n2,A cat sits down\n", 2),
        ("v.json", '[{"prompt_en": "A red ball rolls", "dimension": ["color"]}]', 1),
        ("p.jsonl", '{"text": "A red ball rolls"}\n', 1),
    ],
)
def test_files_of_prompts_are_read(tmp_path: Path, name: str, text: str, prompts: int) -> None:
    (tmp_path / name).write_text(text)
    design = Design.of("a", SMALL, {"prompt": name}, folder=tmp_path)
    assert len(design.grid["prompt"]) == prompts
    assert design.grid["prompt"][0] == "A red ball rolls"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"base": SMALL}, "grid: is missing"),
        ({"base": SMALL, "grid": {"modle": ["a"]}}, "did you mean 'model'"),
        ({"base": SMALL, "grid": {"style": []}}, "grid.style: has no levels"),
        ({"base": SMALL, "grid": {"prompt": "no.txt"}}, "No such file"),
        ({"base": SMALL, "grid": {"seed": [1]}, "unit": "reel"}, "no unit 'reel'"),
        ({"base": SMALL, "grid": {"seed": list(range(20001))}}, "has 20,001 cells"),
        ({"base": SMALL, "gird": {}}, "did you mean 'grid'"),
    ],
)
def test_wrong_designs_are_one_line(tmp_path: Path, document: Any, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises((InvalidInput, UnknownName), match=message):
        Experiment.read(path)
    result = inside("experiment", "run", path)
    assert result.code == 2


def test_the_judgements_that_are_needed_give_intervals_of_that_width() -> None:
    names = ["a", "b", "c", "d"]
    count = judgements_needed(len(names), 120)
    rng = random.Random(1)
    ratings = []
    for number in range(count):
        left, right = rng.sample(names, 2)
        row = {"rater": "r", "left": left, "right": right, "choice": rng.choice(["1", "2"])}
        ratings.append({**row, "block": str(number)})
    widths = [place.high - place.low for place in lotus.leaderboard(ratings).places]
    assert sum(widths) / len(widths) == pytest.approx(120, rel=0.15)


def test_the_matrix_of_500_cells_opens_at_once_and_says_what_is_missing(tmp_path: Path) -> None:
    prompts = [f"A dog runs along beach {n}" for n in range(25)]
    grid = {"prompt": prompts, "style": ["x", "y", "<b>", "z"], "seed": range(5)}
    experiment = seeded(tmp_path / "many", grid)
    states = experiment.cells()
    experiment.workspace.store.delete(str(states[3].object_key))
    strip = save_strip(experiment.workspace, states[0])
    assert strip is not None
    for state in states[1:]:
        shutil.copy(strip, strip.with_name(f"{state.subject}.webp"))
    first = experiment.matrix()
    html = experiment._repr_html_()
    assert html == first._repr_html_()
    assert html.count("class='lotus-strip'") == 499
    assert html.count("class='lotus-none'") == 1
    assert "<script" not in html
    assert "<b>" not in html
    turned = experiment.matrix(rows="style", columns=["seed"])
    assert turned.count("scope='row'") == 4
    with pytest.raises(UnknownName, match="did you mean 'style'"):
        experiment.matrix(rows="stile")


def _pictures(server: Replicate, choose: Callable[[Any], str]) -> None:
    """Let outputs differ in a known way: a pattern, a blurred one, or nothing but black."""
    filters = {"fine": "null", "soft": "gblur=6", "black": "drawbox=t=fill:c=black"}

    def clip(made: Any) -> bytes:
        return _filtered(server.account.seconds_asked(made), filters[choose(made)])

    server.account.clip = clip  # type: ignore[method-assign]


@cache
def _filtered(seconds: float, how: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in.mp4").write_bytes(video(seconds, "1:1"))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", f"{folder}/in.mp4"]
        subprocess.run([*command, "-vf", how, f"{folder}/out.mp4"], check=True)
        return (Path(folder) / "out.mp4").read_bytes()


def _rate_by_sharpness(experiment: Experiment, name: str) -> int:
    """A rater who looks at both videos and finds the sharper one better; how many answers."""
    secret = experiment.rate(name)[name].rpartition("/")[2]
    sharpness = experiment.to_pandas().set_index("key")["sharpness"]
    for count in range(1000):
        session = open_session(experiment.workspace, secret)
        assert isinstance(session, RatingSession)
        pair = session.next()
        if pair is None:
            return count
        choice = "left" if sharpness[pair.left] > sharpness[pair.right] else "right"
        add_answer(
            experiment.workspace.db,
            session.answer(pair.left, pair.right, pair.question, choice, 1.0),
        )
    raise AssertionError("it never ends")


def test_from_a_grid_to_the_right_leaderboard(server: Replicate, home: Path) -> None:
    """Two models whose outputs differ in a known way, two raters, one ranking."""
    workspace = workspace_for(server, home)
    prompts = [f"A coffee roaster opens at dawn, take {n}" for n in range(4)]
    _pictures(server, lambda made: "soft" if "kling" in made.model else "fine")
    grid = {"prompt": prompts, "model": MODELS}
    experiment = Experiment("path", base=SMALL, grid=grid, seconds=1, workspace=workspace)
    frame = experiment.run(budget_usd=5, workers=4).measure(["sharpness"])
    means = frame.groupby("model")["sharpness"].mean()
    assert means["p-video-draft"] > 2 * means["kling-v2.6"]
    assert [_rate_by_sharpness(experiment, name) for name in ("ana", "ben")] == [4, 4]
    board = experiment.leaderboard("model")
    assert [place.name for place in board.places] == MODELS
    assert board.decided
    assert board.places[0].wins == 8
    frontier = experiment.pareto("cost_usd", "rating")
    assert frontier["frontier"].to_dict() == {"p-video-draft": True, "kling-v2.6": False}
    assert balanced(workspace, server)


def test_a_clip_that_breaks_a_limit_is_made_again_and_the_best_is_kept(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home)
    first: set[str] = set()

    def choose(made: Any) -> str:
        """Black at the first try of each prompt, and always for dogs."""
        prompt = made.input["prompt"]
        again = prompt in first
        first.add(prompt)
        return "fine" if again and "dog" not in prompt else "black"

    kinds: dict[str, str] = {}
    _pictures(server, lambda made: kinds.setdefault(made.id, choose(made)))
    experiment = _hosted(workspace, MODELS[:1])
    frame = experiment.run(workers=1, accept="black<0.5", retakes=2, budget_usd=1).to_pandas()
    assert list(frame["status"]) == ["completed"] * 2
    assert list(frame["black"]) == [0, 1]
    assert list(frame["retakes"]) == [1, 2]
    assert frame["cost_usd"].tolist() == pytest.approx([0.01, 0.015])  # all takes
    assert frame["made_usd"].tolist() == pytest.approx([0.005, 0.005])  # the kept one
    assert experiment.spent_usd == Decimal("0.025") == sums(workspace)["settled"]
    assert frame["reason"][1] == "breaks black<0.5"
    assert server.created == 5
    assert balanced(workspace, server)
    paid = sums(workspace)["settled"]
    experiment.run(workers=1, accept="black<0.5", retakes=2)
    assert server.created == 5
    assert sums(workspace)["settled"] == paid


def _rated(home: Path, name: str = "seeded", better: str = "b") -> Experiment:
    """Two styles of four prompts, of which two raters like one; `a` costs less."""
    prompts = [f"A dog runs along beach {n}" for n in range(8)]
    grid = {"prompt": prompts, "style": ["a", "b", "c"]}
    fine, soft = video(1, "16:9", 8), _filtered(1, "gblur=6")
    experiment = seeded(
        home,
        grid,
        name=name,
        clip=lambda cell: fine if cell.factors["style"] == better else soft,
        cost_usd=lambda cell: "0.01" if cell.factors["style"] == "a" else "0.05",
    )
    cells = {state.key: state for state in experiment.cells()}
    rows = [
        {"rater": rater, "left": left.key, "right": right.key, "choice": choice}
        for rater in ("ana", "ben")
        for left in cells.values()
        for right, choice in ((r, "left") for r in cells.values())
        if left.factors["prompt"] == right.factors["prompt"]
        and str(left.factors["style"]) == better
        and right.factors["style"] != better
    ]
    assert experiment.add_ratings(rows) == 32
    assert experiment.add_ratings(rows) == 0  # they are there already
    return experiment


def test_a_report_says_what_was_found_and_a_winner_is_adopted(home: Path, tmp_path: Path) -> None:
    experiment = _rated(home)
    experiment.measure(["sharpness", "black"])
    board = experiment.leaderboard("style", question="Which is better?")
    assert board.places[0].name == "b"
    assert board.alpha is None or board.alpha == 1
    correlation = experiment.correlation("style").set_index("metric")
    assert correlation.loc["sharpness", "agreement"] == 1
    page = experiment.report(tmp_path / "report.html").read_text()
    for words in ("Krippendorff", "frontier", "Caveats", "prompt:", "$0.88 spent", "sharpness"):
        assert words in page or words == "frontier", words
    assert page.count("<circle") == 3
    assert "<script" not in page
    manifest = tmp_path / "campaign.yaml"
    manifest.write_text("# ours\nstyle: a  # the old one\nprompt: A dog runs\n")
    assert experiment.adopt("style", manifest) == "b"
    assert manifest.read_text() == '# ours\nstyle: "b"\nprompt: A dog runs\n'
    assert board.places[0].cost_usd == 0.05
    assert board.places[0].usd_per_win == 0.05  # it wins always
    assert board.places[-1].usd_per_win is None  # it never wins
    twin = _rated(home, "twin", better="c")
    twin.measure(["sharpness"])
    changes = twin.compare(experiment).set_index("metric")
    assert changes.loc["sharpness", "verdict"] == "same"
    with pytest.raises(InvalidInput, match="same levels"):
        seeded(home, {"prompt": ["Another"], "style": ["a"]}, name="other").compare("twin")
    both = Experiment("now", base={}, grid={"prompt": "x", "style": ["c"]}).design
    assert both.treatments == ()


def test_a_winner_that_is_not_apart_is_not_adopted(home: Path, tmp_path: Path) -> None:
    experiment = seeded(home, {"style": ["a", "b"], "seed": [1, 2]})
    left, right = (state.key for state in experiment.cells()[:2])
    row = {"rater": "ana", "left": left, "right": right, "choice": "left"}
    experiment.add_ratings([row])
    path = tmp_path / "brief.yaml"
    path.write_text("prompt: A dog runs\n")
    with pytest.raises(InvalidInput, match="not enough"):
        experiment.adopt("style", path)
    assert experiment.adopt("style", path, sure=False) == "a"
    assert path.read_text() == 'prompt: A dog runs\nstyle: "a"\n'


def test_an_export_loads_with_pandas(home: Path, tmp_path: Path) -> None:
    import pandas as pd

    experiment = _rated(home)
    missing = experiment.cells()[2]
    experiment.workspace.store.delete(str(missing.object_key))
    folder = experiment.export(tmp_path / "data")
    cells = pd.read_parquet(folder / "metadata.parquet")
    assert len(cells) == 24
    assert cells["file_name"].isna().sum() == 1
    assert all((folder / name).stat().st_size > 0 for name in cells["file_name"].dropna())
    assert len(pd.read_parquet(folder / "ratings.parquet")) == 32
    card = json.loads((folder / "croissant.json").read_text())
    assert {field["name"] for field in card["recordSet"][0]["field"]} == set(cells.columns)
    with pytest.raises(InvalidInput, match="is not empty"):
        experiment.export(folder)


def test_an_export_is_valid_for_croissants_own_reader(home: Path, tmp_path: Path) -> None:
    import mlcroissant

    experiment = seeded(home, {"style": ["a", "b"], "seed": [1, 2]})
    left, right = (state.key for state in experiment.cells()[:2])
    experiment.add_ratings([{"rater": "ana", "left": left, "right": right, "choice": "left"}])
    folder = experiment.export(tmp_path / "data")
    dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert dataset.metadata.ctx.issues.errors == set()
    assert dataset.metadata.ctx.issues.warnings == set()
    cells = list(dataset.records("metadata"))
    assert [(row["metadata/style"], row["metadata/seed"]) for row in cells] == [
        (style, seed) for seed in (1, 2) for style in (b"a", b"b")
    ]
    (rating,) = dataset.records("ratings")
    assert rating["ratings/choice"] == b"left"
    assert str(rating["ratings/created_at"]).startswith("20")


def test_prompts_have_categories_within_which_levels_are_ranked(home: Path, tmp_path: Path) -> None:
    """Style a wins with animals, style b with places; the keys of cells know no categories."""
    prompts = tmp_path / "prompts.json"
    entries = [
        {"prompt_en": f"{what} number {n}", "dimension": [category, "other"]}
        for category, what in (("animal", "A dog"), ("place", "A beach"))
        for n in range(8)
    ]
    prompts.write_text(json.dumps(entries))
    design = Design.of("a", SMALL, {"prompt": str(prompts), "style": ["a", "b"]})
    assert design.categories["A dog number 0"] == "animal"
    plain = Design.of("a", SMALL, {"prompt": list(design.grid["prompt"]), "style": ["a", "b"]})
    assert [c.key for c in plain.cells()] == [c.key for c in design.cells()]
    experiment = seeded(home, {"prompt": list(design.grid["prompt"]), "style": ["a", "b"]})
    experiment.design = experiment.design.model_copy(update={"categories": design.categories})
    cells = {(c.factors["prompt"], c.factors["style"]): c.key for c in experiment.cells()}
    experiment.add_ratings(
        {"rater": "ana", "left": cells[p, "a"], "right": cells[p, "b"]}
        | {"choice": "left" if "dog" in str(p) else "right"}
        for p in design.grid["prompt"]
    )
    assert not experiment.leaderboard("style").decided
    assert experiment.leaderboard("style", category="animal").places[0].name == "a"
    table = experiment.by_category("style")
    best = table.groupby("category").first()["name"].to_dict()
    assert best == {"animal": "a", "place": "b"}
    page = experiment.report(tmp_path / "report.html").read_text()
    assert "Style within categories of prompts" in page
    assert "<td>animal</td><td>a</td>" in page
    with pytest.raises(UnknownName, match="did you mean 'animal'"):
        experiment.leaderboard("style", category="anmal")


def test_several_questions_are_ranked_one_by_one(home: Path, tmp_path: Path) -> None:
    experiment = seeded(home, {"style": ["a", "b"], "seed": range(8)})
    cells = {(c.factors["style"], c.factors["seed"]): c.key for c in experiment.cells()}
    for question, choice in (("Which looks better?", "left"), ("Which moves better?", "right")):
        rows = [
            {"rater": "ana", "left": cells["a", seed], "right": cells["b", seed]}
            | {"choice": choice, "question": question}
            for seed in range(8)
        ]
        assert experiment.add_ratings(rows) == 8
    assert experiment.questions() == ("Which looks better?", "Which moves better?")
    with pytest.raises(InvalidInput, match="the ratings have 2"):
        experiment.leaderboard()
    best = [experiment.leaderboard(question=q).places[0].name for q in experiment.questions()]
    assert best == ["a", "b"]
    page = experiment.report(tmp_path / "r.html").read_text()
    assert page.count("Style, by raters") == 2
    assert all(question in page for question in experiment.questions())


def test_a_new_version_that_is_worse_fails_the_command(
    server: Replicate, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cells, whose model has changed overnight: what it makes is blurred now."""
    for name, value in {**server.environment(), "LOTUS_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    grid = {"prompt": [f"A dog runs along beach {n}" for n in range(12)], "style": ["x"]}
    fine, soft = video(1, "16:9", 8), _filtered(1, "gblur=6")
    seeded(home, grid, name="before", clip=lambda cell: fine)
    now = seeded(home, {**grid, "style": ["y"]}, name="now", clip=lambda cell: soft)
    path = tmp_path / "now.yaml"
    document = now.design.model_dump(mode="json", exclude_defaults=True)
    path.write_text(yaml.safe_dump(document))
    result = inside("experiment", "run", path, "--against", "before", "--json")
    assert result.code == 1
    verdicts = {row["metric"]: row["verdict"] for row in result.json["changes"]}
    assert verdicts["sharpness"] == "worse"
    assert verdicts["black"] == "same"
    assert "worse" in inside("experiment", "run", path, "--against", "before").out
    assert inside("experiment", "run", path, "--against", "nothing").code == 2


@pytest.mark.parametrize(("pairs", "verdict"), [(3, "too few"), (5, "too few"), (6, "worse")])
def test_a_few_cells_decide_nothing(pairs: int, verdict: str) -> None:
    import pandas as pd

    now = pd.DataFrame({"prompt": range(pairs), "black": [0.5 + n / 100 for n in range(pairs)]})
    before = now.assign(black=0.1)
    assert list(changes_between(now, before, ["prompt"])["verdict"]) == [verdict]
    assert list(changes_between(now, now, ["prompt"])["verdict"]) == [
        "same" if verdict == "worse" else verdict
    ]


def test_levels_that_read_alike_are_refused_and_long_prompts_stay_apart(home: Path) -> None:
    with pytest.raises(InvalidInput, match="read alike"):
        Design.of("a", SMALL, {"style": ["1", 1]})
    long = [f"{'A dog runs along the beach. ' * 12}{end}" for end in ("Morning", "Evening")]
    experiment = seeded(home, {"prompt": long})
    left, right = (state.key for state in experiment.cells())
    experiment.add_ratings([{"rater": "a", "left": left, "right": right, "choice": "1"}])
    assert len({place.name for place in experiment.leaderboard("prompt").places}) == 2


RUN_GATED = """
import sys
from lotus.api.experiments import Experiment
Experiment.read(sys.argv[1]).run(workers=1, accept="black<0.5", retakes=2, budget_usd=1)
"""


@pytest.mark.parametrize("created", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_run_killed_during_a_retake_goes_on_with_it(
    server: Replicate, home: Path, tmp_path: Path, created: int
) -> None:
    """Every take is black: three predictions in all, however the process ends."""
    _pictures(server, lambda made: "black")
    path = tmp_path / "killed.yaml"
    grid = {"prompt": PROMPTS[:1], "model": MODELS[:1]}
    path.write_text(yaml.safe_dump({"base": SMALL, "seconds": 1, "grid": grid}))
    _killed(RUN_GATED, path, server, home, created)
    workspace = workspace_for(server, home)
    experiment = Experiment.read(path, workspace=workspace)
    frame = experiment.run(workers=1, accept="black<0.5", retakes=2).to_pandas()
    assert server.created == 3
    assert frame["retakes"].tolist() == [2]
    assert frame["cost_usd"].tolist() == pytest.approx([0.015])
    assert frame["reason"][0] == "breaks black<0.5"
    assert balanced(workspace, server)


def test_hosted_clips_that_are_plainly_broken_are_warned_of_and_count(
    server: Replicate, home: Path, tmp_path: Path
) -> None:
    workspace = workspace_for(server, home)
    _pictures(server, lambda made: "black" if "dog" in made.input["prompt"] else "fine")
    outcomes: list[str] = []
    experiment = _hosted(workspace, MODELS[:1])
    experiment.run(workers=1, on_cell=lambda cell, outcome: outcomes.append(outcome))
    assert outcomes[0] == "completed"
    assert outcomes[1].startswith("completed, warning: breaks black<0.2")
    frame = experiment.to_pandas()
    assert frame["status"].tolist() == ["completed"] * 2
    assert frame["black"].tolist() == [0, 1]
    assert server.created == 2
    page = experiment.report(tmp_path / "r.html").read_text()
    assert "it still counts" in page
    assert "No number counts" not in page


def _by_hand(manifest: Path) -> None:
    """Run the notebook's cells for each row, as a campaign does in a kernel."""
    notebook = json.loads((ROOT / "notebooks/experiment_cell.ipynb").read_text())
    sources = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    for row in csv.DictReader(manifest.read_text().splitlines()):
        names: dict[str, Any] = {}
        exec(sources[0], names)
        names |= {"experiment": row["experiment"], "cell": row["cell"]}
        for source in sources[1:]:
            exec(source, names)


def _by_campaign(manifest: Path) -> None:
    from batch import Campaign

    state = Campaign.from_manifest(manifest, "experiment_cell").run(workers=1)
    assert state.status == "completed", state.failures


@pytest.mark.parametrize("run", [_by_hand, pytest.param(_by_campaign, marks=pytest.mark.slow)])
def test_cells_are_the_rows_of_a_campaign(
    run: Callable[[Path], None],
    server: Replicate,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run by a campaign and one by the experiment itself pay for each clip once."""
    for name, value in {**server.environment(), "LOTUS_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    workspace = workspace_for(server, home)
    experiment = _hosted(workspace, MODELS[:1])
    first = experiment.design.cells()[0].key
    assert experiment.run_cell(first).status == "completed"
    path = experiment.to_manifest(tmp_path / "cells.csv", budget_usd="0.01")
    assert path.read_text().count("\n") == 2  # the head, and the cell that is left
    run(path)
    assert [cell.status for cell in experiment.cells()] == ["completed"] * 2
    assert experiment.to_pandas()["sharpness"].notna().tolist() == [False, True]
    assert experiment.run().spent_usd == Decimal("0.01")
    assert server.created == 2
    assert balanced(workspace, server)
    with pytest.raises(InvalidInput, match="would have no rows"):
        experiment.to_manifest(tmp_path / "none.csv")
    with pytest.raises(InvalidInput, match="not the key of a cell"):
        experiment.run_cell("x")
