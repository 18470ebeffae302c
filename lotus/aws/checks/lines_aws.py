"""What AWS answers to a program that lacks or asks too much of something, as causes.

docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, botocore's exceptions
"""

from __future__ import annotations

from lotus.aws.checks.suspects import AWS_DOWN, CUT, ROLE
from lotus.checks.base import Cause, Suspect, several

__all__ = ["AWS_LINES", "NO_SERVICE_ROLE"]

NO_SERVICE_ROLE = Cause(
    "no service-linked role",
    "Unable to assume the service linked role",
    "AWS has not made the role AWSServiceRoleForECS of this account yet, or somebody removed it",
    "`aws iam get-role --role-name AWSServiceRoleForECS`; if there is none, "
    "`aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com`; if there is, "
    "try again in a minute",
    r"unable to assume the service.linked role",
)
AWS_LINES = (
    Cause(
        "bucket gone",
        "the log says: NoSuchBucket",
        "the bucket that LOTUS_STORE names is not there",
        "`lotus doctor --aws --only bucket`; "
        "`terraform -chdir=terraform apply -target=module.storage`",
        r"NoSuchBucket|specified bucket does not exist",
    ),
    Cause(
        "bucket in another region",
        "the log says: PermanentRedirect, or: the region ... is wrong; expecting ...",
        "the bucket that LOTUS_STORE names is not in the region of the tasks",
        "`lotus doctor --aws --only bucket` says where it is",
        r"PermanentRedirect|IllegalLocationConstraint|the region '\S+' is wrong; expecting|"
        r"must be addressed using the specified endpoint",
    ),
    Cause(
        "object gone",
        "the log says: NoSuchKey, or 404 of HeadObject",
        "the object has expired or was removed: lotus makes it again when it is needed",
        "nothing, unless somebody needs just that file: `lotus doctor --aws --only bucket` looks "
        "at the rules by which objects expire",
        r"NoSuchKey|specified key does not exist|\(404\) when calling the (Head|Get)Object",
        "warn",
    ),
    Cause(
        "credentials expired",
        "the log says: ExpiredToken, or: InvalidClientTokenId, SignatureDoesNotMatch",
        "the request was signed by keys that are old, wrong, or by a clock that is wrong; tasks "
        "get theirs from their role and need none of their own",
        "remove AWS_ACCESS_KEY_ID and the like from settings in the .tfvars; on your own machine "
        "sign in again, then `aws sts get-caller-identity --region {region}`",
        r"ExpiredToken|RequestExpired|InvalidClientTokenId|InvalidAccessKeyId|"
        r"SignatureDoesNotMatch|"
        r"RequestTimeTooSkewed|security token included in the request is (expired|invalid)|"
        r"not able to validate the provided access credentials",
    ),
    Cause(
        "denied by the organization",
        "the log says: with an explicit deny in a service control policy",
        "a policy of the AWS organization forbids it: no role of this account can allow it",
        "ask the administrator of the organization; `aws sts get-caller-identity --region "
        "{region}` says "
        "which account",
        r"explicit deny in (a service|a resource) control policy|"
        r"no service control policy allows",
    ),
    Cause(
        "denied by the bucket's policy",
        "the log says: s3:..., with an explicit deny in a resource-based policy",
        "the bucket's own policy denies it, whatever the role may",
        "`lotus doctor --aws --only bucket`; "
        "`terraform -chdir=terraform apply -target=module.storage` puts back the one of lotus",
        r"s3:\w+.*explicit deny in a resource.based policy|"
        r"no resource.based policy allows the s3:",
    ),
    Cause(
        "role lacks it",
        "the log says: because no identity-based policy allows it, or: with an explicit deny in an "
        "identity-based policy",
        "the policies of the role that made the request do not allow it",
        "`lotus doctor --aws --only roles`; `terraform -chdir=terraform apply -target=module.iam` "
        "puts back those of lotus",
        r"no identity.based policy allows|explicit deny in an identity.based policy",
    ),
    several(
        "bucket refused",
        "the log says: access is denied: s3:... is missing, or AccessDenied of an operation of S3",
        r"access is denied: s3:|AccessDenied\W+when calling the \w*(Object|Bucket|Upload|Part)|"
        r"AccessDenied\W*$|"
        r"not authorized to perform: s3:|\(403\) when calling the (Head|Get|Put)(Object|Bucket)",
        Suspect("the task's role may not", "`lotus doctor --aws --only roles`"),
        Suspect("the bucket's policy forbids it", "`lotus doctor --aws --only bucket`"),
    ),
    several(
        "no keys from the role",
        "the log says: Error when retrieving credentials from container-role",
        r"retrieving credentials from container-role|CredentialRetrievalError",
        ROLE,
        Suspect("AWS's machine is at fault: another will do", "`lotus ops restart`"),
    ),
    several(
        "AWS refused",
        "the log says: AccessDenied, or: is not authorized to perform, of another operation",
        r"AccessDenied|UnauthorizedOperation|not authorized to perform|"
        r"Unable to locate credentials",
        ROLE,
        Suspect(
            "the task runs an older definition, with another role",
            "`lotus ops restart` takes the newest",
        ),
    ),
    several(
        "connection to AWS cut",
        "the log says: Connection was closed before we received a valid response, IncompleteRead, "
        "or: RequestTimeout",
        r"Connection was closed before we received a valid response|ResponseStreamingError|"
        r"IncompleteRead|\(RequestTimeout\)|SSL validation failed for .*EOF occurred",
        Suspect(
            "the network cut it for a moment: it may work next time",
            "`lotus ops logs --errors --since 1h` shows whether it happens again",
        ),
        Suspect(
            "the task was too busy to read or write in time", "`lotus doctor --aws --only load`"
        ),
        status="warn",
    ),
    several(
        "AWS not reached",
        "the log says: Could not connect to the endpoint URL, or: Read timeout on endpoint URL",
        r"Could not connect to the endpoint URL|(Read|Connect) timeout on endpoint URL",
        CUT,
        AWS_DOWN,
    ),
    Cause(
        "AWS throttled",
        "the log says: ThrottlingException, SlowDown, or: Rate exceeded",
        "AWS limits the number of requests; lotus waits and tries again",
        "nothing, unless it persists: run fewer workers; `lotus ops usage` says what runs",
        r"ThrottlingException|TooManyRequestsException|SlowDown|reduce your request rate|"
        r"Rate exceeded|RequestLimitExceeded|ProvisionedThroughputExceeded",
        "warn",
    ),
    Cause(
        "AWS at fault",
        "the log says: InternalError, ServiceUnavailable, or 503, of an operation of AWS",
        "AWS itself failed: nothing is wrong with the request, and lotus tries it again",
        "nothing, unless it persists: open https://health.aws.amazon.com/health/status",
        r"\((Internal(Error|ServerError|Failure)|ServiceUnavailable|ServerException|50[0234])\) "
        r"when calling",
        "warn",
    ),
    several(
        "upload gone",
        "the log says: NoSuchUpload",
        r"NoSuchUpload|specified upload does not exist",
        Suspect(
            "the bucket's rule removed the parts of an upload that took longer than it allows",
            "`lotus doctor --aws --only bucket`",
        ),
        Suspect(
            "an earlier try completed it, and its answer was lost",
            "`lotus ops run lotus doctor --only failures`",
        ),
        status="warn",
    ),
    Cause(
        "key of the bucket gone",
        "the log says: KMS.DisabledException, KMS.NotFoundException",
        "the bucket encrypts by a key of KMS that is switched off or deleted; lotus makes its "
        "bucket without one, so that somebody changed that",
        "`aws s3api get-bucket-encryption --bucket {bucket} --region {region}` names the key; "
        "`terraform -chdir=terraform apply -target=module.storage` puts back the one of lotus",
        r"\bKMS\.\w+Exception",
    ),
    Cause(
        "not signed in",
        "Unable to load SSO token, You must specify a region, config profile could not be found",
        "the program has no complete keys of AWS, or no region: on your own machine nobody has "
        "signed in",
        "sign in (aws sso login, or aws configure), set AWS_PROFILE and AWS_REGION, then "
        "`aws sts get-caller-identity --region {region}`",
        r"You must specify a region|Partial credentials found|config profile \(.*\) could not be|"
        r"SSO (session|token)|token from sso|SSOToken|Token for \S+ does not exist",
    ),
    NO_SERVICE_ROLE,
    Cause(
        "cluster gone",
        "ClusterNotFoundException, ServiceNotFoundException, or: ServiceNotActiveException",
        "ECS has no such cluster or service in this region",
        "`lotus doctor --aws --only drift`; `terraform -chdir=terraform apply`",
        r"ClusterNotFoundException|ServiceNot(Found|Active)Exception",
    ),
    Cause(
        "task definition gone",
        "TaskDefinition not found, or: TaskDefinition is inactive",
        "the task definition that was named was removed: a cleanup keeps the newest only",
        "`terraform -chdir=terraform apply -target=module.cluster`, then `lotus ops restart`",
        r"TaskDefinition (not found|is inactive)|Unable to (find|describe) task definition",
    ),
    Cause(
        "secret not there",
        "the log says of GetSecretValue: can't find the specified secret, or: marked for deletion",
        "a secret of that name is not there, or waits to be deleted",
        "`lotus doctor --aws --only secrets` names it; "
        "`terraform -chdir=terraform apply -target=module.secrets -target=module.database`",
        r"can't find the specified secret\b(?! value)|secret because it was marked for deletion",
    ),
    Cause(
        "no shell in the task",
        "execute command was not enabled when the task was run",
        "the task began before a shell was allowed, or its agent has not started",
        "`lotus ops restart` replaces it; then `lotus ops exec`",
        r"execute command (was not enabled|agent isn.t running)|TargetNotConnectedException",
    ),
    Cause(
        "no session plugin",
        "SessionManagerPlugin is not found",
        "this machine lacks the program by which AWS opens a shell",
        "install session-manager-plugin (docs.aws.amazon.com/systems-manager/latest/userguide/"
        "session-manager-working-with-install-plugin.html), then `lotus ops exec`",
        r"SessionManagerPlugin is not found",
    ),
)
