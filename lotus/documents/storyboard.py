"""Ordered scenes and the look that they share: what a planner makes and what a person may edit. No
I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from lotus.documents.brief import LIMITS, Brief
from lotus.documents.calls import explained_call
from lotus.documents.direction import CastMember
from lotus.documents.document import Document
from lotus.documents.parsing import read_model, without_blanks
from lotus.documents.scene import Look, Scene, SourceClip, is_empty
from lotus.errors import InvalidInput

__all__ = ["Storyboard"]


class Storyboard(Document):
    """A brief, planned: read again by `lotus render`."""

    _items: ClassVar[str] = "scenes"

    version: Literal[1, 2] = Field(
        default=1, description="2 if a scene or the cast uses a field that version 1 does not have"
    )
    brief: Brief = Field(description="the request that was planned")
    look: Look = Field(description="what all scenes share")
    cast: tuple[CastMember, ...] = Field(
        default=(),
        max_length=12,
        exclude_if=is_empty,
        description="people, products and places that stay the same from scene to scene",
    )
    scenes: tuple[Scene, ...] = Field(
        min_length=1, max_length=40, description="the scenes, in order"
    )
    scoring: Literal[1, 2] = Field(
        default=1,
        exclude_if=lambda scoring: scoring == 1,  # boards of yesterday keep their music
        description="how a synthesised bed plays: 1 = endlessly, 2 = along the scenes, "
        "with an ending",
    )

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            version: Literal[1, 2] = 1,
            brief: Brief | Mapping[str, Any],
            look: Look | Mapping[str, Any],
            cast: Sequence[CastMember | Mapping[str, Any]] = (),
            scenes: Sequence[Scene | Mapping[str, Any]],
            scoring: Literal[1, 2] = 1,
        ) -> None: ...

    @property
    def duration_seconds(self) -> float:
        """Length of the video in seconds; transitions overlap the next scene."""
        return sum(scene.duration_seconds for scene in self.scenes)

    @explained_call
    def finished_by(self, model: str) -> Storyboard:
        """Let a hosted model make the approved scenes again.

        Parameters
        ----------
        model
            A hosted model of the catalogue.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If no scene is approved.
        """
        if not any(scene.approved for scene in self.scenes):
            remedy = "write approved: true in the scenes that are good, or remove --final"
            raise InvalidInput(file="", field="scenes", reason="none is approved", remedy=remedy)
        fields = {True: {"model": model}, False: {}}
        scenes = tuple(scene.model_copy(update=fields[scene.approved]) for scene in self.scenes)
        return self.model_copy(update={"scenes": scenes})

    @explained_call
    def with_scene(self, number: int, **changes: Any) -> Storyboard:
        """Change a scene: `board.with_scene(3, caption="Open from six")`.

        Parameters
        ----------
        number
            The scene, counted from 1.
        **changes
            New values of the scene's fields.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such scene, or a field is wrong.
        """
        self._check_place(number)
        scenes = [scene.model_dump() for scene in self.scenes]
        scenes[number - 1] |= without_blanks(Scene, changes)
        edit = self._check(scenes)
        edit.check_length()
        return edit

    def check_length(self) -> None:
        """Check that the scenes are not longer than this kind of video allows.

        Raises
        ------
        InvalidInput
            If they are longer.
        """
        most = LIMITS[self.brief.kind].max_seconds
        if self.duration_seconds > most + 0.5:
            scenes = enumerate(self.scenes)
            longest, scene = max(scenes, key=lambda item: item[1].duration_seconds)
            raise InvalidInput(
                file="",
                field=f"scenes[{longest}].duration_seconds",
                reason=f"{scene.duration_seconds:g} makes a video of {self.duration_seconds:g} s, "
                f"longer than the {most:g} s of kind {self.brief.kind}",
                remedy="shorten the scene",
            )

    @explained_call
    def with_clip(self, number: int, clip: SourceClip) -> Storyboard:
        """Use a clip as the picture of a scene. A scene that is longer than the clip is shortened.

        Parameters
        ----------
        number
            The scene, counted from 1.
        clip
            The clip, such as a `lotus.Clip`.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such scene.
        """
        self._check_place(number)
        if not isinstance(clip, SourceClip):
            remedy = "make one with lotus.Clip.from_numpy(array, fps=24)"
            reason = f"is of type {type(clip).__name__}"
            raise InvalidInput(file="", field="clip", reason=reason, remedy=remedy)
        grid = self.brief.fps
        frames = int(Fraction(clip.duration_seconds).limit_denominator(100_000) * grid)
        if frames < 1:
            reason = f"of {clip.duration_seconds:g} s is shorter than a frame of the video"
            remedy = "make more frames, or say fewer frames a second"
            raise InvalidInput(file="", field="clip", reason=reason, remedy=remedy)
        most = float(Fraction(frames) / grid)
        seconds = min(self.scenes[number - 1].duration_seconds, most)
        return self.with_scene(
            number, source=clip.source, start_seconds=0.0, duration_seconds=seconds
        )

    @explained_call
    def with_seed(self, seed: int) -> Storyboard:
        """Change all pictures; scenes, cameras, lengths and music stay.

        Parameters
        ----------
        seed
            The new seed.

        Returns
        -------
        Storyboard
            The changed storyboard.
        """
        look = {**self.look.model_dump(), "seed": seed}
        return read_model(Storyboard, {**self.model_dump(), "look": look}, file="")

    @explained_call
    def moved(self, number: int, to: int) -> Storyboard:
        """Move a scene; its seed goes with it.

        Parameters
        ----------
        number
            The scene, counted from 1.
        to
            Its new place, counted from 1.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such scene or place.
        """
        for place in (number, to):
            self._check_place(place)
        scenes = list(self.scenes)
        scenes.insert(to - 1, scenes.pop(number - 1))
        return self._check([scene.model_dump() for scene in scenes])

    @explained_call
    def with_new_scene(self, number: int, **fields: Any) -> Storyboard:
        """Add a scene: `board.with_new_scene(2, description="Steam over a cup",
        duration_seconds=2)`.

        Parameters
        ----------
        number
            The place of the new scene, counted from 1.
        **fields
            Fields of the new scene.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such place, or a field is wrong.
        """
        scenes = [scene.model_dump() for scene in self.scenes]
        if not isinstance(number, Integral) or number != len(scenes) + 1:
            self._check_place(number)
        scenes.insert(number - 1, without_blanks(Scene, fields))
        longer = self._check(scenes)
        longer.check_length()
        return longer

    @explained_call
    def without_scene(self, number: int) -> Storyboard:
        """Remove a scene.

        Parameters
        ----------
        number
            The scene, counted from 1.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such scene, or it is the only one.
        """
        self._check_place(number)
        scenes = [scene.model_dump() for scene in self.scenes]
        if len(scenes) == 1:
            remedy = "change it, or plan another brief"
            reason = "is the only one of the storyboard"
            raise InvalidInput(file="", field="scene", reason=reason, remedy=remedy)
        del scenes[number - 1]
        return self._check(scenes)

    @explained_call
    def split(self, number: int, at_seconds: float | None = None) -> Storyboard:
        """Cut a scene in two. Both show what it showed; the first keeps the caption, the second the
        transition.

        Parameters
        ----------
        number
            The scene, counted from 1.
        at_seconds
            Where to cut, in seconds from the scene's start; default: its middle.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such scene, or the cut is not inside it.
        """
        self._check_place(number)
        scene = self.scenes[number - 1]
        at = scene.duration_seconds / 2 if at_seconds is None else at_seconds
        inside = isinstance(at, int | float) and 0 < at < scene.duration_seconds
        if not inside:
            reason = f"{at!r} is not within scene {number}"
            remedy = f"write seconds between 0 and {scene.duration_seconds:g}"
            raise InvalidInput(file="", field="at_seconds", reason=reason, remedy=remedy)
        frames = max(1, round(at * float(self.brief.fps)))
        first_seconds = float(frames / self.brief.fps)
        first = scene.model_dump() | {"duration_seconds": first_seconds, "transition": {}}
        rest = {"duration_seconds": scene.duration_seconds - first_seconds, "caption": None}
        if scene.source is not None:
            rest["start_seconds"] = scene.start_seconds + first_seconds
        scenes = [one.model_dump() for one in self.scenes]
        scenes[number - 1 : number] = [first, scene.model_dump() | rest]
        return self._check(scenes)

    @explained_call
    def with_member(self, name: str, /, **changes: Any) -> Storyboard:
        """Change or add a member of the cast: `with_member("Mara", description="a baker of
        sixty")`.

        Parameters
        ----------
        name
            Name of the member.
        **changes
            New values of the member's fields. Scenes follow a new `name`.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If a field is wrong.
        """
        cast = [member.model_dump() for member in self.cast]
        place = next((i for i, one in enumerate(cast) if one["name"] == name), len(cast))
        if place == len(cast):
            cast.append({"name": name})
        cast[place] |= without_blanks(CastMember, changes)
        new = str(cast[place]["name"])
        if sum(one["name"] == new for one in cast) > 1:
            remedy = "give each member a name of its own"
            raise InvalidInput(
                file="", field="cast", reason=f"'{new}' is already in it", remedy=remedy
            )
        scenes = [scene.model_dump() for scene in self.scenes]
        for scene in scenes:
            scene["cast"] = [new if one == name else one for one in scene.get("cast", ())]
            for line in scene.get("dialogue", ()):
                line["speaker"] = new if line["speaker"] == name else line["speaker"]
        return self._check(scenes, cast)

    @explained_call
    def without_member(self, name: str) -> Storyboard:
        """Remove a member of the cast, also from the scenes.

        Parameters
        ----------
        name
            Name of the member.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such member.
        """
        if all(member.name != name for member in self.cast):
            names = ", ".join(member.name for member in self.cast) or "nobody is"
            remedy = f"the cast is: {names}"
            raise InvalidInput(
                file="", field="cast", reason=f"'{name}' is not in it", remedy=remedy
            )
        scenes = [scene.model_dump() for scene in self.scenes]
        for scene in scenes:
            scene["cast"] = [one for one in scene.get("cast", ()) if one != name]
        return self._check(scenes, [one.model_dump() for one in self.cast if one.name != name])

    def _check_place(self, number: int) -> None:
        if not isinstance(number, Integral) or isinstance(number, bool):
            remedy = f"scenes count from 1 to {len(self.scenes)}"
            plain = isinstance(number, str | float) or number is None
            value = repr(number)[:40] if plain else f"a {type(number).__name__}"
            reason = f"{value} is not the number of a scene"
            raise InvalidInput(file="", field="scene", reason=reason, remedy=remedy)
        if not 1 <= number <= len(self.scenes):
            reason = f"there is no scene {number}"
            remedy = f"scenes count from 1 to {len(self.scenes)}"
            raise InvalidInput(file="", field="scene", reason=reason, remedy=remedy)

    def _check(
        self, scenes: list[dict[str, Any]], cast: list[dict[str, Any]] | None = None
    ) -> Storyboard:
        document = {**self.model_dump(), "scenes": scenes}
        if cast is not None:
            document["cast"] = cast
        return read_model(Storyboard, document, file="")

    @explained_call
    def cast_of(self, scene: Scene) -> tuple[CastMember, ...]:
        """List the members of the cast who are in a scene.

        Parameters
        ----------
        scene
            A scene of this storyboard.

        Returns
        -------
        tuple of CastMember
            The members, in the order of the scene.
        """
        return tuple(member for member in self.cast if member.name in scene.cast)

    @model_validator(mode="after")
    def _cast_is_known(self) -> Storyboard:
        names = {member.name for member in self.cast}
        for i, scene in enumerate(self.scenes):
            strangers = [name for name in scene.cast if name not in names]
            if strangers:
                raise ValueError(
                    f"scenes[{i}].cast: '{strangers[0]}' is not in the storyboard's cast "
                    f"({', '.join(sorted(names)) or 'nobody is'})"
                )
        return self

    @model_validator(mode="after")
    def _has_its_version(self) -> Storyboard:
        if self.version == 1 and (self.cast or any(scene.direction for scene in self.scenes)):
            object.__setattr__(self, "version", 2)
        return self

    @model_validator(mode="after")
    def _transitions_fit(self) -> Storyboard:
        for i, (scene, after) in enumerate(zip(self.scenes, self.scenes[1:], strict=False)):
            if scene.transition.duration_seconds > after.duration_seconds:
                raise ValueError(
                    f"scenes[{i}].transition: {scene.transition.duration_seconds:g} s is longer "
                    "than "
                    f"the next scene ({after.duration_seconds:g} s)"
                )
        return self
