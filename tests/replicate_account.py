"""One account of the Replicate of the tests: its predictions, what becomes of them, and its bill.

It knows nothing of lotus: prices and lengths are written down here once more, so that a wrong
ledger shows.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.replicate_videos import picture, shape_of, sound, video

__all__ = ["DONE", "MODELS", "VERSIONS", "Account", "Made", "Outcome", "Priced"]

PICTURE_TOKENS = 1600  # that a language model reads of a picture
DONE = ("succeeded", "failed", "canceled", "aborted")


@dataclass(frozen=True)
class Priced:
    """What one unit of a metric costs; `length` and `fps` say how the input names the length of the
    clip.
    """

    metric: str
    usd: str
    length: str = "duration"
    fps: int = 1  # of the input `length`, if that counts frames
    draft_usd: str | None = None  # if the input `draft` is true
    large: int = 1  # times as much at 1080p
    token_input_usd: str | None = None  # of a language model, besides
    makes: str = "video"  # or a picture, or a sound
    begins_on: str | None = None  # the input whose picture gives the clip its shape


MODELS = {
    "prunaai/p-video": Priced("video_output_duration_seconds", "0.02", draft_usd="0.005", large=2),
    "openai/gpt-5-mini": Priced("token_output_count", "0.000002", token_input_usd="0.00000025"),
    "openai/gpt-4.1-mini": Priced("token_output_count", "0.0000016", token_input_usd="0.0000004"),
    "wan-video/wan-2.2-t2v-fast": Priced("video_output_count", "0.10", length="num_frames", fps=16),
    "kwaivgi/kling-v2.6": Priced("video_output_duration_seconds", "0.07"),
    "kwaivgi/kling-v2.1": Priced("video_output_duration_seconds", "0.05", begins_on="start_image"),
    "bytedance/seedance-2.0-fast": Priced("video_output_duration_seconds", "0.15"),
    "google/veo-3-fast": Priced("video_output_duration_seconds", "0.10"),
    "google/veo-3.1": Priced("video_output_duration_seconds", "0.40"),
    "kwaivgi/kling-v3-video": Priced("video_output_duration_seconds", "0.168"),
    "kwaivgi/kling-v3-omni-video": Priced("video_output_duration_seconds", "0.168"),
    "somebody/unlisted": Priced("video_output_count", "0.33"),
    "somebody/by-hardware": Priced("predict_time", "0.001525"),
    "black-forest-labs/flux-schnell": Priced("image_output_count", "0.003", makes="picture"),
    "nightmareai/real-esrgan": Priced("predict_time", "0.000225", makes="picture"),
    "stability-ai/stable-audio-2.5": Priced("audio_output_count", "0.20", makes="sound"),
    "minimax/speech-02-turbo": Priced("token_input_count", "0.00006", makes="sound"),
}
VERSIONS = {
    "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa": "somebody/by-hardware",
    "f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa": "nightmareai/real-esrgan",
}


@dataclass(frozen=True)
class Outcome:
    """What becomes of a prediction; by default it succeeds with the clip that was asked for."""

    status: str = "succeeded"  # or failed, canceled, aborted, starting and processing (for ever)
    error: str | None = None
    # or cut, text, short, shorter (by a ninth), tall, gone, enormous, none, late (null at the first
    # two looks), empty (""), words, beside (a picture comes first), pictures
    output: str = "whole"
    running_status: str = ""  # another word for starting and processing
    visible_after: float = 0.0  # seconds during which nobody finds it, not even by its name


@dataclass
class Made:
    """A prediction that was created."""

    id: str
    model: str
    version: str
    input: dict[str, Any]
    created: float
    cancel_after: float | None
    outcome: Outcome
    run_seconds: float
    ended: tuple[str, float] | None = None  # how and when, if not by itself
    removed: bool = False
    answer: str = ""  # of a language model
    headers: dict[str, str] = field(default_factory=dict)
    looks: int = 0  # at it, since it succeeded
    bonus_seconds: float = 0.0  # that its metrics count more than it should have taken
    source: str = "api"
    webhook: str | None = None

    def hidden(self, now: float) -> bool:
        """Whether it cannot be found yet."""
        return now < self.created + self.outcome.visible_after

    def state(self, now: float, queue_seconds: float) -> tuple[str, float]:
        """Its status now, and the seconds that it has run."""
        begun = self.created + queue_seconds
        age = now - self.created
        if self.ended is not None:
            return self.ended[0], max(0.0, self.ended[1] - begun)
        stays = self.outcome.status in ("starting", "processing")
        if (
            self.cancel_after is not None
            and age > self.cancel_after
            and (stays or age < queue_seconds)
        ):
            ran = self.cancel_after > queue_seconds and self.outcome.status != "starting"
            return (
                "canceled" if ran else "aborted"
            ), self.cancel_after - queue_seconds if ran else 0.0
        if now < begun or self.outcome.status == "starting":
            return "starting", 0.0
        if now < begun + self.run_seconds or stays:
            return "processing", now - begun
        return self.outcome.status, 0.0 if self.outcome.status == "aborted" else self.run_seconds


class Account:
    """Thread-safe. `run_seconds` is how long a prediction takes, `queue_seconds` how long it waits
    before.
    """

    def __init__(self, token: str, name: str = "tester") -> None:
        self.token = token
        self.name = name
        self.run_seconds = 0.05
        self.queue_seconds = 0.0
        self.made: dict[str, Made] = {}
        self.outcomes: list[Outcome] = []  # of the next predictions
        self.answers: list[str] = []  # of language models, to the next questions
        self.files: dict[str, bytes] = {}
        self.clock_ahead = 0.0  # seconds that this account's server is ahead of us
        self.rewrites_files = False  # data in inputs becomes an address, as it does at Replicate
        self._ids = itertools.count(1)
        self._lock = threading.RLock()

    def create(
        self, model: str, version: str, sent: dict[str, Any], cancel_after: float | None
    ) -> Made:
        """One more prediction; from here on it is billed."""
        with self._lock:
            outcome = self.outcomes.pop(0) if self.outcomes else Outcome()
            made = Made(
                id=f"{self.name[0]}{next(self._ids):025d}",
                model=model,
                version=version,
                input=sent,
                created=time.time(),
                cancel_after=cancel_after,
                outcome=outcome,
                run_seconds=self.run_seconds,
                answer=self.answers.pop(0)
                if MODELS[model].token_input_usd and self.answers
                else "",
            )
            self.made[made.id] = made
            return made

    def cancel(self, made: Made) -> None:
        """End it, unless it has ended."""
        with self._lock:
            status, _ = made.state(time.time(), self.queue_seconds)
            if status not in DONE:
                made.ended = ("aborted" if status == "starting" else "canceled", time.time())

    def forget(self, made: Made) -> None:
        """An hour has passed: inputs, outputs and files of a prediction are deleted."""
        made.removed = True

    def seconds_asked(self, made: Made) -> float:
        """The length of the clip that the input asks for."""
        price = MODELS[made.model]
        return float(made.input.get(price.length, 5)) / price.fps

    def metrics(self, made: Made) -> dict[str, Any]:
        """What Replicate measures: outputs only if there are some."""
        status, ran = made.state(time.time(), self.queue_seconds)
        if status not in DONE or status == "aborted":
            return {}
        total = ran + self.queue_seconds
        metrics: dict[str, Any] = {"predict_time": round(ran, 6), "total_time": round(total, 6)}
        if status == "succeeded" and MODELS[made.model].token_input_usd:
            asked = str(made.input.get("system_prompt", "")) + str(made.input["prompt"])
            shown = made.input.get("image_input", ())
            metrics |= {
                "token_input_count": len(asked) // 4 + PICTURE_TOKENS * len(shown),
                "token_output_count": len(made.answer) // 4,
            }
        elif status == "succeeded" and MODELS[made.model].makes != "video":
            spoken = len(str(made.input.get("text", "")))
            metrics |= {
                "image_output_count": 1,
                "audio_output_count": 1,
                "token_input_count": spoken,
            }
        elif status == "succeeded":
            metrics["video_output_count"] = 1
            seconds = self.seconds_asked(made) + made.bonus_seconds
            metrics["video_output_duration_seconds"] = seconds
        return metrics

    def charge(self, made: Made) -> Decimal:
        """What this prediction costs, as it stands."""
        price = MODELS[made.model]
        metrics = self.metrics(made)
        usd = price.draft_usd if price.draft_usd and made.input.get("draft") else price.usd
        read = Decimal(metrics.get("token_input_count", 0)) * Decimal(price.token_input_usd or 0)
        size = price.large if made.input.get("resolution") == "1080p" else 1
        return Decimal(str(metrics.get(price.metric, 0))) * Decimal(usd) * size + read

    @property
    def bill(self) -> Decimal:
        """What the account owes, to a millionth of a dollar."""
        with self._lock:
            charges = [
                self.charge(made).quantize(Decimal("0.000001"), ROUND_HALF_UP)
                for made in self.made.values()
            ]
        return sum(charges, Decimal(0))

    def document(self, made: Made, base: str) -> dict[str, Any]:
        """The prediction as JSON."""
        status, ran = made.state(time.time(), self.queue_seconds)
        over = status in DONE
        created = made.created + self.clock_ahead
        made.looks += status == "succeeded"
        if not over and made.outcome.running_status:
            status = made.outcome.running_status
        return {
            "id": made.id,
            "model": made.model,
            "version": made.version,
            "input": {} if made.removed else self._echo(made.input, base),
            "output": self._output(made, base)
            if status == "succeeded" and not made.removed
            else None,
            "logs": "",
            "error": made.outcome.error if status == "failed" else None,
            "status": status,
            "source": made.source,
            "data_removed": made.removed,
            "created_at": _iso(created),
            "started_at": _iso(created + self.queue_seconds) if ran else None,
            "completed_at": _iso(created + self.queue_seconds + ran) if over else None,
            "metrics": self.metrics(made) if over else None,
            "urls": {
                "get": f"{base}/v1/predictions/{made.id}",
                "cancel": f"{base}/v1/predictions/{made.id}/cancel",
                "web": f"https://replicate.com/p/{made.id}",
            },
        }

    def _echo(self, sent: dict[str, Any], base: str) -> dict[str, Any]:
        """The inputs as they are shown."""
        if not self.rewrites_files:
            return sent
        return {name: self._rewritten(value, base) for name, value in sent.items()}

    def _rewritten(self, value: Any, base: str) -> Any:
        if isinstance(value, list):
            return [self._rewritten(one, base) for one in value]
        if not isinstance(value, str) or not value.startswith("data:"):
            return value
        data = base64.b64decode(value.partition(",")[2])
        name = hashlib.sha256(data).hexdigest()[:16]
        self.files[name] = data
        return f"{base}/input/{name}"

    def _output(self, made: Made, base: str) -> Any:
        if MODELS[made.model].token_input_usd:
            return [made.answer[i : i + 4] for i in range(0, len(made.answer), 4)]
        address = f"{base}/output/{made.id}.mp4"
        still = f"{base}/output/{made.id}.png"
        forms: dict[str, Any] = {
            "none": None,
            "late": address if made.looks > 2 else None,
            "empty": "",
            "words": {"status": "ok", "video": address},
            "beside": {"last_frame": still, "video": [address], "seed": 7},
            "pictures": [still, still],
        }
        return forms.get(made.outcome.output, address)

    def clip(self, made: Made) -> bytes:
        """The bytes of the clip that was asked for, or of what is wrong with it."""
        seconds = self.seconds_asked(made)
        shape = str(made.input.get("aspect_ratio", "16:9"))
        begins_on = MODELS[made.model].begins_on
        if begins_on is not None:
            shape = shape_of(str(made.input[begins_on]))
        kind = made.outcome.output
        if kind == "text":
            return b"<html>This is not a video.</html>" * 40
        if MODELS[made.model].makes != "video":
            short = seconds / 4 if kind == "short" else seconds
            file = picture(shape) if MODELS[made.model].makes == "picture" else sound(short)
            return file[: len(file) // 2] if kind == "cut" else file
        if kind in ("short", "shorter"):
            return video(seconds / 4 if kind == "short" else seconds * 8 / 9, shape)
        if kind == "tall":
            return video(seconds, "9:16" if shape != "9:16" else "16:9")
        whole = video(seconds, shape)
        return whole[: len(whole) // 2] if kind == "cut" else whole


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
