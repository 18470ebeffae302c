"""The free, offline provider: a designed, moving board a scene, as agencies show before
the shoot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.providers.animatic.direction import described, directed_shot, undrawn
from lotus.providers.animatic.light import light_for, light_of
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.drawing import draw

__all__ = ["Animatic"]

VERSION = "7"  # raise it when the same request would be drawn differently


class Animatic:
    """Draws boards; see `lotus.providers.animatic` for how they look."""

    name = "animatic"
    at_once = 0

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """Made from the scene's words, camera and look; its neighbours do not count, and its
        caption only where it would repeat large type.
        """
        brief = storyboard.brief
        width, height = brief.size
        card = scene.role == "closing" and bool(brief.brand or brief.cta)
        unseen = (*storyboard.look.avoid, *(f"no {words}" for words in scene.avoid))
        avoid = {"avoid": list(unseen)} if unseen else {}
        return ClipRequest(
            provider=self.name,
            model="boards",
            version=VERSION,
            inputs={
                "description": scene.description,
                "subject": storyboard.look.subject,
                "camera": scene.camera,
                "palette": list(storyboard.look.palette),
                "style": storyboard.look.style,
                "variation": scene.seed,
                "closing": card,
                **avoid,
                **_meaning(scene, storyboard, unseen, card=card),
            },
            width=width,
            height=height,
            fps=brief.fps,
            frames=frames,
            seed=storyboard.look.seed,
        )

    def untaken(self, scene: Scene, storyboard: Storyboard) -> tuple[str, ...]:
        """What the scene's direction says and a drawn board does not show, in one line."""
        if storyboard.look.reads > 3:
            names = undrawn(scene, storyboard)
        else:
            names = tuple(n for n in scene.direction if n not in {"narration", "avoid"})
        return (f"{', '.join(names)}: it draws what the description says",) if names else ()

    def price(self, request: ClipRequest) -> Decimal:
        """Nothing."""
        return Decimal(0)

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Decide what the board shows; draw frame by frame in a process of its own, and encode."""
        draw("board", {**request.facts, **self.shows(request)}, request, output, tools)

    @staticmethod
    def shows(request: ClipRequest) -> dict[str, Any]:
        """The pictograms and the large word of a request's board."""
        from lotus.providers.animatic.subjects import subject_of

        inputs = request.inputs
        words = (inputs["description"], inputs["subject"], inputs["variation"])
        return dict(inputs.get("shows") or asdict(subject_of(*words, inputs.get("avoid", ()))))


def _meaning(
    scene: Scene, storyboard: Storyboard, avoid: Sequence[str], *, card: bool
) -> dict[str, Any]:
    """The pictograms of a scene whose words mean something else than they say one by one, without
    large type that its caption repeats or the end card covers; the light of its words, the mood,
    room for captions.

    Of all other scenes it is empty: their clips keep the keys that they have.
    """
    from lotus.providers.animatic.senses import has_senses
    from lotus.providers.animatic.subjects import roles, shot_of, shows_money, subject_of

    look = storyboard.look
    if look.reads < 2:
        return {}
    caption = (scene.caption or "").casefold()
    large = look.reads > 3 and scene.headline and bool(caption)
    priced = card and look.reads > 3 and shows_money(scene.description, look.subject)
    # an offer stands beside what it is for
    words = described(scene, storyboard) if look.reads > 3 else scene.description
    if large or priced:
        words = look.subject
    turn = 0 if large or priced else scene.seed
    plain = subject_of(words, look.subject, turn, avoid)
    scene_subject = subject_of(words, look.subject, turn, avoid, sensed=True, signs=look.reads > 3)
    by_day = look.reads > 2
    differs = (
        by_day
        or plain.names[:1] != scene_subject.names[:1]
        or has_senses(scene.description, look.subject)
    )
    subject = scene_subject if differs and scene_subject != plain else plain
    repeated = bool(subject.word) and (card or large or subject.word.casefold() in caption)
    light = light_of(scene.description) or light_of(look.subject)
    if by_day:
        light = light_for(scene.description, look.subject, look.mood, look.style)
    facts = {
        "light": light,
        "by_day": by_day,
        "mood": look.mood,
        "lifted": look.captions_below,
        "upright": bool(roles().upright.intersection(subject.names)),
    }
    if look.reads > 3:
        again = scene.seed > 0 and not card and not large
        person = bool((roles().people | roles().skin).intersection(subject.names[:1]))
        shot = directed_shot(scene, person=person) if not (card or large) else ""
        if again and not shot:
            shot = shot_of(subject, look.subject, scene.seed)
        facts |= {"headline": large, "shot": shot, "staged": True}
    inputs: dict[str, Any] = {name: value for name, value in facts.items() if value}
    if subject is not plain or repeated or words != scene.description:
        inputs["shows"] = {"names": list(subject.names), "word": "" if repeated else subject.word}
    return inputs
