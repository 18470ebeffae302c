"""A narrated video: spoken, captioned, the same pictures in another language; a hosted voice is
paid once.
"""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lotus
from lotus.documents.scene import Look, Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import BudgetExceeded, InvalidInput
from lotus.media.sound import read_mono
from lotus.pipeline.job import Job
from lotus.planning.reading import reading_seconds
from lotus.reports.cost_groups import costs_by
from lotus.speech.voices import voice_named
from lotus.workspace import Workspace
from tests.clips import ffmpeg
from tests.driving import inside, start
from tests.replicate_account import Made
from tests.replicate_server import Replicate
from tests.serving import serving

PROMPT = "A small bakery in a harbour town opens at dawn, and the first guests are fishermen."
RATE = 48_000
TONE_HZ = 11_000  # above speech


def board(
    first: str | None = "One window is lit.", seconds: float = 2.5, **brief: Any
) -> Storyboard:
    """Two short scenes of few frames: something is said over the first."""
    fields = {"prompt": PROMPT, "fps": 2, "aspect_ratio": "1:1", "music": "calm", **brief}
    return Storyboard(
        brief=lotus.Brief(**fields),
        look=Look(style="plain"),
        scenes=(
            Scene(description="A window", duration_seconds=seconds, narration=first, caption="Six"),
            Scene(description="Bread", duration_seconds=2, caption="Warm bread"),
        ),
    )


def level(samples: np.ndarray[Any, Any], start: float, end: float) -> float:
    """Decibels of a stretch."""
    part = samples[round(start * RATE) : round(end * RATE)]
    return float(10 * np.log10(np.mean(np.square(part)) + 1e-12))


def tone_level(samples: np.ndarray[Any, Any], start: float, end: float) -> float:
    """Decibels of the tone of TONE_HZ in a stretch, whatever else sounds."""
    part = samples[round(start * RATE) : round(end * RATE)]
    wave = np.exp(-2j * np.pi * TONE_HZ * np.arange(len(part)) / RATE) * np.hanning(len(part))
    return float(20 * np.log10(abs(wave @ part) / len(part)))


@pytest.fixture(scope="module")
def narrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Job]:
    """A narrated video with captions word by word, rendered once."""
    home = tmp_path_factory.mktemp("narrated")
    used = Workspace.open(lotus.Settings(LOTUS_HOME=home))
    return used, lotus.render(board(captions="karaoke"), workspace=used)


def test_narration_is_heard_music_steps_back_and_words_are_shown(
    narrated: tuple[Workspace, Job],
) -> None:
    _, job = narrated
    timeline = job.timeline
    music, voice = timeline.audio
    assert (music.role, music.duck, voice.role, voice.start_seconds) == (
        "music",
        True,
        "voice",
        0.2,
    )
    words, warm = sorted(timeline.captions, key=lambda caption: caption.start_seconds)
    assert (words.text, words.style) == ("One window is lit.", "karaoke")
    assert len(words.word_seconds) == 4
    assert (warm.text, warm.style) == ("Warm bread", "default")  # nobody speaks over it
    sound = read_mono(job.output or Path(), RATE, 10)
    assert level(sound, 0.4, 1.3) > level(sound, 3.2, 4.0) + 3  # over music that has come back


def test_a_clip_s_own_sound_steps_back_under_narration(
    narrated: tuple[Workspace, Job], tmp_path: Path
) -> None:
    used, drawn = narrated
    path = tmp_path / "tone.mp4"
    picture = ("-f", "lavfi", "-i", "color=gray:s=64x64:r=2:d=3")
    tone = ("-f", "lavfi", "-i", f"sine={TONE_HZ}:d=3", "-c:a", "aac")
    ffmpeg(*picture, *tone, path)
    spoken = board(music="none")
    for number in (1, 2):
        spoken = spoken.with_scene(number, source=str(path), caption="")
    job = lotus.render(spoken, workspace=used)
    assert [clip.duck for clip in job.timeline.clips] == [True, True]
    sound = read_mono(job.output or Path(), RATE, 10)
    under, alone = (tone_level(sound, *span) for span in ((0.6, 1.2), (3.4, 4.2)))
    assert 9 < alone - under < 13  # 10 dB, and what the limiter takes from the voice's peaks
    assert not any(clip.duck for clip in drawn.timeline.clips)  # they have no sound


def test_another_language_reuses_all_pictures(narrated: tuple[Workspace, Job]) -> None:
    used, job = narrated
    other = board("Lights are on.", captions="karaoke")
    assert lotus.estimate(other, workspace=used).scenes[0].cached
    again = lotus.render(other, workspace=used)
    assert all(scene.cached for scene in again.scenes)
    assert [scene.clip_key for scene in again.scenes] == [s.clip_key for s in job.scenes]
    voices = [job.timeline.audio[1].source, again.timeline.audio[1].source]
    assert len(set(voices)) == 2


def test_a_narrated_video_is_made_again_from_its_file(narrated: tuple[Workspace, Job]) -> None:
    used, job = narrated
    assert lotus.reproduce(job.output or "", out="again.mp4", workspace=used).identical


def test_a_scene_lasts_until_its_words_can_be_read(narrated: tuple[Workspace, Job]) -> None:
    used, _ = narrated
    text = "At four in the morning, one window on the quay is lit."
    scene = {"description": "A dark harbour before dawn", "narration": text}
    lasting = []
    for captions in (None, "karaoke"):
        brief = lotus.Brief(prompt=PROMPT, scenes=[scene] * 7, captions=captions)
        first = lotus.plan(brief, workspace=used).scenes[0]
        lasting.append(first.duration_seconds)
    spoken, read = lasting
    assert read == pytest.approx(0.2 + 0.06 + reading_seconds(text), abs=1 / 12)
    assert spoken < read


def test_the_same_narration_is_spoken_once(
    narrated: tuple[Workspace, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    used, job = narrated
    monkeypatch.setattr(voice_named("english"), "speak", None, raising=False)
    again = lotus.render(board(captions="auto"), workspace=used)
    assert again.timeline.audio == job.timeline.audio
    assert again.timeline.captions[-1].style == "subtitle"


def test_pieces_of_speech_are_equally_loud(narrated: tuple[Workspace, Job]) -> None:
    used, _ = narrated
    from lotus.rendering.mixer import _measure
    from lotus.speech.storage import SPEECH_LUFS, speak

    voice = voice_named("english")
    for text in ("One window is lit.", "Come in!"):
        kept = speak(used, voice, text)
        path = used.store.path(kept.source.removeprefix("store:"))
        loudness, peak = _measure(["-i", str(path)], "anull", used.ffmpeg, None)
        assert loudness == pytest.approx(SPEECH_LUFS, abs=0.5)
        assert peak < 0


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"first": "One window on the quay is lit, and nobody else is awake.", "seconds": 1},
            "scenes[0].narration: takes ",
        ),
        (
            {"first": "Одно окно"},
            "scenes[0].narration: the voice english cannot say 'Одно', which is in another "
            "script; choose a hosted voice "
            "that speaks the language, such as voice: speech-02-turbo",
        ),
        ({"first": "..."}, "scenes[0].narration: '...' has no words to say"),
        ({"voice": "englisch"}, "no voice 'englisch'; did you mean 'english'?"),
        ({"captions": "late.srt"}, "captions: 'late.srt' is not there"),
    ],
)
def test_what_cannot_be_said_is_one_line_and_nothing_is_made(
    change: dict[str, Any], line: str, home: Path
) -> None:
    Path("board.json").write_text(board(**change).model_dump_json())
    refused = inside("render", "board.json", "--out", "ad.mp4")
    assert refused.code == 2
    assert line in refused.error
    assert not Path("ad.mp4").exists()
    assert not list(home.rglob("compositions"))
    assert not list(home.rglob("*.mp4"))


def test_a_file_of_subtitles_becomes_the_captions(narrated: tuple[Workspace, Job]) -> None:
    used, _ = narrated
    rows = ("00:00:01,000 --> 00:00:02,000\nBrot", "00:00:04,000 --> 00:00:09,000\nWarm")
    Path("de.srt").write_text("\n\n".join(f"{i}\n{row}" for i, row in enumerate(rows, 1)))
    job = lotus.render(board(captions="de.srt"), workspace=used)
    shown = [(c.text, c.start_seconds, c.end_seconds, c.style) for c in job.timeline.captions]
    assert shown == [("Brot", 1, 2, "subtitle"), ("Warm", 4, 4.5, "subtitle")]
    Path("de.srt").write_bytes(b"1\n00:00:01,000 --> 00:00:02,000\nK\xfcche\n")
    with pytest.raises(InvalidInput) as refused:
        lotus.render(board(captions="de.srt"), workspace=used)
    assert "subtitles: is not UTF-8 (line 3)" in str(refused.value)


def test_what_is_said_in_footage_becomes_captions(
    narrated: tuple[Workspace, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recogniser itself is tried in test_speech.py."""
    from lotus.documents.speech import SpokenWord
    from lotus.speech.recognition import Transcript

    used, job = narrated
    heard: list[Path] = []

    def transcribe(path: Path, **options: Any) -> Transcript:
        heard.append(path)
        return Transcript("en", (SpokenWord("Good", 0.2, 0.5), SpokenWord("morning.", 0.5, 1.0)))

    monkeypatch.setattr("lotus.speech.recognition.transcribe_file", transcribe)
    footage = board(None, captions="auto").with_scene(2, source=str(job.output), caption="Hello")
    for _ in range(2):
        made = lotus.render(footage, workspace=used)
        spoken = [c for c in made.timeline.captions if c.style == "subtitle"]
        assert [(c.text, c.start_seconds) for c in spoken] == [("Good morning.", 2.7)]
        assert "Hello" not in [c.text for c in made.timeline.captions]
    assert len(heard) == 1


def test_narration_that_the_prompt_holds_needs_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    voice_named.cache_clear()
    monkeypatch.setitem(sys.modules, "hibari", None)
    warnings: list[str] = []
    prompt = "Narrator: The sea gives back. A bottle on a beach, a note inside, a fire at night."
    planned = lotus.plan(prompt, warn=warnings.append)
    assert [scene.narration for scene in planned.scenes if scene.narration] == [
        "The sea gives back"
    ]
    assert planned.brief.voice == "none"
    [line] = warnings
    assert "the prompt's narration is not spoken: hibari: is not installed" in line
    with pytest.raises(InvalidInput) as refused:
        lotus.plan(lotus.Brief(prompt=prompt, narration="The sea."))
    assert "pip install 'lotus-video[voice]'" in str(refused.value)


HOSTED = "speech-02-turbo:Calm_Woman"
WORDS = "Ein Fenster ist hell."
PRICE = Decimal("0.00006") * len(WORDS)


def settled() -> Decimal:
    return Decimal(costs_by(Workspace.open(), "provider")["total_usd"])


def test_a_hosted_voice_is_estimated_paid_once_and_kept(replicate: Replicate) -> None:
    request = board(WORDS, voice=HOSTED)
    [spoken] = lotus.estimate(request).narration
    assert (spoken.voice, spoken.cached, spoken.amount_usd) == (HOSTED, False, PRICE)
    assert lotus.estimate(request).total_usd == PRICE
    assert replicate.created == 0
    job = lotus.render(request)
    [asked] = replicate.account.made.values()
    assert asked.input == {"text": WORDS, "voice_id": "Calm_Woman"}
    assert job.cost.actual_usd == settled() == replicate.account.bill == PRICE
    assert [track.role for track in job.timeline.audio] == ["music", "voice"]
    assert job.storyboard is not None
    first = job.storyboard.scenes[0].duration_seconds  # what was said takes 5 s
    assert first == 6
    [warning] = [event for event in job.events if event["kind"] == "warning"]
    assert warning["data"]["message"] == f"lasts {first:.2f} s, as long as its words"
    warnings: list[str] = []
    assert lotus.estimate(request, warn=warnings.append).total_usd == 0
    assert warnings == ["scene 1 lasts 6.00 s, as long as its words"]
    with pytest.raises(InvalidInput) as refused:
        lotus.reproduce(job.output or "")
    assert "scenes[0].narration: is missing: speech-02-turbo:Calm_Woman has not spoken it" in str(
        refused.value
    )
    assert lotus.reproduce(job.bundle("ad.zip")).identical
    again = lotus.render(request, warn=warnings.append)
    assert (again.cost.actual_usd, again.timeline) == (0, job.timeline)
    assert replicate.created == 1


def test_the_service_s_queue_speaks_by_a_hosted_voice_and_pays_once(
    replicate: Replicate, tmp_path: Path
) -> None:
    request = {"storyboard": board(WORDS, voice=HOSTED).model_dump(mode="json")}
    with serving(tmp_path / "served", **replicate.environment()) as served:
        estimate = served.post("/api/v1/estimates", request)
        assert estimate.status_code == 200, estimate.text
        assert Decimal(str(estimate.json()["total_usd"])) == PRICE
        assert replicate.created == 0
        jobs = []
        for _ in range(2):
            queued = served.post("/api/v1/generations", request)
            assert queued.status_code == 202, queued.text
            jobs.append(served.ended(queued.json()["id"]))
    assert [job["status"] for job in jobs] == ["completed", "completed"]
    assert replicate.created == 1
    assert replicate.account.bill == PRICE
    assert [Decimal(str(job["cost"]["actual_usd"])) for job in jobs] == [PRICE, 0]


def test_a_budget_holds_the_voice(replicate: Replicate) -> None:
    with pytest.raises(BudgetExceeded):
        lotus.render(board(WORDS, voice=HOSTED), budget_usd="0.001")
    assert replicate.created == 0
    assert settled() == 0


def test_killed_while_the_voice_is_asked_for_it_is_paid_once(
    replicate: Replicate, home: Path
) -> None:
    Path("board.json").write_text(board(WORDS, voice=HOSTED).model_dump_json())
    children: list[Any] = []

    def kill(made: Made) -> None:
        replicate.on_created = None
        children[0].kill()
        children[0].wait()

    replicate.on_created = kill
    children.append(start("render", "board.json", home=home))
    assert children[0].wait(60) == -9
    assert replicate.created == 1
    done = inside("render", "board.json", "--json")
    assert done.code == 0
    assert replicate.created == 1
    assert settled() == replicate.account.bill == PRICE


def test_a_render_without_narration_loads_nothing_that_speaks() -> None:
    code = "import sys, lotus.pipeline.attempt, lotus.pipeline.pipeline\n"
    code += "print(sorted({'onnxruntime', 'hibari', 'faster_whisper', 'pysubs2'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
