"""The narration of a storyboard: what is to be said and what it costs, said, and laid over the
timeline.

A voice of this machine speaks while the video is planned, so lengths are known. A hosted voice is a
prediction like a clip: reserved, asked for once and kept; until then its lengths are estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lotus.composition.assemble import assemble
from lotus.composition.captions.faces import may_move
from lotus.documents.brief import SPOKEN_CAPTIONS
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, UnknownName
from lotus.generation.plan import clip_object
from lotus.models.facts import Facts
from lotus.planning.narration import (
    TAIL_SECONDS,
    WHOLE,
    back_on_beats,
    check_narration,
    fit_narration,
    lengthened,
    narrations,
    spoken_seconds,
)
from lotus.rendering.sources import STORE_PREFIX
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lotus.documents.speech import Speech, SpokenWord
    from lotus.documents.timeline import Timeline
    from lotus.providers.base import ClipRequest
    from lotus.providers.replicate.tasks import TaskModel

__all__ = [
    "SpeechPlan",
    "buy_speech",
    "check_captions",
    "checked_narration",
    "longer_scene",
    "narrate",
    "plan_speech",
    "spoken_longer",
    "timeline_of",
]

SILENT = "none"
DEFAULT_VOICE = "english"
NOTHING = Decimal(0)
TRANSCRIPT_VERSION = 1


@dataclass(frozen=True)
class SpeechPlan:
    """One narration: of the scene `index`, or of the whole video."""

    index: int
    text: str
    voice: str
    key: str
    speech: Speech | None  # None: a hosted voice has not said it yet
    amount_usd: Decimal = NOTHING  # to be paid
    priced: bool = True
    maker: TaskModel | None = field(default=None, compare=False)
    request: ClipRequest | None = field(default=None, compare=False)

    @property
    def seconds(self) -> float:
        """How long the words take; estimated until they are said."""
        return self.speech.seconds if self.speech is not None else spoken_seconds(self.text)

    @property
    def field(self) -> str:
        """The document's field that holds the words."""
        return "narration" if self.index == WHOLE else f"scenes[{self.index}].narration"


def plan_speech(storyboard: Storyboard, workspace: Workspace) -> tuple[SpeechPlan, ...]:
    """What is to be said; a voice of this machine says it now, and pays nothing.

    Raises UnknownName for a voice, InvalidInput for words that it cannot say.
    """
    texts = narrations(storyboard)
    name = storyboard.brief.voice or DEFAULT_VOICE
    if not texts or name == SILENT:
        return ()
    voice = _hosted_voice(name, workspace)
    say = partial(_hosted_plan, name, *voice) if voice is not None else partial(_local, name)
    return tuple(say(index, text, workspace=workspace) for index, text in texts.items())


def _hosted_voice(name: str, workspace: Workspace) -> tuple[TaskModel, str | None] | None:
    """The model and the speaker of a hosted voice; None for a voice of this machine."""
    from lotus.models.catalog import read_catalog
    from lotus.speech.voices import local_voices

    model, _, speaker = name.partition(":")
    if model in local_voices() and not speaker:
        return None
    models = read_catalog(workspace.settings.models).models
    voices = {one_name for one_name, one in models.items() if "speech" in one.tasks}
    if model not in voices:
        raise UnknownName("voice", model, {*local_voices(), *voices, SILENT}, field="voice")
    return cast("TaskModel", workspace.providers.get("replicate", model)), speaker or None


def _local(name: str, index: int, text: str, *, workspace: Workspace) -> SpeechPlan:
    from lotus.speech.storage import speak, speech_key
    from lotus.speech.voices import check_script, voice_named

    voice = voice_named(name)
    plan = SpeechPlan(index, text, name, speech_key(name, voice.version, text), None)
    check_script(voice, text, plan.field)
    return replace(plan, speech=speak(workspace, voice, text))


def _hosted_plan(
    name: str, maker: TaskModel, speaker: str | None, index: int, text: str, *, workspace: Workspace
) -> SpeechPlan:
    from lotus.generation.predictions.leases import kept_object
    from lotus.speech.storage import find_speech, speech_key

    request = maker.request_for(Facts(prompt=text, voice=speaker))
    key = speech_key(name, request.prediction_key, text)
    plan = SpeechPlan(index, text, name, key, None, maker=maker, request=request)
    if not any(char.isalnum() for char in text):
        reason = f"'{text[:40]}' has no words to say"
        raise InvalidInput(
            file="", field=plan.field, reason=reason, remedy="write words, or remove it"
        )
    speech = find_speech(workspace.store, key)
    if speech is not None:
        return replace(plan, speech=speech)
    if workspace.store.exists(kept_object(request, maker)):
        return replace(plan, speech=_fit_speech(plan, workspace))
    price = maker.price(request)
    return replace(plan, amount_usd=price or NOTHING, priced=price is not None)


def checked_narration(
    storyboard: Storyboard, workspace: Workspace, warn: Callable[[str], None] | None = None
) -> Storyboard:
    """A storyboard as somebody wrote it, whose scenes are at least as long as the words over them.

    Raises InvalidInput for one that is shorter than what a voice of this machine says. What a
    hosted voice says is known when it is paid for: then the scene becomes longer, with a warning.
    """
    plans = plan_speech(storyboard, workspace)
    own = {plan.index: plan.seconds for plan in plans if plan.maker is None}
    check_narration(storyboard, own)
    hosted_plans = [plan for plan in plans if plan.maker is not None and plan.speech is not None]
    longer, scenes = spoken_longer(storyboard, hosted_plans)
    for i in scenes:
        if warn is not None:
            warn(f"scene {i + 1} {longer_scene(longer, i)}")
    return longer


def longer_scene(storyboard: Storyboard, index: int) -> str:
    """What is said of a scene that became longer."""
    seconds = storyboard.scenes[index].duration_seconds
    return f"lasts {seconds:.2f} s, as long as its words"


def narrate(
    storyboard: Storyboard,
    workspace: Workspace,
    warn: Callable[[str], None] | None = None,
    *,
    bought: bool = False,
) -> Storyboard:
    """The plan of a brief with scenes as long as the words over them, its cuts on beats where no
    clip is bought for them.

    Narration that the planner read out of the prompt is left unspoken where no voice can say it;
    what the brief itself gives is refused there. Raises InvalidInput in one line.
    """
    brief = storyboard.brief
    own = brief.voice or brief.narration or any(scene.narration for scene in brief.scenes)
    try:
        plans = plan_speech(storyboard, workspace)
    except InvalidInput as error:
        if own:
            raise
        if warn is not None:
            warn(f"the prompt's narration is not spoken: {error}")
        return storyboard.model_copy(update={"brief": brief.model_copy(update={"voice": SILENT})})
    captioned = brief.captions in SPOKEN_CAPTIONS
    seconds = {plan.index: _seconds_of(plan, captioned=captioned) for plan in plans}
    longer = fit_narration(storyboard, seconds)
    return longer if bought or longer is storyboard else back_on_beats(longer, seconds)


def _seconds_of(plan: SpeechPlan, *, captioned: bool) -> float:
    """How long a scene is to show what is said: its last caption stays until it can be read."""
    if not captioned or plan.speech is None:
        return plan.seconds
    from lotus.planning.phrases import phrases_of

    cues = phrases_of(plan.speech.words)
    return max([plan.seconds, *(cue.end_seconds - TAIL_SECONDS for cue in cues[-1:])])


def spoken_longer(
    storyboard: Storyboard, plans: Sequence[SpeechPlan]
) -> tuple[Storyboard, list[int]]:
    """The storyboard when its words have been said: scenes that turn out too short are longer.

    Returns their indices too.
    """
    seconds = {plan.index: plan.seconds for plan in plans}
    longer = lengthened(storyboard, seconds)
    pairs = enumerate(zip(storyboard.scenes, longer.scenes, strict=True))
    return longer, [i for i, (a, b) in pairs if a.duration_seconds != b.duration_seconds]


def buy_speech(
    plans: Sequence[SpeechPlan], workspace: Workspace, job_id: str, campaign: str | None
) -> tuple[SpeechPlan, ...]:
    """The plans with all that is said: what a hosted voice has not said yet is paid for once.

    Raises BudgetExceeded, ClipFailed, ProviderError, Cancelled.
    """
    from lotus.generation.files import obtain_file

    complete = []
    for plan in plans:
        if plan.speech is None:
            assert plan.maker is not None
            assert plan.request is not None
            payer = (job_id, campaign)
            obtain_file(workspace, plan.maker, plan.request, *payer, "the narration")
            plan = replace(plan, speech=_fit_speech(plan, workspace), amount_usd=NOTHING)
        complete.append(plan)
    return tuple(complete)


def _fit_speech(plan: SpeechPlan, workspace: Workspace) -> Speech:
    """What a hosted model said, at the level of speech, with the times of its words."""
    from lotus.composition.captions.word_times import spoken_words
    from lotus.generation.predictions.leases import kept_object
    from lotus.speech.alignment import align
    from lotus.speech.storage import RATE, keep_speech

    assert plan.maker is not None
    assert plan.request is not None
    sound = workspace.store.path(kept_object(plan.request, plan.maker))

    def align_words(samples: NDArray[np.float32]) -> Sequence[SpokenWord]:
        return align(samples, RATE, spoken_words(plan.text))

    with workspace.folder() as folder:
        return keep_speech(workspace, plan.key, ["-i", f"file:{sound}"], align_words, folder)


def timeline_of(
    storyboard: Storyboard,
    clip_keys: Sequence[str],
    workspace: Workspace,
    speech: Sequence[SpeechPlan] | None = None,
    *,
    filmed: Collection[int] = (),
) -> Timeline:
    """The timeline of a storyboard whose clips are in the store, with narration and what is said
    as captions. Captions cover no face of the scenes that are `filmed`, and none stands large in
    their middle.

    Raises InvalidInput if a hosted voice has not said its words.
    """
    scenes = [
        scene.model_copy(update={"headline": False}) if i in filmed else scene
        for i, scene in enumerate(storyboard.scenes)
    ]
    storyboard = storyboard.model_copy(update={"scenes": tuple(scenes)})
    timeline = _timeline(storyboard, clip_keys, workspace, speech)
    if not filmed or not any(map(may_move, timeline.captions)):
        return timeline
    from lotus.pipeline.faces import clear_of_faces

    keys = {i: clip_keys[i] for i in filmed}
    return clear_of_faces(timeline, storyboard, keys, workspace)


def _timeline(
    storyboard: Storyboard,
    clip_keys: Sequence[str],
    workspace: Workspace,
    speech: Sequence[SpeechPlan] | None,
) -> Timeline:
    """The timeline with narration and captions."""
    timeline = assemble(storyboard, [STORE_PREFIX + clip_object(key) for key in clip_keys])
    plans = plan_speech(storyboard, workspace) if speech is None else speech
    if not plans and storyboard.brief.captions is None:
        return timeline
    from lotus.speech.placing import with_captions, with_cues, with_speech

    pieces: dict[int, Speech] = {}
    for plan in plans:
        if plan.speech is None:
            reason = f"is missing: {plan.voice} has not spoken it yet"
            remedy = "render the video on the machine where it was spoken, or with another voice"
            raise InvalidInput(file="", field=plan.field, reason=reason, remedy=remedy)
        pieces[plan.index] = plan.speech
    timeline = with_speech(timeline, storyboard, pieces)
    if storyboard.brief.captions_file is not None:
        cues = _cues(storyboard.brief.captions_file, storyboard.duration_seconds)
        return with_cues(timeline, cues, "subtitle")
    transcripts: Mapping[int, Sequence[SpokenWord]] = {}
    if storyboard.brief.captions in SPOKEN_CAPTIONS:
        transcripts = _transcripts(storyboard, clip_keys, workspace, pieces)
    return with_captions(timeline, storyboard, pieces, transcripts)


def _cues(file: str, end_seconds: float) -> list[Any]:
    """The subtitles of a file that are shown before the video ends."""
    from lotus.subtitles.files import read_subtitles

    return [
        replace(cue, end_seconds=min(cue.end_seconds, end_seconds))
        for cue in read_subtitles(Path(file))
        if cue.start_seconds < end_seconds
    ]


def _transcripts(
    storyboard: Storyboard,
    clip_keys: Sequence[str],
    workspace: Workspace,
    speech: Mapping[int, Speech],
) -> dict[int, Sequence[SpokenWord]]:
    """What is said in clips whose own sound is heard, by scene."""
    if WHOLE in speech:
        return {}
    audible = {
        i
        for i, scene in enumerate(storyboard.scenes)
        if i not in speech and (scene.source is not None or scene.is_heard)
    }
    return {i: _transcript(clip_keys[i], workspace) for i in sorted(audible)}


def _transcript(clip_key: str, workspace: Workspace) -> tuple[SpokenWord, ...]:
    """What is said in a clip, heard once and kept beside it."""
    import json

    from lotus.documents.speech import SpokenWord
    from lotus.media.probe import probe
    from lotus.speech.recognition import recogniser_version, transcribe_file
    from lotus.store.objects import object_key
    from lotus.system.keys import key_of

    model = workspace.settings.whisper
    facts = {"clip": clip_key, "by": recogniser_version(model), "version": TRANSCRIPT_VERSION}
    name = object_key("clips", key_of("transcript", facts), ".json")
    if workspace.store.exists(name):
        return tuple(SpokenWord(*word) for word in json.loads(workspace.store.read(name)))
    clip = workspace.store.path(clip_object(clip_key))
    words = transcribe_file(clip, model=model).words if probe(clip).has_audio else ()
    with workspace.folder() as folder:
        notes = folder / "transcript.json"
        rows = [[word.text, word.start_seconds, word.end_seconds] for word in words]
        notes.write_text(json.dumps(rows), encoding="utf-8")
        workspace.store.put(notes, name)
    return words


def check_captions(storyboard: Storyboard) -> None:
    """Raise InvalidInput for captions that cannot be made: a bad file, or no recogniser."""
    brief = storyboard.brief
    if brief.captions_file is not None:
        from lotus.subtitles.files import read_subtitles

        read_subtitles(Path(brief.captions_file))
    elif brief.captions in SPOKEN_CAPTIONS and any(
        scene.source is not None or scene.is_heard for scene in storyboard.scenes
    ):
        from lotus.speech.recognition import check_recogniser

        check_recogniser()
