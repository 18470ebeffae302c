"""Pages for raters: two videos side by side, one question. A link is all that a rater has."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from math import isfinite
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from dashboards.server.content import MediaFile
from dashboards.server.viewer import PLAIN, PageHandler
from lotus.errors import InputError, LotusError
from lotus.experiments.pairing import RatedPair
from lotus.experiments.rating import RatingSession, add_answer, open_session
from lotus.experiments.scales import ScaleSession, add_score, not_theirs

__all__ = ["ROUTES", "RatePage", "RatedVideo", "RatingAnswer"]

MOST_BYTES = 2000  # of an answer


Session = RatingSession | ScaleSession


def _name(secret: str, *facts: str) -> str:
    """The name of a pair or a clip in addresses: tells a rater nothing, not even that a video is
    the same.
    """
    return hashlib.sha256("\0".join((secret, *facts)).encode()).hexdigest()[:32]


def _pair_name(secret: str, pair: RatedPair) -> str:
    return _name(secret, pair.left, pair.right, pair.question)


def _find(session: RatingSession, secret: str, name: str) -> RatedPair:
    """The pair of a name, with its sides as they were; raises InvalidInput."""
    for pair in session.pairs:
        for question in session.rater["questions"]:
            one = pair.model_copy(update={"question": question})
            for side in (one, one.swapped()):
                if _pair_name(secret, side) == name:
                    return side
    raise not_theirs("pair")


def _find_clip(session: ScaleSession, secret: str, name: str) -> tuple[str, str]:
    """The cell and question of a name; raises InvalidInput."""
    for key in session.states:
        for question in session.rater["questions"]:
            if _name(secret, key, question) == name:
                return key, question
    raise not_theirs("clip")


def _prompt(session: Session, key: str) -> str | None:
    prompt = session.states[key].factors.get("prompt")
    return session.design.base.get("prompt") if prompt is None else str(prompt)


def _next(session: Session, secret: str) -> dict[str, Any]:
    """What the page shows next: no names, no prices, no facts of files."""
    if isinstance(session, ScaleSession):
        return _next_clip(session, secret)
    pair = session.next()
    document: dict[str, Any] = {"done": session.answer_count, "total": session.count, "pair": None}
    if pair is not None:
        document |= {"pair": _pair_name(secret, pair), "question": pair.question}
        document["prompt"] = None if pair.factor == "prompt" else _prompt(session, pair.left)
    return document | _left_out(session)


def _next_clip(session: ScaleSession, secret: str) -> dict[str, Any]:
    clip = session.next()
    document: dict[str, Any] = {"done": session.answer_count, "total": session.count}
    document |= {"scale": session.rater["scale"], "clip": None}
    if clip is not None:
        document |= {"clip": _name(secret, *clip), "question": clip[1]}
        document["prompt"] = _prompt(session, clip[0])
    return document | _left_out(session)


def _first_counts(is_first: bool) -> dict[str, Any]:
    """What the page says of another answer to the same question."""
    if is_first:
        return {}
    return {"note": "You had answered this one already: the first answer counts."}


def _left_out(session: Session) -> dict[str, Any]:
    """What the page says of videos that the store has no longer."""
    if not session.lost_videos:
        return {}
    return {"note": "Some videos are no longer in the store: they are left out."}


class RatePage(PageHandler):
    """The page behind a rater's link."""

    @allow_unauthenticated
    async def get(self, secret: str) -> None:
        """Show the page, which asks for its pairs by itself."""
        try:
            await self.state.run(partial(open_session, self.state.workspace, secret))
        except LotusError as error:
            self.set_status(404 if isinstance(error, InputError) else 500)
            self._show(message=f"This link {error.facts.get('reason', 'does not work now')}.")
            return
        if self.state.reviews is None:
            self.set_status(503)
            self._show(message="Ratings are not accepted here: start `lotus dashboards --reviews`.")
            return
        self._show(message="")

    def _show(self, **facts: Any) -> None:
        self.policy(**PLAIN)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Robots-Tag", "noindex")
        self.set_header("Referrer-Policy", "no-referrer")
        page = self.state.page(self.base_url, "rate.html.j2", "Which is better?", **facts)
        self.finish(page)


class RatingAnswer(PageHandler):
    """The next pair, and answers; both end with the pair after it."""

    def check_xsrf_cookie(self) -> None:
        """The secret in the address is known to no other site."""

    @allow_unauthenticated
    async def get(self, secret: str) -> None:
        """The next pair as JSON."""
        await self._reply(partial(self._next, secret))

    @allow_unauthenticated
    async def post(self, secret: str) -> None:
        """Keep an answer, then the next pair as JSON."""
        if self.state.reviews is None:
            raise HTTPError(503)
        try:
            if len(self.request.body) > MOST_BYTES:
                raise ValueError
            answer = json.loads(self.request.body)
            if "clip" in answer:
                score = None if answer["score"] is None else int(answer["score"])
                work = partial(self._keep_score, secret, str(answer["clip"]), score)
            else:
                work = partial(self._keep, secret, str(answer["pair"]), str(answer["choice"]))
            seconds = float(answer["seconds"])
            if not isfinite(seconds):
                raise ValueError
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            raise HTTPError(400) from None
        await self._reply(partial(work, seconds))

    async def _reply(self, work: partial[dict[str, Any]]) -> None:
        try:
            document = await self.state.run(work)
        except InputError as error:
            self.set_status(404)
            field = error.facts.get("field", "answer")
            text = f"This {field} {error.facts.get('reason', 'is none')}."
            document = {"error": text, "remedy": "stop" if field == "link" else "next"}
        except LotusError:
            self.set_status(500)
            document = {"error": "The answer could not be kept. Try again in a moment."}
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(document))

    def _next(self, secret: str) -> dict[str, Any]:
        return _next(open_session(self.state.workspace, secret), secret)

    def _keep(self, secret: str, name: str, choice: str, seconds: float) -> dict[str, Any]:
        assert self.state.reviews is not None
        session = open_session(self.state.workspace, secret)
        if not isinstance(session, RatingSession):
            raise not_theirs("pair")
        pair = _find(session, secret, name)
        row = session.answer(pair.left, pair.right, pair.question, choice, seconds)
        add_answer(self.state.reviews, row)
        later = open_session(self.state.workspace, secret)
        assert isinstance(later, RatingSession)
        return _next(later, secret) | _first_counts(later.choice_of(pair) == choice)

    def _keep_score(
        self, secret: str, name: str, score: int | None, seconds: float
    ) -> dict[str, Any]:
        assert self.state.reviews is not None
        session = open_session(self.state.workspace, secret)
        if not isinstance(session, ScaleSession):
            raise not_theirs("clip")
        clip = _find_clip(session, secret, name)
        add_score(self.state.reviews, session.answer(*clip, score, seconds))
        later = open_session(self.state.workspace, secret)
        assert isinstance(later, ScaleSession)
        return _next(later, secret) | _first_counts(later.scores[clip] == score)


class RatedVideo(MediaFile):
    """A side of a pair."""

    @allow_unauthenticated
    async def get(self, secret: str, name: str, side: str, include_body: bool = True) -> None:
        """The video's bytes, or the part that is asked for."""
        await self._serve(await self._object(secret, name, side), include_body)

    @allow_unauthenticated
    async def head(self, secret: str, name: str, side: str) -> None:
        """The same without the bytes."""
        await self._serve(await self._object(secret, name, side), False)

    async def _object(self, secret: str, name: str, side: str) -> str:
        def find() -> str:
            session = open_session(self.state.workspace, secret)
            if isinstance(session, ScaleSession):
                key, _ = _find_clip(session, secret, name)
                return session.states[key].object_key or ""
            pair = _find(session, secret, name)
            return session.states[pair.left if side == "left" else pair.right].object_key or ""

        try:
            return await self.state.run(find)
        except LotusError:
            raise HTTPError(404) from None


_SECRET = r"([\w-]{20,64})"
ROUTES = [
    (rf"/rate/{_SECRET}", RatePage),
    (rf"/rate/{_SECRET}/answer", RatingAnswer),
    (rf"/rate/{_SECRET}/([0-9a-f]{{32}})/(left|right|clip)\.mp4", RatedVideo, {"path": "/"}),
]
