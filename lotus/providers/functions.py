"""A provider in a cell: a function of Python that makes the frames of a clip.

    @lotus.provider("mine", version="1")
    def mine(prompt, seed, frames, width, height):
        return pipeline(prompt, ...).frames[0]

    lotus.render(brief, provider="mine")

The function names what it needs; only that is in the key of a clip. A name that is registered
again, as when a cell runs twice, is the new function from then on.
"""

from __future__ import annotations

import hashlib
import inspect
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from lotus.documents.calls import explained_call
from lotus.documents.document import Rate
from lotus.documents.numbers import fraction
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import ClipFailed, InvalidInput, MediaError
from lotus.providers.base import ClipRequest, Tools

__all__ = [
    "ARGUMENTS",
    "FOLDER",
    "PROGRESS",
    "FunctionProvider",
    "check_name",
    "provider",
    "register_provider",
    "registered",
    "registered_names",
]

F = TypeVar("F", bound=Callable[..., Any])
_REGISTERED: dict[str, FunctionProvider] = {}  # by cells of this process
_WHOLE: dict[str, Any] = {"start_seconds": 0.0, "camera": "static", "fit": "cover"}

# What a function may take: from a scene and its storyboard, for a clip of so many frames.
ARGUMENTS: dict[str, Callable[[Scene, Storyboard, int], Any]] = {
    "prompt": lambda scene, board, frames: ". ".join(
        filter(None, (scene.description.rstrip(". "), board.look.words))
    ),
    "description": lambda scene, board, frames: scene.description,
    "caption": lambda scene, board, frames: scene.caption,
    "camera": lambda scene, board, frames: scene.camera,
    "style": lambda scene, board, frames: board.look.style,
    "palette": lambda scene, board, frames: list(board.look.palette),
    "seed": lambda scene, board, frames: board.look.seed + scene.seed,
    "frames": lambda scene, board, frames: frames,
    "seconds": lambda scene, board, frames: float(Fraction(frames) / board.brief.fps),
    "fps": lambda scene, board, frames: float(board.brief.fps),
    "width": lambda scene, board, frames: board.brief.size[0],
    "height": lambda scene, board, frames: board.brief.size[1],
    "size": lambda scene, board, frames: list(board.brief.size),
    "aspect_ratio": lambda scene, board, frames: board.brief.aspect_ratio,
}
PROGRESS = "progress"  # a function that a long one calls with the frames that are done
FOLDER = "folder"  # where it may write a file that it returns


def registered(name: str) -> FunctionProvider | None:
    """The provider that a cell has defined under this name."""
    return _REGISTERED.get(name)


def registered_names() -> tuple[str, ...]:
    """The providers that cells have defined."""
    return tuple(_REGISTERED)


@explained_call
def provider(name: str, *, version: str = "", fps: Rate | None = None) -> Callable[[F], F]:
    """Register a function as a provider: `lotus.render(brief, provider=name)` calls it.

    The function takes by name any of `prompt`, `description`, `caption`, `camera`, `style`,
    `palette`, `seed`, `frames`, `seconds`, `fps`, `width`, `height` and others (see the how-to of
    your own provider). It returns frames (an array (T, H, W, C), a tensor, PIL pictures, or an
    iterable of these) or the path of a video or picture. If it takes `progress`, it can call
    `progress(frames_done)`; the stop button takes effect there.

    Parameters
    ----------
    name
        Name of the provider.
    version
        Raise it when the same arguments would make another clip. Without a version, the function's
        source is part of the clip's key.
    fps
        Frames a second that the function makes; default: the video's rate.

    Returns
    -------
    Callable
        A decorator; the function stays as it is.

    Raises
    ------
    InvalidInput
        If the name belongs to another provider, or lotus cannot fill a parameter.
    """
    check_name(name)

    def register(function: F) -> F:
        if not callable(function):
            reason = f"{function!r} is not a function"
            remedy = f"write @lotus.provider('{name}') above a def"
            raise InvalidInput(file="", field=name, reason=reason, remedy=remedy)
        parameters = _parameters(name, function)
        rate = fraction(fps) if fps is not None else None
        register_provider(
            FunctionProvider(name, function, parameters, version or _text_hash(function), rate)
        )
        return function

    return register


def check_name(name: str) -> None:
    """Raise InvalidInput for what is no name of a provider, or one of lotus' own."""
    from lotus.providers import PROVIDERS

    if not isinstance(name, str) or not name.isidentifier():
        remedy = "write a name such as @lotus.provider('mine', version='1')"
        raise InvalidInput(
            file="", field="provider", reason=f"{name!r} is not a name", remedy=remedy
        )
    if name in PROVIDERS:
        reason = f"'{name}' is one of lotus' own"
        raise InvalidInput(file="", field="provider", reason=reason, remedy="choose another name")


def register_provider(provider: FunctionProvider) -> None:
    """Let this process find a provider by its name; raises InvalidInput for one of lotus' own."""
    check_name(provider.name)
    _REGISTERED[provider.name] = provider


def _parameters(name: str, function: Callable[..., Any]) -> tuple[str, ...]:
    names = [*ARGUMENTS, PROGRESS, FOLDER]
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return (*ARGUMENTS, PROGRESS, FOLDER)
    for parameter in parameters:
        if parameter.name not in names and parameter.default is parameter.empty:
            raise InvalidInput(
                file="",
                field=f"{name}.{parameter.name}",
                reason="is not an argument that lotus fills",
                remedy=f"give it a default, or take one of {', '.join(names)}",
            )
    return tuple(p.name for p in parameters if p.name in names)


def _text_hash(function: Callable[..., Any]) -> str:
    """What stands for a version: the function's text, or its code where there is no text."""
    try:
        text = inspect.getsource(function).encode()
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        text = code.co_code + repr(code.co_consts).encode() if code is not None else b""
    return "text-" + hashlib.sha256(text).hexdigest()[:16]


@dataclass(eq=False)
class FunctionProvider:
    """Makes clips by calling a function, one at a time: a graphics card has room for one."""

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    version: str
    fps: Fraction | None
    at_once: int = 1
    _turn: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """Made from the arguments that the function takes, and its version."""
        inputs = {
            name: ARGUMENTS[name](scene, storyboard, frames)
            for name in self.parameters
            if name in ARGUMENTS and name != "seed"
        }
        if self.fps is not None:
            inputs["made_at_fps"] = str(self.fps)
        seeded = "seed" in self.parameters
        return ClipRequest(
            provider=self.name,
            model=self.function.__name__,
            version=self.version,
            inputs=inputs,
            width=storyboard.brief.size[0],
            height=storyboard.brief.size[1],
            fps=storyboard.brief.fps,
            frames=frames,
            seed=ARGUMENTS["seed"](scene, storyboard, frames) if seeded else 0,
        )

    def price(self, request: ClipRequest) -> Decimal:
        """Nothing: what is paid by the clip needs a `PredictionProvider`, which cannot lose it."""
        return Decimal(0)

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Call the function and fit its frames; raises ClipFailed, also for the function's bugs."""
        while not self._turn.acquire(timeout=0.2):
            tools.stop.check()
        try:
            tools.stop.check()
            result = self._call(request, tools)
            video = self._as_file(result, request, tools)
        finally:
            self._turn.release()
        self._fit(video, request, output, tools)

    def _call(self, request: ClipRequest, tools: Tools) -> Any:
        def progress(done: int, of: int | None = None) -> None:
            """Say how many frames (or steps of `of`) are done; the stop button takes effect."""
            tools.stop.check()
            tools.on_frame(min(request.frames, done if of is None else done * request.frames // of))

        arguments = {
            name: request.inputs[name]
            for name in self.parameters
            if name in ARGUMENTS and name != "seed"
        }
        if "seed" in self.parameters:
            arguments["seed"] = request.seed
        if PROGRESS in self.parameters:
            arguments[PROGRESS] = progress
        if FOLDER in self.parameters:
            arguments[FOLDER] = tools.folder
        return self.function(**arguments)

    def _as_file(self, result: Any, request: ClipRequest, tools: Tools) -> Path:
        from lotus.media.arrays import frames_of, write_lossless

        if isinstance(result, str | Path):
            path = Path(result).expanduser().absolute()
            if not path.is_file():
                raise self._clip_error(
                    f"returned '{path}', which is not a file", "return a video's path"
                )
            return path
        if result is None:
            raise self._clip_error("returned nothing", "return frames, or the path of a video")
        target = tools.folder / "made.mkv"
        try:
            count = write_lossless(
                _stoppable(frames_of(result), tools), self._rate(request), target
            )
        except InvalidInput as exc:
            raise self._clip_error(f"returned no frames: {exc.message}", exc.remedy) from exc
        seconds = Fraction(request.frames) / request.fps
        there = Fraction(count) / self._rate(request)
        if there < seconds - 1 / self._rate(request):
            reason = (
                f"made {count} frames, {float(there):.2f} s; the clip takes {float(seconds):.2f} s"
            )
            remedy = f"make {-(-seconds * self._rate(request) // 1)} frames"
            raise self._clip_error(reason, f"{remedy}, or say how many a second: fps=...")
        return target

    def _rate(self, request: ClipRequest) -> Fraction:
        return self.fps or request.fps

    def _fit(self, video: Path, request: ClipRequest, output: Path, tools: Tools) -> None:
        from lotus.providers.footage import Footage, cut_request

        size = (request.width, request.height)
        cut = cut_request(video, "", _WHOLE, size, request.fps, request.frames)
        try:
            Footage().make(cut, output, tools)
        except MediaError as exc:
            raise self._clip_error(
                f"returned a file that is not a video: {exc.message}", ""
            ) from exc

    def _clip_error(self, reason: str, remedy: str) -> ClipFailed:
        return ClipFailed(scene="-", provider=self.name, reason=reason, remedy=remedy)


def _stoppable(frames: Iterable[Any], tools: Tools) -> Iterable[Any]:
    for frame in frames:
        tools.stop.check()
        yield frame
