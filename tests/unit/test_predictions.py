"""What is decided about predictions, and what is made of the answers of the other side."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotus.errors import Cancelled, InvalidToken, ProviderError
from lotus.generation.predictions.decide import (
    CANCELLED,
    Age,
    Durations,
    next_action,
    poll_seconds,
    wish,
)
from lotus.models.catalog import read_catalog
from lotus.models.facts import Facts
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import ENDED, Prediction
from lotus.providers.replicate.faults import classify, is_refusal, seconds_to_wait, translate_error
from lotus.providers.replicate.outputs import addresses, file_addresses
from lotus.providers.replicate.pacer import Here, Pacer, pause
from lotus.providers.replicate.provider import carries, facts_from_json, facts_to_json
from lotus.providers.replicate.transport import ResponseError, normalize, split_metrics
from lotus.system.stop import Stop

YOUNG = Age(1, 600)


def prediction(status: Any, **more: Any) -> Prediction:
    return Prediction("p1", status, **more)


# --- what to do next
# -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wished", ["go on", "collect", "leave", "cancel"])
@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_is_always_settled(status: str, wished: Any) -> None:
    kept = next_action(prediction(status, output=("https://x/a.mp4",)), Age(9999, 600), wished)
    assert kept == ("keep" if status == "succeeded" else "settle")


def test_an_output_that_is_not_there_any_more_is_settled_without_it() -> None:
    assert next_action(prediction("succeeded"), YOUNG, "go on") == "settle"
    gone = prediction("succeeded", output=("https://x/a.mp4",), removed=True)
    assert next_action(gone, YOUNG, "go on") == "settle"


@pytest.mark.parametrize("status", ["starting", "processing"])
@pytest.mark.parametrize(
    ("age", "wished", "action"),
    [
        (YOUNG, "go on", "wait"),
        (YOUNG, "collect", "wait"),
        (YOUNG, "leave", "leave"),
        (YOUNG, "cancel", "cancel"),
        (Age(601, 600), "go on", "cancel"),
        (Age(601, 600), "leave", "leave"),
        (Age(601, 600, cancelled=True), "go on", "wait"),
        (Age(1, 600, cancelled=True), "cancel", "wait"),
    ],
)
def test_what_runs_is_waited_for_cancelled_or_left(
    status: str, age: Age, wished: Any, action: str
) -> None:
    assert next_action(prediction(status), age, wished) == action


def test_what_a_stop_means_for_what_is_paid() -> None:
    everybody = Stop()
    job = Stop(everybody)
    assert wish(job) == "go on"
    job.set("another clip failed")
    assert wish(job) == "collect"
    everybody.set("interrupted")
    assert wish(job) == "leave"
    ending = Stop()
    ending.set(CANCELLED)
    assert wish(ending) == wish(Stop(ending)) == "cancel"


@given(st.floats(0, 3600))
def test_looking_again_costs_at_most_a_tenth_of_the_wait(age: float) -> None:
    assert 1 / 6 <= poll_seconds(age) <= max(1 / 6, min(5.0, age / 10 + 1e-9))


@given(st.floats(0, 3600), st.floats(0, 3600))
def test_the_first_look_is_when_the_quickest_of_late_was_over(age: float, quickest: float) -> None:
    wait = poll_seconds(age, quickest)
    if age >= quickest:
        assert wait == poll_seconds(age)
    else:  # never later than that, and never longer without a look than five seconds
        assert wait == min(5.0, quickest - age + 1 / 50)


def test_the_quickest_of_late_is_of_the_last_few() -> None:
    durations = Durations()
    assert durations.quickest_seconds == 0
    for seconds in (1.0, None, *[30.0, 20.0] * 4):
        durations.note(seconds)
    assert durations.quickest_seconds == 20


# --- what an answer means
# --------------------------------------------------------------------------------

SENT = httpx.Request("POST", "https://api.replicate.com/v1/predictions")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), "unreachable"),
        (httpx.ConnectTimeout("slow"), "unreachable"),
        (httpx.PoolTimeout("busy"), "unreachable"),
        (httpx.ReadTimeout("silence"), "unclear"),
        (httpx.ReadError("reset"), "unclear"),
        (httpx.WriteError("reset"), "unclear"),
        (httpx.RemoteProtocolError("cut off"), "unclear"),
        (ResponseError(500, "", None), "unclear"),
        (ResponseError(502, "", None), "unclear"),
        (ResponseError(503, "", None), "unclear"),
        (ResponseError(402, "no credit", None), "refused"),
        (ResponseError(403, "", None), "refused"),
        (ResponseError(422, "prompt is required", None), "refused"),
        (ResponseError(418, "", None), "refused"),
        (ResponseError(429, "", "7"), "busy"),
    ],
)
@pytest.mark.parametrize("creating", [True, False])
def test_only_what_may_have_had_an_effect_is_unclear(
    error: Exception, kind: str, creating: bool
) -> None:
    said = translate_error(error, creating=creating)
    assert isinstance(said, ProviderError)
    assert said.facts["kind"] == kind
    assert said.remedy
    assert said.facts.get("retry_after_seconds") == (7.0 if kind == "busy" else None)


def test_what_is_not_there_is_gone_unless_it_was_to_be_created() -> None:
    assert translate_error(ResponseError(404, "", None)).facts["kind"] == "gone"
    missing = translate_error(ResponseError(404, "no such model", None), creating=True)
    assert missing.facts["kind"] == "refused"
    assert "lotus models" in missing.remedy


def test_a_token_that_is_not_accepted_is_a_wrong_setting() -> None:
    said = translate_error(ResponseError(401, "Unauthenticated", None))
    assert isinstance(said, InvalidToken)
    assert str(said).startswith("Invalid REPLICATE_API_TOKEN: ")
    assert said.exit_code == 2


@pytest.mark.parametrize(
    ("header", "detail", "seconds"),
    [
        ("3", "", 3.0),
        ("2.5", "", 2.5),
        ("Tue, 24 Nov 2026 12:00:30 GMT", "", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", "", 0.0),
        (None, "Request was throttled. Your rate limit resets in ~30s.", 30.0),
        (None, "Too many requests", None),
        ("soon", "", None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form(header: str, detail: str, seconds: float) -> None:
    now = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
    assert seconds_to_wait(header, detail, now) == seconds


# Messages that users of hosted models have reported in public, and what they mean.
MESSAGES = {
    "The input or output was flagged as sensitive. Please try again with different inputs. "
    "(E005)": "refusal",
    "The input or output was flagged as sensitive. Please try again. (E005) (kZ3vVq)": "refusal",
    "Input validation error: duration must be one of 5, 10 (E006)": "refusal",
    "NSFW content detected. Try running it again, or try a different prompt.": "refusal",
    "Prompt was rejected by our content moderation": "refusal",
    "Your request was rejected as a result of our safety system": "refusal",
    "The content was moderated: violence": "refusal",
    "duration must be one of 5, 10": "refusal",
    "invalid image: the face is too small": "refusal",
    "Service is currently unavailable due to high demand. Please try again later. "
    "(E003)": "passing",
    "Service is temporarily unavailable. Please try again later. (E004)": "passing",
    "Service is temporarily unavailable. (E003)": "passing",
    "Prediction interrupted; please retry (code: PA)": "passing",
    "Director: unexpected error handling prediction (E9243)": "passing",
    "Director: unexpected error handling prediction (E8765)": "passing",
    "Director: unexpected error handling prediction (E9828)": "passing",
    "Director: timeout starting prediction (E6716)": "passing",
    "The content could not be checked: unknown error (E1000)": "passing",
    "The service is under moderate load, please try again later": "passing",
    "The moderation service timed out": "passing",
    "The queue is full": "passing",
    "Prediction fails due to queue reached limit": "passing",
    "Sensitive content check: 503 Service Unavailable": "passing",
    "Internal server error": "passing",
    "The safety checker is overloaded": "passing",
    "The model ran out of memory (E1001)": "failure",
    "CUDA out of memory. Tried to allocate 2.00 GiB": "failure",
    "'NoneType' object has no attribute 'shape'": "failure",
    "": "failure",
}


@pytest.mark.parametrize(("message", "kind"), MESSAGES.items())
def test_a_message_is_read_by_its_code_first_and_by_its_words_last(message: str, kind: str) -> None:
    assert classify(message) == kind
    assert is_refusal(message) is (kind == "refusal")


# --- what the official client is given
# -------------------------------------------------------------------

DOCUMENT = {
    "id": "p1",
    "status": "aborted",
    "input": {"prompt": "a"},
    "metrics": {"predict_time": 1.5},
    "urls": {"get": "https://x", "stream": None},
    "data_removed": True,
    "error": {"code": 3},
}


def test_an_aborted_prediction_passes_the_official_client_and_keeps_its_status() -> None:
    from replicate.prediction import Prediction as Theirs

    page = normalize(
        {"next": None, "results": [DOCUMENT, {"id": "p2", "status": "starting", "input": None}]}
    )
    first, second = (Theirs(**one) for one in page["results"])
    metrics, told = split_metrics(first.metrics)
    assert (first.status, told["status"], told["data_removed"]) == ("canceled", "aborted", True)
    assert metrics == {"predict_time": 1.5}
    assert second.status == "starting"


@pytest.mark.parametrize("status", ["queued", "aborting", "a word of tomorrow"])
def test_a_status_that_is_not_known_means_that_it_still_runs(status: str) -> None:
    from replicate.prediction import Prediction as Theirs

    from lotus.providers.replicate.client import _prediction

    document = {**DOCUMENT, "status": status, "version": "1", "created_at": None}
    told = _prediction(Theirs(**normalize(document)))
    assert (told.status, told.ended) == ("processing", False)


def test_other_answers_are_left_alone() -> None:
    for document in ({"type": "user", "username": "x"}, [1, 2], None, "text"):
        assert normalize(document) == document


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("https://x/a.mp4", ("https://x/a.mp4",)),
        (["https://x/a.png", "https://x/b.png"], ("https://x/a.png", "https://x/b.png")),
        ({"video": "https://x/a.mp4", "seed": 3}, ("https://x/a.mp4",)),
        (None, ()),
        (7, ()),
        ([["a"], {"b": ["c"]}], ("a", "c")),
        ("", ()),
    ],
)
def test_outputs_of_every_form_are_found(output: Any, found: tuple[str, ...]) -> None:
    assert addresses(output) == found


@pytest.mark.parametrize(
    ("output", "clips"),
    [
        (("https://x/last.png", "https://x/a.mp4"), ("https://x/a.mp4",)),
        (("https://x/a", "https://x/b.webm?sig=1"), ("https://x/b.webm?sig=1", "https://x/a")),
        (("ok", "https://x/a.mov"), ("https://x/a.mov",)),
        (("data:image/png;base64,", "data:video/mp4;base64,"), ("data:video/mp4;base64,",)),
        (("https://x/a.wav", "https://x/b.jpg", "done"), ()),
        ((), ()),
    ],
)
def test_a_clip_is_taken_from_an_output_by_its_type(
    output: tuple[str, ...], clips: tuple[str, ...]
) -> None:
    assert file_addresses(output, "video") == clips


def test_a_success_that_shows_nothing_is_looked_at_again() -> None:
    again = Age(1, 600, look_again=True)
    assert next_action(prediction("succeeded"), again, "go on") == "wait"
    assert next_action(prediction("succeeded"), again, "leave") == "leave"
    assert next_action(prediction("succeeded"), again, "cancel") == "settle"
    assert next_action(prediction("failed"), again, "go on") == "settle"


# --- rates
# -----------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def take(limiter: Pacer, clock: Clock, seconds: float) -> int:
    """How many calls get leave in so long, when one after the other waits as told."""
    until = clock.now + seconds
    taken = 0
    while clock.now <= until:
        clock.now += limiter.try_acquire()
        taken += clock.now <= until
    return taken


def test_calls_stay_below_the_documented_rate() -> None:
    clock = Clock()
    assert 600 <= take(Pacer(Here(600, clock=clock)), clock, 60) <= 600 + 60


def test_those_who_wait_go_one_after_the_other() -> None:
    limiter = Pacer(Here(60, clock=Clock()))  # one a second, six at once
    assert [limiter.try_acquire() for _ in range(9)] == [0, 0, 0, 0, 0, 0, 1, 2, 3]


def test_after_a_refusal_nothing_is_sent_before_the_time_that_was_said() -> None:
    clock = Clock()
    limiter = Pacer(Here(600, clock=clock))
    limiter.refused(7.0)
    assert limiter.try_acquire() == 7.0
    clock.now = 6.9
    assert limiter.try_acquire() > 0.1


def test_a_time_to_wait_that_is_said_is_kept_to_and_not_made_longer() -> None:
    clock = Clock()
    limiter = Pacer(Here(600, clock=clock))
    for _ in range(3):  # three refusals in a row, each with one second to wait
        limiter.refused(1.0)
        wait = limiter.try_acquire()
        assert wait <= 1.0
        clock.now += wait
    assert limiter.pace.rate == 60


def test_of_many_that_are_refused_at_once_one_slows_down_the_rest() -> None:
    limiter = Pacer(Here(600, clock=Clock()))
    for _ in range(20):
        limiter.refused(2.0)
    assert limiter.pace.rate == 75


def test_an_account_that_is_held_to_six_a_minute_is_learnt_and_recovers() -> None:
    """The other side lets six a minute pass: refusals become rare, and the rate goes up again
    afterwards.
    """
    clock = Clock()
    passed = [0.0] * 0
    refused = 0
    limiter = Pacer(Here(600, clock=clock))
    while clock.now < 1200:
        clock.now += limiter.try_acquire()
        passed = [at for at in passed if clock.now - at < 60]
        if len(passed) < 6:
            passed.append(clock.now)
            limiter.accepted()
        else:
            refused += 1
            limiter.refused(10.0)
    assert refused < 120 * 0.25
    assert limiter.pace.rate < 12
    for _ in range(500):
        limiter.accepted()
    assert limiter.pace.rate > 60


def test_a_pause_ends_at_once_when_asked_to_stop() -> None:
    stop = Stop()
    stop.set("enough")
    with pytest.raises(Cancelled, match="enough"):
        pause(3600, stop)


# --- what is sent and recognised
# -------------------------------------------------------------------------

FACTS = Facts(
    prompt="A harbour", seconds=Fraction(9, 4), fps=Fraction(24), seed=3, aspect_ratio="16:9"
)


def test_facts_survive_the_database() -> None:
    assert facts_from_json(facts_to_json(FACTS)) == FACTS
    pictures = Facts(prompt="A harbour", reference_images=("data:x", "data:y"), resolution="720p")
    assert facts_from_json(facts_to_json(pictures)) == pictures


def test_a_prediction_is_recognised_by_all_that_was_sent() -> None:
    model = read_catalog().model("p-video")
    sent = model.inputs(Facts(**{**FACTS.__dict__, "resolution": "720p"}))
    mine = prediction("starting", input={**sent, "added_by_them": 1}, model=model.replicate)
    assert carries(mine, model, sent)
    for name in sent:
        other = {**sent, name: "something else"}
        assert not carries(prediction("starting", input=other, model=model.replicate), model, sent)
    assert not carries(prediction("starting", input={**sent, "draft": 0}), model, sent)
    removed = prediction("succeeded", removed=True, model=model.replicate)
    assert carries(removed, model, sent)
    assert not carries(prediction("succeeded", removed=True, model="somebody/else"), model, sent)


def test_clips_that_differ_in_frames_alone_share_a_prediction() -> None:
    one = ClipRequest("replicate", "m", "1", {"duration": 5}, 1280, 720, Fraction(24), 110, 0)
    more = ClipRequest("replicate", "m", "1", {"duration": 5}, 1920, 1080, Fraction(30), 150, 0)
    tall = ClipRequest("replicate", "m", "1", {"duration": 5}, 720, 1280, Fraction(24), 110, 0)
    seeded = ClipRequest("replicate", "m", "1", {"duration": 5}, 1280, 720, Fraction(24), 110, 1)
    assert one.key != more.key
    assert one.prediction_key == more.prediction_key
    assert len({request.prediction_key for request in (one, tall, seeded)}) == 3
    assert ClipRequest.model_validate(one.model_dump()) == one
