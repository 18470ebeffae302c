"""What Replicate and its client write into logs when something is wrong, as causes."""

from __future__ import annotations

from lotus.checks.base import Cause, Suspect, several

__all__ = ["REPLICATE_LINES"]

CUT = Suspect("the network does not let the task there", "`lotus doctor --aws --only network`")
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
        rf"replicate.*({STATUS}401\b|\b401:? (unauthorized|unauthenticated|client error))",
    ),
    several(
        "Replicate not reached",
        "the log says: replicate: cannot be reached",
        r"replicate: cannot be reached|api\.replicate\.com.*(connection refused|timed out|"
        r"timeout|failed to resolve|could not resolve|name resolution)",
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
        r"spend limit)",
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
    Cause(
        "Replicate failed",
        "the log says: ReplicateError, ModelError, or: prediction failed",
        "the model or Replicate ended the prediction: its own message follows in the log",
        "`lotus ops run lotus doctor --only failures --only predictions`",
        r"ReplicateError|ModelError|prediction \S* ?(failed|was canceled)",
    ),
)
