"""What PostgreSQL, RDS and their clients write into logs when something is wrong, as causes."""

from __future__ import annotations

from lotus.aws.checks.suspects import CUT, DOWN
from lotus.checks.base import Cause, Suspect, several

__all__ = ["DATABASE_LINES"]

DATABASE_LINES = (
    Cause(
        "role does not sign in by IAM",
        "the log says: password authentication failed, of lotus_app, lotus_pages or lotus_reviews",
        "the role has lost rds_iam: the server then takes a token of IAM for a password",
        "lotus ops migrate",
        # github.com/awsdocs/amazon-rds-user-guide/pull/111
        r"password authentication failed for user \W?lotus_(app|pages|reviews)\b",
    ),
    several(
        "password refused",
        "the log says: password authentication failed",
        r"password authentication failed",
        Suspect(
            "it was changed after the task began: ECS injects it only at the start",
            "`lotus ops restart`",
        ),
        Suspect(
            "the server has another than the secret: somebody changed it by hand",
            "`aws rds modify-db-instance --db-instance-identifier {database} "
            "--rotate-master-user-password --apply-immediately --region {region}`",
        ),
    ),
    Cause(
        "role unknown to the proxy",
        "the log says: This RDS proxy has no credentials for the role",
        "RDS Proxy does not sign in to the server as that role",
        "`terraform -chdir=terraform apply -target=module.database`, then `lotus ops migrate`",
        r"proxy has no credentials for the role",
    ),
    several(
        "proxy waits for the server",
        "the log says: Timed-out waiting to acquire database connection",
        r"timed.out waiting to acquire database connection",
        DOWN,
        Suspect(
            "all connections of the server are in use", "`lotus doctor --aws --only connections`"
        ),
    ),
    several(
        "token of IAM refused",
        "the log says: PAM authentication failed, of a role that signs in by IAM",
        r"PAM authentication failed|IAM authentication failed",
        Suspect(
            "the role of the database does not have its rights yet, or lost rds_iam",
            "`lotus ops migrate` gives them",
        ),
        Suspect(
            "the task's role lacks the permission rds-db:connect",
            "`lotus doctor --aws --only roles`",
        ),
        Suspect(
            "the server lacks memory: RDS then fails to verify tokens",
            "`lotus doctor --aws --only load`",
        ),
    ),
    several(
        "certificate not trusted",
        "the log says of the database: certificate verify failed, or: root certificate file does "
        "not exist",
        r"root certificate file|server certificate for .* does not match|"
        r"(5432|rds\.amazonaws|postgres|psycopg|libpq).*certificate verify failed|"
        r"^(error: )?(SSL error: )?certificate verify failed$",
        Suspect(
            "the image lacks the certificates of RDS in this region",
            "`lotus ops images` shows when it was built; `lotus ops build` makes another",
        ),
        Suspect(
            "the server has another authority than Terraform says",
            "`aws rds describe-db-instances --db-instance-identifier {database} --region {region}` "
            "(CACertificateIdentifier)",
        ),
    ),
    Cause(
        "pool too small",
        "the log says: QueuePool limit ... reached, or: all connections of this process are in use",
        "this process wants more connections at once than its own pool has; the server has more",
        "raise DB_POOL_SIZE or lower LOTUS_MAX_CONCURRENT_CLIPS (settings in the .tfvars), then "
        "`terraform -chdir=terraform apply` and `lotus ops restart`; `lotus doctor --aws --only "
        "connections` says how many fit",
        r"QueuePool limit|all connections of this process are in use",
    ),
    Cause(
        "no connection left",
        "the log says: too many clients already, or: remaining connection slots are reserved",
        "pools x tasks are more than the server allows",
        "`lotus doctor --aws --only connections`; `lotus ops scale 1`; or database.proxy = true in "
        "the .tfvars, then `terraform -chdir=terraform apply` and `lotus ops restart`",
        r"too many (clients|connections)|connection slots",
    ),
    Cause(
        "options refused by the proxy",
        "the log says: RDS Proxy currently doesn't support command-line options",
        "the address is RDS Proxy's, and the task was not told so",
        "`terraform -chdir=terraform apply` sets DB_PGBOUNCER with the proxy, then "
        "`lotus ops restart`",
        r"RDS Proxy currently doesn.t support|unsupported startup parameter|"
        r"prepared statement .*(does not|already) exist",
    ),
    Cause(
        "database refuses plain connections",
        "the log says: no pg_hba.conf entry, or pg_hba.conf rejects, with: no encryption",
        "the server takes TLS alone, and the task came without it",
        "`terraform -chdir=terraform apply` sets DB_SSLMODE again, then `lotus ops restart`",
        r"pg_hba\.conf.*(no encryption|SSL off)|allowed only with SSL connections",
    ),
    several(
        "not admitted by the database",
        "the log says: no pg_hba.conf entry, though the connection was encrypted",
        r"pg_hba\.conf",
        Suspect("DATABASE_URL names another user or database", "`lotus ops migrate status`"),
        Suspect(
            "the server is not the one that Terraform made", "`lotus doctor --aws --only database`"
        ),
    ),
    Cause(
        "no such role in the database",
        'the log says: role "..." does not exist',
        "the tasks' roles are made by a migration, which has not run on this server",
        "`lotus ops migrate`, then `lotus ops restart`",
        r"role \"\S+\" does not exist|role '\S+' does not exist",
    ),
    Cause(
        "no such database",
        'the log says: database "..." does not exist',
        "the server is there and has no database of that name: it was made anew, or is another",
        "`lotus doctor --aws --only database`; `terraform -chdir=terraform apply`",
        r"database \"\S+\" does not exist|InvalidCatalogName",
    ),
    Cause(
        "right missing in the database",
        "the log says: permission denied for table, sequence or schema",
        "the task's database role lacks its rights: the last migration did not grant them",
        "lotus ops migrate",
        r"permission denied for (table|sequence|schema|relation|view|database)|"
        r"must be (owner|member) of",
    ),
    Cause(
        "database out of memory",
        "the log says of the database: out of memory, could not resize shared memory segment",
        "the server has too little memory for its connections and statements",
        "`lotus doctor --aws --only load --only connections`; a larger database.class in the "
        ".tfvars, then `terraform -chdir=terraform apply -target=module.database`",
        r"(psycopg|ERROR:|FATAL:).*out of memory|could not resize shared memory|"
        r"could not fork new process",
    ),
    Cause(
        "database disk full",
        "the log says: could not extend file, or: DiskFull",
        "the disk of the database server is full, not the task's",
        "`lotus doctor --aws --only database`; raise database.max_storage_gb in the .tfvars, then "
        "`terraform -chdir=terraform apply -target=module.database`",
        r"could not (extend|write to|access|create) (file|temporary file|block).*no space left|"
        r"\bDiskFull\b",
    ),
    Cause(
        "deadlock",
        "the log says: deadlock detected, or: could not serialize access",
        "two transactions waited for each other; lotus repeats the one that was rolled back",
        "nothing, unless it persists: `lotus doctor --aws --only statements`",
        r"deadlock detected|could not serialize",
        "warn",
    ),
    Cause(
        "statement stopped on request",
        "the log says: canceling statement due to user request",
        "the client disconnected, or an operator stopped it: the database is healthy",
        "nothing, unless it persists: `lotus ops logs --task service --errors`",
        r"canceling statement due to user request",
        "warn",
    ),
    Cause(
        "statement too slow",
        "the log says: canceling statement due to statement timeout",
        "a statement took longer than DB_STATEMENT_TIMEOUT_SECONDS",
        "`lotus doctor --aws --only statements`; `lotus ops run lotus doctor --only indexes`",
        r"canceling statement due to (statement|lock) timeout|statement timeout|QueryCanceled|"
        r"LockNotAvailable",
        "warn",
    ),
    Cause(
        "transaction left open",
        "the log says: terminating connection due to idle-in-transaction timeout",
        "a process held a transaction for a minute and did nothing: it hung, or waited for "
        "something else in the middle of it; the server itself is well",
        "`lotus ops logs --errors` shows what it waited for; "
        "`lotus ops run lotus doctor --only jobs`",
        r"idle.in.transaction|IdleInTransactionSessionTimeout",
        "warn",
    ),
    Cause(
        "database went away",
        "the log says: terminating connection due to administrator command, the database system "
        "is starting up, or: cannot execute ... in a read-only transaction",
        "the server restarted or failed over; lotus reconnects by itself",
        "`lotus doctor --aws --only database` shows whether it is back and what RDS did",
        r"terminating connection due to|AdminShutdown|"
        r"the database system is (starting up|shutting down|in recovery mode|not (yet )?accepting)|"
        r"cannot execute \w+ in a read-only transaction",
        "warn",
    ),
    Cause(
        "server process crashed",
        "the log says: terminating connection because of crash of another server process",
        "a process of the server died, most often for lack of memory, and the server then restarts "
        "all: lotus reconnects by itself",
        "`lotus doctor --aws --only load --only database`",
        r"because of crash of another server process|CrashShutdown",
        "warn",
    ),
    several(
        "connection to the database cut",
        "the log says: server closed the connection unexpectedly, SSL connection has been closed, "
        "EOF, or: Connection reset by peer",
        r"server closed the connection|SSL connection has been closed|SSL SYSCALL error|"
        r"(psycopg|libpq).*(unexpected eof while reading|connection reset by peer|"
        r"the connection is (closed|lost))|could not receive data from server",
        Suspect(
            "the server restarted or failed over: lotus reconnects by itself",
            "`lotus doctor --aws --only database`",
        ),
        Suspect(
            "a process of the server died for lack of memory", "`lotus doctor --aws --only load`"
        ),
        Suspect(
            "a proxy or the network closed an idle connection",
            "`lotus doctor --aws --only connections --only network`",
        ),
        status="warn",
    ),
    several(
        "database not reached",
        "the log says: Cannot connect to database, connection refused, or that it timed out",
        r"cannot connect to database|database \S+: .*(refused|time.?out|timed out|failed|resolve|"
        r"name or)|connection to server at .* failed: (?!.*(FATAL|ERROR):)|"
        r"(could not connect|connection refused|"
        r"connection timed out|timeout expired).*(5432|postgres)|"
        r"(5432|postgres|psycopg).*(connection refused|timed out|timeout expired)|"
        r"could not translate host name|failed to resolve host",
        DOWN,
        CUT,
    ),
    Cause(
        "old tables",
        "the log says: this lotus needs revision ..., or a relation or column does not exist",
        "the image is newer than the tables",
        "lotus ops migrate",
        r"run `lotus db migrate`|needs (revision )?\d{4}|UndefinedTable|UndefinedColumn|"
        r"(relation|column) \S+ (of relation \S+ )?does not exist",
    ),
)
