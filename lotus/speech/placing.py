"""Speech and spoken captions laid over a timeline, where all else steps back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

from lotus.composition.captions.word_times import spoken_words
from lotus.composition.layout import to_frames
from lotus.documents.speech import Speech, SpokenWord, shift_words
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import AudioTrack, Caption, Timeline
from lotus.planning.narration import LEAD_SECONDS, WHOLE
from lotus.planning.phrases import SubtitleCue, phrases_of

__all__ = ["caption_of", "scene_starts", "with_captions", "with_cues", "with_speech"]

VOICE_VOLUME = 1.6  # of speech at -20 LUFS, over music that steps back
CARD = "cta"  # the style of the end card, which stays
STYLES = {"auto": "subtitle", "karaoke": "karaoke"}


def scene_starts(storyboard: Storyboard) -> list[float]:
    """Seconds at which each scene begins, and the last ends, on the frame grid."""
    fps = storyboard.brief.fps
    lengths = (Fraction(scene.duration_seconds) for scene in storyboard.scenes)
    return [float(to_frames(at, fps) / fps) for at in accumulate(lengths, initial=Fraction(0))]


def with_speech(
    timeline: Timeline, storyboard: Storyboard, speech: Mapping[int, Speech]
) -> Timeline:
    """The timeline with narration as tracks of role `voice`, under which music and the clips' own
    sound step back.
    """
    if not speech:
        return timeline
    starts = scene_starts(storyboard)
    voices = tuple(
        AudioTrack(
            source=piece.source,
            role="voice",
            start_seconds=_begin(starts, index),
            volume=VOICE_VOLUME,
        )
        for index, piece in sorted(speech.items())
    )
    beds = tuple(
        track.model_copy(update={"duck": True}) if track.role == "music" else track
        for track in timeline.audio
    )
    clips = tuple(
        clip.model_copy(update={"duck": True}) if clip.volume > 0 else clip
        for clip in timeline.clips
    )
    return timeline.model_copy(update={"audio": (*beds, *voices), "clips": clips})


def with_captions(
    timeline: Timeline,
    storyboard: Storyboard,
    speech: Mapping[int, Speech],
    transcripts: Mapping[int, Sequence[SpokenWord]],
) -> Timeline:
    """The timeline with captions of what is said: of narration, and of what is heard in clips.

    Where somebody speaks, the scene's own caption makes way; the end card stays.
    """
    style = STYLES.get(storyboard.brief.captions or "")
    if style is None:
        return timeline
    starts = scene_starts(storyboard)
    cues: list[SubtitleCue] = []
    for index, piece in speech.items():
        cues += phrases_of(shift_words(piece.words, _begin(starts, index)), _end(starts, index))
    for index, words in transcripts.items():
        if index not in speech and WHOLE not in speech:
            cues += phrases_of(shift_words(words, starts[index]), starts[index + 1])
    return with_cues(timeline, cues, style)


def with_cues(timeline: Timeline, cues: Sequence[SubtitleCue], style: str) -> Timeline:
    """The timeline with cues in place of the captions that they would stand beside."""
    in_order = sorted(cues, key=lambda cue: cue.start_seconds)
    others = tuple(
        caption
        for caption in timeline.captions
        if caption.style == CARD
        or not any(
            cue.start_seconds < caption.end_seconds and caption.start_seconds < cue.end_seconds
            for cue in in_order
        )
    )
    spoken_captions = tuple(
        caption_of(cue, style) for cue in in_order if cue.end_seconds > cue.start_seconds
    )
    return timeline.model_copy(update={"captions": (*others, *spoken_captions)})


def caption_of(cue: SubtitleCue, style: str) -> Caption:
    """A cue as a caption; style `karaoke` marks the word that is said."""
    return Caption(
        text=cue.text,
        start_seconds=cue.start_seconds,
        end_seconds=cue.end_seconds,
        style=style,
        word_seconds=_word_times(cue) if style == "karaoke" else (),
    )


def _word_times(cue: SubtitleCue) -> tuple[float, ...]:
    """When each word of a caption is said, if a caption has the same words as the cue."""
    same = len(spoken_words(cue.text)) == len(cue.word_seconds)
    return cue.word_seconds if same else ()


def _begin(starts: Sequence[float], index: int) -> float:
    return LEAD_SECONDS + (0.0 if index == WHOLE else starts[index])


def _end(starts: Sequence[float], index: int) -> float:
    return starts[-1] if index == WHOLE else starts[index + 1]
