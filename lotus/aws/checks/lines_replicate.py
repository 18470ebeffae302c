"""What Replicate and its client write into logs when something is wrong, as causes."""

from __future__ import annotations

from lotus.aws.checks.suspects import CUT
from lotus.checks.base import Cause, Suspect, several

__all__ = ["REPLICATE_LINES"]

# a number counts as a status only where it stands as one, not as a part of an id or a time
STATUS = r"(status(_code|Code)?\W{1,4}|HTTP/[\d.]+ |HTTP |code |error )"

REPLICATE_LINES = (
    Cause(
        "token refused",
        "the log says: Invalid REPLICATE_API_TOKEN, or that it does not look like one, or: "
        "replicate 401 Unauthorized",
        "Replicate does not know the token that the secret holds",
        "`lotus ops secrets set replicate`, then `lotus ops restart`",
        r"Invalid REPLICATE_API_TOKEN|REPLICATE_API_TOKEN does not look like a token|"
        r"ReplicateError.*(Unauthenticated|Invalid token)|"
        r"did not pass (a valid|an) authentication token|"
        rf"replicate.*({STATUS}401\b|\b401:? (unauthorized|unauthenticated|client error))",
    ),
    several(
        "Replicate not reached",
        "the log says: replicate: cannot be reached",
        r"replicate: cannot be reached|api\.replicate\.com.*(connection refused|timed out|"
        r"timeout|failed to resolve|could not resolve|name resolution|no such host|EAI_AGAIN)|"
        r"(connection refused|timed out|could not resolve|EAI_AGAIN|lookup)\W.*api\.replicate\.com",
        CUT,
        Suspect("Replicate itself is down", "open https://www.replicatestatus.com"),
    ),
    Cause(
        "Replicate throttled for lack of credit",
        "the log says: Your rate limit ... is reduced ... while you have less than $5.0 in credit",
        "an account with little credit may create six predictions a minute, one at a time",
        "add credit at https://replicate.com/account/billing, then `lotus ops run lotus jobs list`",
        r"rate limit.* is reduced.*(credit|payment method)",
        "warn",
    ),
    Cause(
        "Replicate throttled",
        "the log says: throttled, or 429 Too Many Requests, of Replicate",
        "the account sent more requests than Replicate allows; lotus waits and tries again",
        "lower LOTUS_MAX_CONCURRENT_CLIPS (settings in the .tfvars), then "
        "`terraform -chdir=terraform apply`; campaigns with fewer --workers send fewer requests",
        rf"Request was throttled|replicate.*({STATUS}429\b|\b429:? too many|throttled|"
        r"too many requests)|throttled.*replicate",
        "warn",
    ),
    Cause(
        "Replicate without credit",
        "the log says: 402 Payment Required, or insufficient credit",
        "Replicate does not work for this account until it has credit",
        "add credit at https://replicate.com/account/billing, then `lotus ops run lotus jobs list`",
        rf"replicate.*({STATUS}402\b|\b402:? payment|insufficient credit|payment required|"
        r"spend limit|free time limit|set up billing)",
    ),
    Cause(
        "content refused",
        "the log says: NSFW content detected, flagged as sensitive, or (E005)",
        "the model refuses this content: another try costs again and is refused again",
        "`lotus ops run lotus doctor --only failures` names the jobs: change their words or "
        "pictures",
        r"\bNSFW\b|flagged as sensitive|\(E005\)|content (policy|moderation)|moderation_blocked",
        "warn",
    ),
    Cause(
        "Replicate interrupted it",
        "the log says: Prediction interrupted; please retry (code: PA), or: director: unexpected "
        "error",
        "Replicate's own machine ended the prediction: nothing is wrong with the request",
        "nothing, unless it persists: lotus asks again; `lotus ops run lotus doctor --only "
        "predictions`",
        r"prediction interrupted|\(code: P[A-Z]\)|director: unexpected error|\(E8765\)",
        "warn",
    ),
    several(
        "Replicate at fault",
        "the log says: 500, 502, 503 or 504 of api.replicate.com, or: high demand (E003)",
        rf"replicate\.com.*{STATUS}50[0234]\b|50[0234] .*api\.replicate\.com|\(E003\)|"
        rf"ReplicateError.*{STATUS}50[0234]\b|ModelError.*(high demand|queue is full)",
        Suspect("Replicate is down", "open https://www.replicatestatus.com"),
        Suspect(
            "many ask for that model at the moment: lotus waits and asks again",
            "`lotus ops run lotus doctor --only predictions`",
        ),
        status="warn",
    ),
    several(
        "model version not open",
        "the log says of Replicate: Invalid version or not permitted",
        # Replicate says so of a wrong token and of an account without billing too:
        # github.com/replicate/replicate-python/issues/47,
        # github.com/replicate/getting-started-nextjs/issues/125
        r"Invalid version or not permitted|specified version does not exist|"
        r"This version has been disabled",
        Suspect(
            "the version that the catalogue pins is gone, or is another account's",
            "`lotus models check`",
        ),
        Suspect("the token is wrong", "`lotus ops run lotus doctor --only replicate`"),
        Suspect("the account has no way to pay", "open https://replicate.com/account/billing"),
    ),
    Cause(
        "input refused by the model",
        "the log says of Replicate: Input validation failed, or 422 Unprocessable Entity",
        "a value of the request is one that the model does not take: its message names which",
        "`lotus ops run lotus doctor --only failures` names the jobs; `lotus models check` "
        "compares the catalogue with the model's own inputs",
        rf"Input validation failed|replicate.*{STATUS}422\b|422 .*api\.replicate\.com",
    ),
    Cause(
        "model out of memory",
        "the log says of a prediction: CUDA out of memory",
        "the model's own machine had too little memory for the request: yours has nothing to do "
        "with it",
        "`lotus ops run lotus doctor --only failures` names the jobs: ask for fewer seconds or a "
        "smaller picture",
        r"CUDA out of memory",
    ),
    Cause(
        "Replicate failed",
        "the log says: ReplicateError, ModelError, or: prediction failed",
        "the model or Replicate ended the prediction: its own message follows in the log",
        "`lotus ops run lotus doctor --only failures --only predictions`",
        r"ReplicateError|ModelError|prediction \S* ?(failed|was canceled)",
    ),
)
