variable "environment" {
  description = "dev or prod: part of every name, so that both fit into one account."
  type        = string
  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "Write dev or prod."
  }
}

variable "region" {
  description = "Where everything is."
  type        = string
  default     = "us-east-2"
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Write a region such as us-east-2."
  }
  validation {
    condition     = strcontains(file("${path.module}/images/rds-ca.pem"), "# Amazon RDS ${var.region} ")
    error_message = "terraform/images/rds-ca.pem knows no RDS of this region: append AWS's own, as its first lines say."
  }
}

variable "vpc_cidr" {
  description = "Addresses of the network; a /16 gives each subnet 4096 of them."
  type        = string
  default     = "10.20.0.0/16"
  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 4, 15)) && tonumber(split("/", var.vpc_cidr)[1]) <= 20
    error_message = "Write a block such as 10.20.0.0/16, no smaller than a /20."
  }
}

variable "outbound" {
  description = "How tasks reach the internet: by an address of their own while they run (free when idle), or by a NAT."
  type        = string
  default     = "public_address"
  validation {
    condition     = contains(["public_address", "nat"], var.outbound)
    error_message = "Write public_address or nat."
  }
}

variable "database" {
  description = "The PostgreSQL server."
  type = object({
    class               = string
    storage_gb          = number
    max_storage_gb      = number
    multi_az            = bool
    backup_days         = number
    deletion_protection = bool
    proxy               = optional(bool, false) # RDS Proxy, when workers need more connections than the class has: 22 USD a month
  })
  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database.class))
    error_message = "database.class: write a class such as db.t4g.micro."
  }
  validation {
    condition     = var.database.storage_gb >= 20 && var.database.max_storage_gb > var.database.storage_gb
    error_message = "database: gp3 begins at 20 GB, and max_storage_gb must leave room to grow."
  }
  validation {
    condition     = var.database.backup_days >= 1 && var.database.backup_days <= 35
    error_message = "database.backup_days: 1 to 35; without backups there is no way back."
  }
  validation {
    condition     = var.environment != "prod" || (var.database.deletion_protection && var.database.backup_days >= 7)
    error_message = "database: prod needs deletion_protection and at least 7 days of backups."
  }
}

variable "service" {
  description = "The service: how many tasks (and at most, while jobs wait), their size in CPU units and MiB, whether they may be taken away, and have the dashboards too."
  type = object({
    count   = number
    cpu     = number
    memory  = number
    spot    = bool
    pages   = bool
    reviews = optional(bool, false)
    most    = optional(number) # start more tasks while jobs wait, up to so many; null: always as many
  })
  validation {
    condition     = var.service.most == null || try(var.service.most > var.service.count && var.service.most <= 10 && var.service.count >= 1, false)
    error_message = "service.most: more than service.count, which must be at least 1, and at most 10."
  }
  validation {
    condition     = var.service.count >= 0 && var.service.count <= 10
    error_message = "service.count: 0 (paused) to 10."
  }
  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.service.cpu)
    error_message = "service.cpu: Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384."
  }
  validation {
    condition     = var.service.memory >= 2 * var.service.cpu && var.service.memory <= 8 * var.service.cpu
    error_message = "service.memory: Fargate gives 2 to 8 MiB for each CPU unit."
  }
  validation {
    condition     = !var.service.reviews || var.service.pages
    error_message = "service.reviews: reviews are written on the pages; set service.pages too."
  }
  validation {
    condition     = !var.service.pages || var.service.memory >= 4096
    error_message = "service.pages: 20 viewers take 2.4 GB of a task's memory; service.memory must be at least 4096."
  }
}

variable "worker" {
  description = "The size of a campaign's worker, in CPU units and MiB, and the GB of disk that it renders on."
  type = object({
    cpu     = number
    memory  = number
    disk_gb = number
  })
  validation {
    condition     = contains([1024, 2048, 4096, 8192, 16384], var.worker.cpu)
    error_message = "worker.cpu: 1024, 2048, 4096, 8192 or 16384; rendering needs at least one whole processor."
  }
  validation {
    condition     = var.worker.memory >= 2 * var.worker.cpu && var.worker.memory <= 8 * var.worker.cpu
    error_message = "worker.memory: Fargate gives 2 to 8 MiB for each CPU unit."
  }
  validation {
    condition     = var.worker.disk_gb >= 21 && var.worker.disk_gb <= 200
    error_message = "worker.disk_gb: 21 to 200."
  }
}

variable "architecture" {
  description = "The processor of tasks and of the image: X86_64, or ARM64, which is a fifth cheaper."
  type        = string
  default     = "X86_64"
  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "Write X86_64 or ARM64."
  }
}

variable "replicate" {
  description = "Whether tasks are given a token of Replicate (`lotus ops secrets set replicate`); without one they render offline only."
  type        = bool
  default     = true
}

variable "settings" {
  description = "Settings of tasks, by the names in .env.example, such as { LOTUS_MAX_CONCURRENT_JOBS = \"2\" }; no secrets (see secrets)."
  type        = map(string)
  default     = {}
  validation {
    condition = alltrue([for name in keys(var.settings) : contains([
      "DB_CONNECT_TIMEOUT_SECONDS", "DB_MAX_OVERFLOW", "DB_PGBOUNCER", "DB_POOL_SIZE", "DB_STATEMENT_TIMEOUT_SECONDS",
      "LOTUS_CACHE_GB", "LOTUS_CORS_ORIGINS", "LOTUS_DASHBOARDS", "LOTUS_DRAIN_SECONDS", "LOTUS_FFMPEG", "LOTUS_MAIL_FROM",
      "LOTUS_MAX_CONCURRENT_CLIPS", "LOTUS_MAX_CONCURRENT_JOBS", "LOTUS_MODEL", "LOTUS_MODELS", "LOTUS_OIDC_CLIENT_ID", "LOTUS_OIDC_ISSUER",
      "LOTUS_PEOPLE", "LOTUS_PROVIDER", "LOTUS_PUBLIC_URL", "LOTUS_RATE_LIMIT", "LOTUS_WEBHOOK_URL", "LOTUS_WHISPER", "LOTUS_WORKER_NICE",
      "REPLICATE_BASE_URL", "REPLICATE_MAX_RETRIES", "REPLICATE_NEW_SEEDS", "REPLICATE_TIMEOUT_SECONDS",
    ], name)])
    error_message = "settings: write names of .env.example that neither hold a secret nor are made here."
  }
}

variable "secrets" {
  description = "Secret settings that tasks are given, by the names in .env.example, such as [\"LOTUS_SMTP_URL\"]; their values by `lotus ops secrets set NAME`. Each is 0.40 USD a month."
  type        = set(string)
  default     = []
  validation {
    condition = alltrue([for name in var.secrets : contains([
      "LOTUS_DASHBOARD_TOKEN", "LOTUS_NOTIFY_SECRET", "LOTUS_OIDC_CLIENT_SECRET", "LOTUS_SMTP_URL", "REPLICATE_API_TOKEN",
      "REPLICATE_WEBHOOK_SECRET",
    ], name)])
    error_message = "secrets: write names of .env.example that hold a secret; addresses of databases are made here, and hold none."
  }
}

variable "certificate_arn" {
  description = "The certificate of the load balancer; without one there is none, and `lotus ops exec` reaches the service."
  type        = string
  default     = null
  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "Write the ARN of a certificate in ACM, in the region of the service."
  }
  validation {
    condition     = var.environment != "prod" || var.certificate_arn != null || var.domain != null
    error_message = "prod answers over HTTPS: it needs a certificate, or a domain for which one is made."
  }
}

variable "domain" {
  description = "The name of the service and its hosted zone in Route 53: a certificate and the record are made; null for none."
  type        = object({ name = string, zone_id = string })
  default     = null
  validation {
    condition     = var.domain == null || can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.domain.name))
    error_message = "domain: write a name such as lotus.example.com, and the id of its zone."
  }
}

variable "sign_in" {
  description = "Where people sign in before they see the pages (OpenID Connect, also a user pool of Cognito); null for tokens alone."
  type = object({
    issuer                 = string
    authorization_endpoint = string
    token_endpoint         = string
    user_info_endpoint     = string
    client_id              = string
  })
  default = null
  validation {
    condition     = var.sign_in == null || try(startswith(var.sign_in.issuer, "https://"), false)
    error_message = "sign_in: addresses begin with https://."
  }
}

variable "sign_in_secret" {
  description = "The client's secret of sign_in, by TF_VAR_sign_in_secret; it is in Terraform's state, which only deployers read."
  type        = string
  sensitive   = true
  default     = null
}

variable "firewall" {
  description = "Whether AWS WAF stands before the load balancer: about 7 USD a month, and 0.60 a million requests."
  type        = bool
  default     = false
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  validation {
    condition     = alltrue([for block in var.allowed_cidrs : can(cidrhost(block, 0))])
    error_message = "Write blocks of addresses such as 203.0.113.0/24."
  }
}

variable "deployers" {
  description = "ARNs of the roles or users who may assume the role that deploys; nobody if empty."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.deployers : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:", arn))])
    error_message = "Write ARNs of IAM roles or users; never a star."
  }
}

variable "operators" {
  description = "ARNs of the roles or users who may assume the role that operates (lotus ops); nobody if empty."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.operators : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:", arn))])
    error_message = "Write ARNs of IAM roles or users; never a star."
  }
}

variable "readers" {
  description = "ARNs of the roles or users who may assume the role that only looks; nobody if empty."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for arn in var.readers : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:", arn))])
    error_message = "Write ARNs of IAM roles or users; never a star."
  }
}

variable "state_bucket" {
  description = "The bucket of Terraform's state, if modules/state was given another name for it."
  type        = string
  default     = null
}

variable "campaigns" {
  description = "Campaigns that run by the clock: a cron expression in UTC, and what follows `lotus batch run`."
  type = map(object({
    schedule  = string
    arguments = list(string)
  }))
  default = {}
  validation {
    condition     = alltrue([for run in var.campaigns : can(regex("^(cron|rate)\\(.+\\)$", run.schedule))])
    error_message = "campaigns: write a schedule such as cron(0 3 * * ? *) or rate(1 day)."
  }
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
  default     = 14
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 180, 365], var.log_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 180 or 365 days."
  }
}

variable "budget_usd" {
  description = "Dollars a month: mail is sent at 50, 80 and 100 percent, and when a forecast passes it."
  type        = number
  validation {
    condition     = var.budget_usd > 0
    error_message = "Write an amount above zero."
  }
}

variable "alert_email" {
  description = "Who is told of alarms and spending; confirm the subscription that arrives by mail."
  type        = string
  validation {
    condition     = can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alert_email))
    error_message = "Write an address for mail."
  }
}
