"""What file systems and buckets say, turned into one line with a remedy; the cause is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lotus.errors import StoreError
from lotus.store.bucket import READ_SECONDS, code_of

__all__ = ["translate_errors"]

PERMISSIONS = {  # botocore's operation -> what IAM calls the right to it
    "HeadObject": "s3:GetObject (or s3:ListBucket, to see what is not there)",
    "GetObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "ListObjectsV2": "s3:ListBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}
KEYS = "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_PROFILE"
SIGN_IN = "sign in again (`aws sso login`), or renew AWS_SESSION_TOKEN"
REGION = "set AWS_DEFAULT_REGION to the bucket's region"
LATER = "wait a little, then run it again: what was finished is kept"
CODES = {  # S3's code -> what it means, what to do
    "NoSuchBucket": ("the bucket is not there", "create it, or correct LOTUS_STORE"),
    "InvalidBucketName": ("no bucket can have this name", "correct LOTUS_STORE"),
    "InvalidAccessKeyId": ("the access key is unknown there", KEYS),
    "SignatureDoesNotMatch": ("the secret key does not fit the access key", KEYS),
    "ExpiredToken": ("the credentials have expired", SIGN_IN),
    "ExpiredTokenException": ("the credentials have expired", SIGN_IN),
    "TokenRefreshRequired": ("the credentials have expired", SIGN_IN),
    "InvalidToken": ("the session token is not valid", SIGN_IN),
    "RequestTimeTooSkewed": (
        "the clock of this machine is wrong",
        "set it right: a few minutes are too many",
    ),
    "PermanentRedirect": ("the bucket is in another region", REGION),
    "301": ("the bucket is in another region", REGION),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", REGION),
    "IllegalLocationConstraintException": ("the bucket is in another region", REGION),
    "SlowDown": (
        "receives more requests than it can serve",
        f"{LATER}; lower LOTUS_MAX_CONCURRENT_CLIPS",
    ),
    "ServiceUnavailable": ("is too busy", LATER),
    "503": ("is too busy", LATER),
    "InternalError": ("has an internal error", LATER),
    "500": ("has an internal error", LATER),
}
KINDS = {  # botocore's class -> the same
    "NoCredentialsError": (
        "no credentials were found",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or use a role",
    ),
    "PartialCredentialsError": ("the credentials are not complete", KEYS),
    "TokenRetrievalError": ("the credentials have expired", SIGN_IN),
    "UnauthorizedSSOTokenError": ("the credentials have expired", SIGN_IN),
    "ProfileNotFound": ("there is no such profile", "correct AWS_PROFILE"),
    "EndpointConnectionError": ("cannot be reached", "check AWS_ENDPOINT_URL and the network"),
    "ConnectTimeoutError": ("does not answer", "check AWS_ENDPOINT_URL and the network"),
    "ReadTimeoutError": (f"sent nothing for {READ_SECONDS} s", LATER),
    "FSTimeoutError": (f"sent nothing for {READ_SECONDS} s", LATER),
    "ConnectionClosedError": ("broke the connection", LATER),
    "ResponseStreamingError": ("broke off in the middle of an object", LATER),
    "RetriesExceededError": ("broke off in the middle of an object", LATER),
    "IncompleteReadError": ("broke off in the middle of an object", LATER),
}
TRANSPORT = ("botocore", "fsspec", "s3transfer", "urllib3")


@contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Raise StoreError for what a file system or a bucket raised."""
    try:
        yield
    except Exception as exc:
        foreign = type(exc).__module__.split(".")[0] in TRANSPORT
        if not (isinstance(exc, OSError) or foreign):
            raise
        reason, remedy = _explain(exc)
        raise StoreError(url=url, reason=reason, remedy=remedy) from exc


def _explain(exc: Exception) -> tuple[str, str]:
    code = code_of(exc)
    if code in CODES:
        return CODES[code]
    if code in ("AccessDenied", "403", "AllAccessDisabled"):
        operation = str(
            getattr(exc if hasattr(exc, "response") else exc.__cause__, "operation_name", "")
        )
        permission = PERMISSIONS.get(operation, operation)
        return (
            f"access is denied: {permission} is missing",
            f"grant {permission.split(' (')[0]} on the bucket",
        )
    if code:
        return f"{code}: {exc}", "run `lotus doctor`"
    for kind in type(exc).__mro__:
        if kind.__name__ in KINDS:
            return KINDS[kind.__name__]
    return _of_a_file(exc)


def _of_a_file(exc: Exception) -> tuple[str, str]:
    reason = (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or type(exc).__name__
    if isinstance(exc, PermissionError):
        return (
            reason,
            "give yourself the right to read and write there, or set LOTUS_STORE to another place",
        )
    if getattr(exc, "errno", None) == 28:
        return (
            reason,
            "free some disk space (`lotus store clean`), or set LOTUS_STORE to another disk",
        )
    return reason, "run `lotus doctor`"
