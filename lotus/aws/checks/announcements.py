"""What RDS announces of the database and a load balancer of its targets, as causes."""

from __future__ import annotations

from lotus.checks.base import Cause, Suspect, several

__all__ = ["BALANCER", "SERVER_EVENTS"]

LOGS = "`lotus ops logs --task service --errors`"
# docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
SERVER_EVENTS = (
    Cause(
        "database disk full",
        "RDS: storage-full, or: allocated storage is exhausted",
        "the disk of the database server is full",
        "raise database.max_storage_gb in the .tfvars, then "
        "`terraform -chdir=terraform apply -target=module.database`; "
        "`lotus ops run lotus db prune --yes`",
        r"allocated storage has been exhausted|storage.full|free storage capacity .* is low|"
        r"(run|ran) out of (allocated )?storage|exhausted.*(storage|disk)",
    ),
    Cause(
        "database restarted for lack of memory",
        "RDS: the database process was killed by the OS, or: low on memory",
        "the server had too little memory for its connections and statements",
        "`lotus doctor --aws --only connections --only load`; a larger database.class in the "
        ".tfvars, then `terraform -chdir=terraform apply -target=module.database`",
        r"(database|DB) (process|instance).*(low on|lack of|out of|insufficient) (free )?memory|"
        r"low on (free )?memory|killed by .*due to long semaphore",
    ),
    Cause(
        "failed over",
        "RDS: Multi-AZ instance failover started, or completed",
        "the standby took over, because the first server or its zone failed, or by a change",
        "nothing: lotus reconnects by itself; `lotus doctor --aws --only database`",
        r"failover (started|completed|to standby)|Multi-AZ .*failover",
        "warn",
    ),
    Cause(
        "network of the database",
        "RDS: incompatible network, or: insufficient free addresses in its subnets",
        "the subnets of the server are gone or full",
        "`terraform -chdir=terraform apply -target=module.network -target=module.database`",
        r"incompatible.network",
    ),
    Cause(
        "key gone",
        "RDS: inaccessible-encryption-credentials, or: cannot access the KMS key",
        "the key with which its disk is encrypted was switched off or deleted",
        "switch it on again in KMS within seven days, then "
        "`aws rds start-db-instance --db-instance-identifier {database} --region {region}`; else "
        "`lotus ops restore --to NAME`",
        r"inaccessible.encryption.credentials|(access|use) the KMS (encryption )?key|"
        r"KMS key .*(disabled|not accessible)",
    ),
    Cause(
        "certificate runs out",
        "RDS: the SSL/TLS certificate has to be rotated",
        "the server's certificate ends; after that, tasks that verify it cannot connect",
        "`lotus ops build` and `lotus ops deploy TAG` first, if terraform/images/rds-ca.pem has "
        "changed since; then `terraform -chdir=terraform apply -target=module.database`",
        r"certificate.*(rotat|expir)",
        "warn",
    ),
    Cause(
        "server restarted",
        "RDS: DB instance restarted, shutdown, or recovery",
        "somebody or AWS restarted it: within minutes it is back",
        "`lotus doctor --aws --only database` shows whether it is back",
        r"DB instance (restarted|shutdown)|recovery of the DB instance|"
        r"DB instance (was )?(stopped|started)",
        "warn",
    ),
)
# docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
# and load-balancer-troubleshooting.html
BALANCER = (
    Cause(
        "wrong answer to the check",
        "Target.ResponseCodeMismatch: Health checks failed with these codes",
        "the service answers the check with another status: 503 while it is not ready, 404 if the "
        "path is wrong",
        "`lotus doctor --aws --only health`; " + LOGS + " has a line `health` that says why",
        r"Target\.ResponseCodeMismatch|Health checks failed with these codes",
    ),
    several(
        "no answer to the check",
        "Target.Timeout, or: Request timed out",
        r"Target\.Timeout|Request timed out",
        Suspect("the security groups do not let the load balancer in", "`lotus ops drift`"),
        Suspect("the service is too busy to answer", "`lotus doctor --aws --only load`"),
        Suspect("it cannot reach its database", "`lotus doctor --aws --only database`"),
    ),
    several(
        "connection to the target failed",
        "Target.FailedHealthChecks",
        r"Target\.FailedHealthChecks",
        Suspect("the service ended or is not there yet", "`lotus doctor --aws --only stopped`"),
        Suspect("it listens on another port", "`lotus doctor --aws --only health`"),
    ),
    several(
        "bad gateway",
        "502 Bad Gateway of the load balancer",
        r"502 Bad Gateway|HTTPCode_ELB_502|elb_status_code\W+502",
        Suspect(
            "the service ended in the middle of a request", "`lotus doctor --aws --only stopped`"
        ),
        Suspect("its answer was not HTTP: a bug in lotus", LOGS),
    ),
    several(
        "no target answers",
        "503 Service Temporarily Unavailable of the load balancer",
        r"503 Service (Temporarily )?Unavailable|HTTPCode_ELB_503|elb_status_code\W+503",
        Suspect("no task runs: it is paused, or they end", "`lotus doctor --aws --only service`"),
        Suspect("those that run are not ready", "`lotus doctor --aws --only health`"),
    ),
    several(
        "answer too late",
        "504 Gateway Time-out of the load balancer",
        r"504 Gateway Time-?out|HTTPCode_ELB_504|elb_status_code\W+504",
        Suspect("a request waits for the database", "`lotus doctor --aws --only statements`"),
        Suspect("the processors are pinned", "`lotus doctor --aws --only load`"),
    ),
    several(
        "sign-in failed",
        "561, 401 or 500 of the load balancer at /oauth2/idpresponse",
        r"HTTPCode_ELB_561|561 Unauthorized|oauth2/idpresponse|AuthInvalid\w+|AuthMissing\w+|"
        r"AuthTokenEp\w+|AuthUserinfoEp\w+",
        Suspect(
            "the provider does not know https://NAME/oauth2/idpresponse as an address to return "
            "to, or the secret is another",
            "`terraform -chdir=terraform plan`",
        ),
        Suspect(
            "the load balancer does not reach the provider: its group needs HTTPS out",
            "`lotus ops drift`",
        ),
    ),
)
