"""Errors of `terraform init`, `plan`, `apply` and `destroy`, as causes: what Terraform, its S3
backend and the AWS provider print.
"""

from __future__ import annotations

from lotus.aws.checks.lines_aws import NO_SERVICE_ROLE
from lotus.checks.base import Cause, Suspect, several

__all__ = ["TERRAFORM_ERRORS"]

INIT = (
    "`terraform -chdir=terraform init -reconfigure "
    "-backend-config=environments/{environment}.s3.tfbackend`"
)
# of the SDK that the provider is written with: "operation error ECS: CreateService, https response"
API = r"(operation error|api error|https response error|creating|updating|deleting|reading) .*"

TERRAFORM_ERRORS = (
    Cause(
        "state locked",
        "Error acquiring the state lock",
        "another plan or apply holds the lock of the state, or one that was killed left it there",
        "wait for the other; if there is none (Lock Info says who and when): "
        "`terraform -chdir=terraform force-unlock ID`",
        r"acquiring the state lock|state is already locked|lock Info:",
    ),
    Cause(
        "not initialised",
        "Backend initialization required, or: Backend configuration changed",
        "this clone was never initialised, or for the other environment",
        INIT,
        r"Backend initialization required|Backend configuration (has )?changed|"
        r"please run \"?terraform init|Module not installed|Required plugins are not installed",
    ),
    Cause(
        "provider lock",
        "Inconsistent dependency lock file, or: checksums of the provider do not match",
        "the lock of providers has not this machine's kind, or another version",
        "terraform -chdir=terraform init -upgrade",
        r"Inconsistent dependency lock file|doesn't match any of the checksums|"
        r"Failed to install provider",
    ),
    Cause(
        "no state bucket",
        "S3 bucket ... does not exist, of the backend",
        "the bucket of the state was never made, or is of another account",
        "`terraform -chdir=terraform/modules/state init`, then "
        "`terraform -chdir=terraform/modules/state apply`",
        r"S3 bucket \S+ does not exist|(backend|state).*NoSuchBucket",
    ),
    Cause(
        "no credentials",
        "No valid credential sources found, ExpiredToken, or: InvalidClientTokenId",
        "Terraform has no keys of AWS, or old ones",
        "sign in again, then `aws sts get-caller-identity --region {region}`",
        r"No valid credential sources|failed to refresh cached credentials|"
        rf"{API}(ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch)|"
        r"retrieving AWS account details",
    ),
    Cause(
        "workflow not trusted",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity, in a workflow of GitHub",
        "the role trusts another repository or branch, or the workflow lacks id-token: write",
        "`terraform -chdir=terraform/modules/state apply`, with -var github_repository=OWNER/NAME; "
        "the workflow needs `permissions: id-token: write`",
        r"sts:AssumeRoleWithWebIdentity",
    ),
    Cause(
        "organization forbids it",
        "with an explicit deny in a service control policy",
        "a policy of the AWS organization forbids it: no role of this account can allow it",
        "ask the administrator of the organization; `aws sts get-caller-identity --region "
        "{region}` says "
        "which account",
        r"explicit deny in a service control policy",
    ),
    Cause(
        "deployer may not",
        "AccessDenied, or: is not authorized to perform, of an operation of Terraform",
        "your own role may not make this; the roles of tasks have nothing to do with it",
        "`aws sts get-caller-identity --region {region}` says who you are: take a role that may "
        "make all of terraform/ (the one that deploys only images may not)",
        rf"{API}(AccessDenied|UnauthorizedOperation|not authorized|AuthorizationError)|"
        r"You are not authorized to perform this operation",
    ),
    Cause(
        "secret waits to be deleted",
        "a secret with this name is already scheduled for deletion",
        "the environment was destroyed lately: its secrets keep their names for a week",
        "`aws secretsmanager delete-secret --secret-id {cluster}/replicate "
        "--force-delete-without-recovery --region {region}`, then "
        "`terraform -chdir=terraform apply`",
        r"already scheduled for deletion",
    ),
    Cause(
        "final snapshot there",
        "DBSnapshotAlreadyExists, of the final snapshot",
        "an earlier destroy left a snapshot of that name",
        "`aws rds delete-db-snapshot --db-snapshot-identifier {database}-final --region {region}` "
        "if nobody needs it; then destroy again",
        r"DBSnapshotAlreadyExists",
    ),
    Cause(
        "name taken",
        "EntityAlreadyExists, BucketAlreadyExists, ResourceAlreadyExistsException and the like",
        "it is there and not in this state: made by hand, by another state, or by an apply that "
        "was killed before it wrote its state",
        "`terraform -chdir=terraform import ADDRESS ID` takes it over (ADDRESS stands in the error "
        "after `with`), or remove it by hand; then `terraform -chdir=terraform apply`",
        r"EntityAlreadyExists|BucketAlready(Exists|OwnedByYou)|ResourceAlreadyExists|"
        r"DBInstanceAlreadyExists|DBSubnetGroupAlreadyExists|RepositoryAlreadyExists|"
        r"ParameterAlreadyExists|InvalidGroup\.Duplicate|DuplicateLoadBalancerName|"
        r"DuplicateRecordException|already exists",
    ),
    Cause(
        "protected",
        "Cannot delete protected DB Instance, or a load balancer with deletion protection",
        "deletion protection is on, as prod has it",
        "`lotus ops destroy` asks about each protection, then takes it away",
        r"delete protected DB Instance|deletion.?protection|OperationNotPermitted.*protect",
    ),
    Cause(
        "not empty",
        "BucketNotEmpty, RepositoryNotEmptyException",
        "Terraform removes nothing that still holds something",
        "`lotus ops destroy` asks about images, secrets and snapshots; objects of a bucket: "
        "`lotus ops run lotus store clean --orphans --yes`",
        r"BucketNotEmpty|RepositoryNotEmpty|bucket you tried to delete is not empty",
    ),
    several(
        "still in use",
        "DependencyViolation: has dependencies and cannot be deleted",
        r"DependencyViolation|has dependencies and cannot be deleted|has a dependent object",
        Suspect("tasks still run in the network", "`lotus ops status`"),
        Suspect(
            "something made by hand uses it",
            "`aws ec2 describe-network-interfaces --filters Name=vpc-id,Values={vpc} "
            "--region {region}`",
        ),
    ),
    Cause(
        "certificate not validated",
        "waiting for ACM Certificate to be issued: last state: PENDING_VALIDATION",
        "ACM does not see the record that proves the name: the zone in Route 53 is not the one to "
        "which the name's registrar leads",
        "correct the name servers at the registrar, then `terraform -chdir=terraform apply`; "
        "`aws acm list-certificates --region {region}` shows the state",
        r"PENDING_VALIDATION",
    ),
    NO_SERVICE_ROLE,
    Cause(
        "account blocked",
        "This AWS account currently does not support creating load balancers",
        "AWS has not verified this account yet, or a bill is open",
        "open a case at https://console.aws.amazon.com/support (account and billing)",
        r"account currently does not support|account is (currently )?blocked|"
        r"pending verification",
    ),
    Cause(
        "no database of that class",
        "InsufficientDBInstanceCapacity",
        "AWS has no capacity of that class in these zones at the moment",
        "another database.class in the .tfvars, or later, then `terraform -chdir=terraform apply`",
        r"InsufficientDBInstanceCapacity",
    ),
    Cause(
        "plan is old",
        "Saved plan is stale",
        "something was applied after this plan was made",
        "`terraform -chdir=terraform plan` again, then `terraform -chdir=terraform apply`",
        r"Saved plan is stale",
    ),
    Cause(
        "another Terraform",
        "Unsupported Terraform Core version",
        "this machine's Terraform is older than terraform/versions.tf asks",
        "install a newer one (developer.hashicorp.com/terraform/install), then "
        "`terraform -chdir=terraform init`",
        r"Unsupported Terraform Core version",
    ),
    several(
        "not there in time",
        "timeout while waiting for state to become ...",
        r"timeout while waiting for (state|resource)",
        Suspect(
            "AWS took longer than Terraform waits: another apply continues",
            "`terraform -chdir=terraform apply`",
        ),
        Suspect(
            "tasks of the service do not start, or do not end",
            "`lotus doctor --aws --only service --only stopped`",
        ),
    ),
    Cause(
        "certificate not valid yet",
        "UnsupportedCertificate, or: certificate must have a fully-qualified domain name",
        "the load balancer takes a certificate of its own region that ACM has issued",
        "`aws acm list-certificates --region {region}` shows which are; correct certificate_arn in "
        "the .tfvars, then `terraform -chdir=terraform apply`",
        r"UnsupportedCertificate|CertificateNotFound|certificate .* (must have|not found)",
    ),
    Cause(
        "quota reached",
        "LimitExceeded: VpcLimitExceeded, AddressLimitExceeded and the like",
        "the account has as many of these as AWS allows it",
        "remove one that nobody needs, or ask for more at "
        "https://console.aws.amazon.com/servicequotas",
        r"LimitExceeded|QuotaExceeded|TooManyBuckets|exceeded .*(quota|limit)",
    ),
    Cause(
        "addresses overlap",
        "InvalidSubnet.Conflict, or: The CIDR ... is invalid, conflicts with another",
        "vpc_cidr was changed under subnets that are there, or is another network's",
        "put the old vpc_cidr back into the .tfvars, then `terraform -chdir=terraform apply`",
        r"InvalidSubnet\.(Conflict|Range)|InvalidVpc\.Range|CIDR .*(conflicts|invalid)",
    ),
    Cause(
        "database change refused",
        "InvalidParameterCombination, InvalidDBInstanceState, StorageQuota, of RDS",
        "RDS cannot make that change: a class without this version, less disk than it has, or one "
        "change while another is under way",
        "`lotus doctor --aws --only database` shows its state; correct database in the .tfvars, "
        "then `terraform -chdir=terraform apply`",
        r"InvalidParameterCombination|InvalidDBInstanceState|InvalidParameterValue.*(DB|storage)|"
        r"Cannot upgrade postgres|requested storage size",
    ),
    Cause(
        "AWS throttled",
        "ThrottlingException, RequestLimitExceeded, after many tries",
        "AWS limits the number of requests",
        "wait a minute, then `terraform -chdir=terraform apply` again: it continues",
        rf"{API}(Throttl|RequestLimitExceeded|Rate exceeded)",
        "warn",
    ),
    Cause(
        "value refused",
        "Invalid value for variable, or: No value for required variable",
        "the .tfvars holds a value that lotus refuses, or lacks one, or none was named",
        "correct the .tfvars as the message says, then `terraform -chdir=terraform apply`",
        r"Invalid value for (input )?variable|No value for required variable|"
        r"Value for undeclared variable",
    ),
    several(
        "AWS not reached",
        "no such host, i/o timeout, of an address of amazonaws.com",
        r"(amazonaws\.com|registry\.terraform\.io).*(no such host|i/o timeout|"
        r"connection (refused|reset)|TLS handshake timeout)",
        Suspect("this machine has no way to the internet", "`lotus doctor`"),
        Suspect(
            "the region in the .tfvars does not exist",
            "`aws sts get-caller-identity --region {region}`",
        ),
    ),
)
