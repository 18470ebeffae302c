"""Replicate, called through its official client: the few calls that lotus makes, with
our errors.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import httpx
import tenacity
from pydantic import SecretStr

from lotus.errors import InvalidToken, MediaError, MissingToken, ProviderError
from lotus.providers.prediction import Prediction, Status, fault
from lotus.providers.replicate import outputs
from lotus.providers.replicate.faults import TOKEN, translate_error
from lotus.providers.replicate.pacer import Here, Pacer, RateState, pause
from lotus.providers.replicate.transport import (
    ResponseError,
    ServerClock,
    make_transport,
    split_metrics,
)
from lotus.system.keys import file_digest
from lotus.system.stop import Stop

__all__ = ["BASE_URL", "CREATES_A_MINUTE", "ReplicateClient"]

BASE_URL = "https://api.replicate.com"
CREATES_A_MINUTE = 600.0
CALLS_A_MINUTE = 3000.0
ANSWER_SECONDS = 30.0  # that one request may take
PAGES = 1000  # of a hundred predictions each: a list that goes on for ever ends here
LONGEST_WAIT_SECONDS = 30.0  # between two tries of one call
# What the official client raises for an answer that it does not understand.
_STRANGE = (ValueError, TypeError, KeyError, AttributeError)
_NAME = re.compile(r"[\w-]+")
_SAFE_TO_REPEAT = ("busy", "unreachable", "unclear")  # of calls that only look

Answer = TypeVar("Answer")


class ReplicateClient:
    """One account. Thread-safe; nothing is sent before the first call."""

    def __init__(
        self,
        token: SecretStr | None,
        *,
        base_url: str | None = None,
        timeout_seconds: float = 600,
        max_retries: int = 5,
        answer_seconds: float | None = None,
        creates: RateState | None = None,
        webhook: str | None = None,
    ) -> None:
        """`creates` is the pace of predictions, if others share it; `webhook` is the address that
        is to hear of their ends.
        """
        self.webhook = webhook
        self._answer_seconds = answer_seconds or ANSWER_SECONDS
        self._token = token
        self._base_url = (base_url or BASE_URL).rstrip("/").removesuffix("/v1")
        self.timeout_seconds = timeout_seconds
        self.max_retries = max_retries
        self.creates = Pacer(creates or Here(CREATES_A_MINUTE))
        self.calls = Pacer(Here(CALLS_A_MINUTE))
        self._lock = threading.Lock()
        self._account = ""
        self._clock = ServerClock()

    def __repr__(self) -> str:
        return f"Client({self._base_url!r})"

    @cached_property
    def _official(self) -> Any:
        from replicate.client import Client as Official

        transport = make_transport(
            self._base_url, self._answer_seconds, self.timeout_seconds, self._clock
        )
        return Official(self._secret, base_url=self._base_url, transport=transport)

    @property
    def _api(self) -> Any:
        with self._lock:
            return self._official

    @cached_property
    def _downloads(self) -> httpx.Client:
        return httpx.Client(timeout=self._answer_seconds, follow_redirects=True)

    @property
    def _secret(self) -> str:
        secret = self._token.get_secret_value().strip() if self._token is not None else ""
        if not secret:
            remedy = "hosted models need it; write it into .env: REPLICATE_API_TOKEN=r8_..."
            raise MissingToken(name=TOKEN, remedy=remedy)
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            remedy = "copy it again from https://replicate.com/account/api-tokens into .env"
            raise InvalidToken(
                name=TOKEN,
                reason="it contains characters that are not part of a token",
                remedy=remedy,
            )
        return secret

    def account(self, stop: Stop | None = None) -> str:
        """The account's name; raises InvalidToken, ProviderError."""
        name = str(self._repeat(lambda: self._api.accounts.current(), stop or Stop()).username)
        self._account = name
        return name

    @property
    def account_name(self) -> str:
        """The account's name, asked for once."""
        return self._account or self.account()

    def create(
        self,
        model: str,
        version: str | None,
        inputs: Mapping[str, Any],
        stop: Stop,
        deployment: str | None = None,
    ) -> Prediction:
        """Create a prediction of an official model (`version` is None), a version or a deployment:
        one request.
        """
        which = {"version": version} if version is not None else {"model": model}
        calls = self._api.predictions
        if deployment is not None:
            which, calls = {"deployment": deployment}, self._api.deployments.predictions
        hook: dict[str, Any] = {}
        if self.webhook is not None:
            hook = {"webhook": self.webhook, "webhook_events_filter": ["completed"]}
        self.creates.acquire(stop)
        try:
            answer = calls.create(**which, input=dict(inputs), **hook)
            prediction = _check_id(self._prediction(answer))
        except (ResponseError, httpx.HTTPError, *_STRANGE) as exc:
            error = translate_error(exc, creating=True)
            if isinstance(error, ProviderError) and fault(error) == "busy":
                self.creates.refused(error.facts["retry_after_seconds"])
            raise error from exc
        self.creates.accepted()
        return prediction

    def get(self, prediction_id: str, stop: Stop) -> Prediction:
        """How a prediction stands."""
        return self._repeat(
            lambda: self._asked_for(prediction_id, self._api.predictions.get(prediction_id)), stop
        )

    def cancel(self, prediction_id: str, stop: Stop) -> Prediction:
        """Cancel: asking twice does no harm, so this call is repeated like those that only look."""
        return self._repeat(
            lambda: self._asked_for(prediction_id, self._api.predictions.cancel(prediction_id)),
            stop,
        )

    def _asked_for(self, prediction_id: str, answer: Any) -> Prediction:
        """The prediction in an answer; raises ValueError if that is of another one."""
        prediction = self._prediction(answer)
        if prediction.id != prediction_id:
            raise ValueError("the answer is of another prediction")
        return prediction

    def _prediction(self, answer: Any) -> Prediction:
        """The official client's prediction as ours, at the times of our clock."""
        return _prediction(answer, self._clock.ahead)

    def since(self, moment: datetime, stop: Stop) -> list[Prediction]:
        """Predictions created since then, newest first."""
        theirs = (moment + self._clock.ahead).isoformat().replace("+00:00", "Z")
        cursor: Any = f"/v1/predictions?created_after={theirs}"
        by_id: dict[str, Prediction] = {}
        ids: set[Any] = set()
        for _ in range(PAGES):
            page = self._repeat(partial(self._api.predictions.list, cursor), stop)
            page_predictions = [
                self._prediction(one) for one in page.results if _NAME.fullmatch(one.id)
            ]
            by_id |= {one.id: one for one in page_predictions}
            ids.add(cursor)
            cursor = page.next
            old = (
                page_predictions
                and page_predictions[-1].created_at
                and page_predictions[-1].created_at < moment
            )
            if cursor is None or cursor in ids or old:
                break
        predictions = by_id.values()
        return [one for one in predictions if one.created_at is None or one.created_at >= moment]

    def download(self, address: str, target: Path, stop: Stop) -> None:
        """Fetch an output. The token is shown to the API alone, not to where files lie."""
        api = _is_under(address, self._base_url)
        headers = {"Authorization": f"Bearer {self._secret}"} if api else {}
        outputs.download(
            self._downloads,
            address,
            target,
            headers=headers,
            seconds=self.timeout_seconds,
            stop=stop,
        )

    def describe(self, model: str, version: str | None = None) -> dict[str, Any]:
        """What Replicate says of a model, with the schema of one version, the newest by default;
        raises ProviderError `gone` if there is no such model.
        """
        path = f"/v1/models/{model}"
        document = self._document(path)
        if version is not None:
            document["latest_version"] = self._document(f"{path}/versions/{version}")
        return document

    def deployed(self, deployment: str) -> tuple[str, str]:
        """The model and the version that a deployment runs."""
        release = self._document(f"/v1/deployments/{deployment}").get("current_release") or {}
        return str(release.get("model", "")), str(release.get("version", ""))

    def _document(self, path: str) -> dict[str, Any]:
        answer = self._repeat(lambda: self._api._request("GET", path), Stop())
        return dict(answer.json())

    def digests(self, value: Any, stop: Stop) -> tuple[str, ...]:
        """The hashes of the files in an input; empty if one of them is not there."""
        addresses = outputs.addresses(value)
        with tempfile.TemporaryDirectory(prefix="lotus-") as folder:
            target = Path(folder) / "file"
            try:
                return tuple(self._digest(address, target, stop) for address in addresses)
            except ProviderError as error:
                if fault(error) not in ("gone", "refused"):  # somebody else's may be out of bounds
                    raise
            except MediaError:
                pass
        return ()

    def _digest(self, address: str, target: Path, stop: Stop) -> str:
        self.download(address, target, stop)
        return file_digest(target)

    def _repeat(self, call: Callable[[], Answer], stop: Stop) -> Answer:
        """A call that may be repeated, repeated while that may help."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passing),
            stop=tenacity.stop_after_attempt(self.max_retries + 1),
            wait=_wait,
            sleep=lambda seconds: pause(seconds, stop),
            reraise=True,
        )
        answer: Answer = retrying(self._once, call, stop)
        return answer

    def _once(self, call: Callable[[], Answer], stop: Stop) -> Answer:
        self.calls.acquire(stop)
        try:
            return call()
        except (ResponseError, httpx.HTTPError, *_STRANGE) as exc:
            error = translate_error(exc)
            if isinstance(error, ProviderError) and fault(error) == "busy":
                self.calls.refused(error.facts["retry_after_seconds"])
            raise error from exc


def _passing(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and fault(error) in _SAFE_TO_REPEAT


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as was asked for, else longer each time, at random: workers do not come back
    together.
    """
    error = state.outcome.exception() if state.outcome is not None else None
    seconds = error.facts.get("retry_after_seconds") if isinstance(error, ProviderError) else None
    backoff = tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)(state)
    return (
        min(seconds, 10 * LONGEST_WAIT_SECONDS) + backoff / 10 if seconds is not None else backoff
    )


def _check_id(prediction: Prediction) -> Prediction:
    """The prediction, if it has a name to be asked for by; raises ValueError."""
    if not _NAME.fullmatch(prediction.id):
        raise ValueError("the answer names no prediction")
    return prediction


def _prediction(answer: Any, ahead: timedelta = timedelta()) -> Prediction:
    """The official client's prediction as ours; their clock may be ahead of ours."""
    metrics, more = split_metrics(answer.metrics)
    began, ended_at = _moment(answer.started_at), _moment(answer.completed_at)
    if "predict_time" not in metrics and began and ended_at:
        metrics["predict_time"] = max(0.0, (ended_at - began).total_seconds())
    created_at = _moment(answer.created_at)
    return Prediction(
        id=answer.id,
        status=_status(more.get("status", answer.status)),
        model=answer.model,
        input=answer.input or {},
        created_at=created_at - ahead if created_at is not None else None,
        output=outputs.addresses(answer.output),
        metrics=metrics,
        seconds=metrics.get("total_time") if answer.status == "succeeded" else None,
        error=" ".join((answer.error or "").split())[:500],
        removed=more.get("data_removed", False),
        source=more.get("source", "api"),
    )


def _is_under(address: str, base_url: str) -> bool:
    """Whether an address is one of the API's own."""
    if address.startswith("data:"):
        return False
    try:
        there, base = httpx.URL(address), httpx.URL(base_url)
    except httpx.InvalidURL:
        return False
    return there.host == base.host and there.path.startswith("/v1/")


def _status(status: str) -> Status:
    """The status as Replicate says it; one that is new means that the prediction still runs."""
    return cast(Status, status) if status in get_args(Status) else "processing"


def _moment(text: str | None) -> datetime | None:
    """A time as the API writes it; None if it writes something else."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
