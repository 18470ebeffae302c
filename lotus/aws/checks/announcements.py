"""What RDS announces of the database and a load balancer of its targets, as causes."""

from __future__ import annotations

from lotus.aws.checks.suspects import BUSY
from lotus.checks.base import Cause, Suspect, several

__all__ = ["BALANCER", "SERVER_EVENTS"]

LOGS = "`lotus ops logs --task service --errors`"
# docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
SERVER_EVENTS = (
    Cause(
        "database disk full",
        "RDS: storage-full, allocated storage is exhausted, or: free storage capacity is low",
        "the disk of the database server is full, or nearly so",
        "raise database.max_storage_gb in the .tfvars, then "
        "`terraform -chdir=terraform apply -target=module.database`; "
        "`lotus ops run lotus db prune --yes`",
        r"allocated storage has been exhausted|storage.full|free storage capacity .* is (too )?low|"
        r"(run|ran) out of (allocated )?storage|exhausted.*(storage|disk)",
    ),
    Cause(
        "disk cannot grow",
        "RDS: storage autoscaling is unable to scale, or will reach the maximum storage threshold",
        "the disk has grown to the most that database.max_storage_gb allows, or AWS refuses more",
        "raise database.max_storage_gb in the .tfvars, then "
        "`terraform -chdir=terraform apply -target=module.database`; "
        "`lotus ops run lotus db prune --yes`",
        r"storage autoscaling|maximum storage threshold|storage quota .*exceeded",
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
        r"failover (started|completed?|to standby)",
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
        r"inaccessible.encryption.credentials|"
        r"(can.t|cannot|unable to) (access|use) the KMS (encryption )?key|"
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
        "server failed",
        "RDS: RDS recommends that you initiate a point-in-time-restore",
        "the server has failed, by its configuration or its storage: it will not come back",
        "`lotus ops restore --to NAME` makes another from its last moment",
        r"initiate a point.in.time.restore",
    ),
    Cause(
        "parameters of the database",
        "RDS: Database instance put into incompatible-parameters",
        "a parameter does not fit the class of the server: it does not start until it is changed",
        "`terraform -chdir=terraform apply -target=module.database` puts back those of lotus, then "
        "`aws rds reboot-db-instance --db-instance-identifier {database} --region {region}`",
        r"incompatible.parameters",
    ),
    Cause(
        "server stopped",
        "RDS: DB instance stopped",
        "somebody stopped it: it stays so until it is started, or until AWS does after seven days",
        "`aws rds start-db-instance --db-instance-identifier {database} --region {region}`",
        r"DB instance (was |is )?stopped",
        "warn",
    ),
    Cause(
        "started after seven days",
        "RDS: DB instance is being started due to it exceeding the maximum allowed time being "
        "stopped",
        "AWS starts a stopped server after seven days: it costs again",
        "nothing, if it is needed; else "
        "`aws rds stop-db-instance --db-instance-identifier {database} --region {region}`",
        r"exceeding the maximum allowed time being stopped",
        "warn",
    ),
    Cause(
        "server deleted",
        "RDS: DB instance deleted",
        "somebody, or `terraform destroy`, deleted the server",
        "`lotus ops restore --to NAME` makes it from its newest snapshot; "
        "`terraform -chdir=terraform apply -target=module.database` makes an empty one",
        r"DB instance deleted",
    ),
    Cause(
        "maintenance of the database",
        "RDS: Applying off-line patches, upgrade in progress, or: RDS will replace the host",
        "AWS maintains the server in its window: it is gone for minutes, and lotus reconnects by "
        "itself",
        "`lotus doctor --aws --only database` shows whether it is back",
        r"applying off.line patches|instance upgrade is in progress|downtime started|"
        r"engine version upgrade started|will replace the host",
        "warn",
    ),
    Cause(
        "password changed",
        "RDS: Reset master credentials",
        "the owner's password was changed: tasks that got it when they began have the old one",
        "`lotus doctor --aws --only secrets` names them; `lotus ops restart` replaces the service",
        r"reset master credentials",
        "warn",
    ),
    Cause(
        "server restarted",
        "RDS: DB instance restarted, shutdown, or recovery",
        "somebody or AWS restarted it: within minutes it is back",
        "`lotus doctor --aws --only database` shows whether it is back",
        r"DB instance (restarted|shutdown)|recovery of the DB instance|"
        r"Multi-AZ instance recovery|DB instance (was )?started",
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
    Cause(
        "target begins",
        "Elb.InitialHealthChecking, or: Elb.RegistrationInProgress",
        "the load balancer has not finished its first checks of a new task",
        "nothing: `lotus ops status` shows when it is well",
        r"Elb\.(InitialHealthChecking|RegistrationInProgress)",
        "warn",
    ),
    Cause(
        "target leaves",
        "Target.DeregistrationInProgress",
        "a task is on its way out: the load balancer lets its last requests end",
        "nothing: `lotus ops status` shows the others",
        r"Target\.DeregistrationInProgress",
        "warn",
    ),
    several(
        "target not used",
        "Target.NotInUse, or: Target.NotRegistered",
        r"Target\.Not(InUse|Registered)",
        Suspect(
            "no listener leads to the target group, or the zone of the task is none of the load "
            "balancer",
            "`lotus ops drift`",
        ),
        Suspect("the task has ended", "`lotus doctor --aws --only stopped`"),
        Suspect("ECS could not register it", "`lotus ops status` (events)"),
    ),
    Cause(
        "load balancer at fault",
        "Elb.InternalError",
        "the load balancer's own check failed: nothing is known of the task",
        "nothing, unless it persists: open https://health.aws.amazon.com/health/status; "
        "`lotus ops status` shows the tasks",
        r"Elb\.InternalError",
        "warn",
    ),
    Cause(
        "address of return unknown",
        "the page of sign-in says: redirect_mismatch, or: redirect_uri_mismatch",
        "the provider does not know the address to which the load balancer returns people",
        "`terraform -chdir=terraform apply -target=module.service` for Cognito; with another "
        "provider register https://NAME/oauth2/idpresponse there",
        r"redirect_(uri_)?mismatch",
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
        BUSY,
    ),
    several(
        "sign-in failed",
        "561, 401 or 500 of the load balancer at /oauth2/idpresponse",
        r"HTTPCode_ELB_561|561 Unauthorized|oauth2/idpresponse|AuthInvalid\w+|AuthMissing\w+|"
        r"AuthTokenEp\w+|AuthUserinfoEp\w+|\binvalid_client\b",
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
