# One module a subject; what they share is here. Read from the top: each uses only what stands above it, but for
# observability, which watches the service by name.

data "aws_caller_identity" "me" {}
data "aws_partition" "this" {}

locals {
  name    = "lotus-${var.environment}"
  port    = 8000
  prod    = var.environment == "prod"
  nat     = var.outbound == "nat"
  tls     = var.certificate_arn != null || var.domain != null
  logging = ["service", "worker", "campaign", "migrate"] # the names of local.tasks
  # About what the class allows beyond RDS itself, and of that four fifths: lotus/aws/checks/database.py says it too.
  memory_gib  = { micro = 1, small = 2, medium = 4, large = 8, xlarge = 16, "2xlarge" = 32, "4xlarge" = 64 }
  class_gib   = lookup(local.memory_gib, element(split(".", var.database.class), 2), 1)
  connections = floor(0.8 * (min(5000, floor(local.class_gib * 0.7 * 1073741824 / 9531392)) - 5))
  # As which role of the database a task signs in, by IAM; the server is verified against terraform/images/rds-ca.pem.
  as_role = { for role in local.roles : role => "postgresql://lotus_${role}@${module.database.address}" }
  roles   = ["app", "pages", "reviews"]
  # What stands between tasks and the server keeps nothing of a session.
  through = var.database.proxy ? { DB_PGBOUNCER = "true" } : {}
  ecs_arn = "arn:${data.aws_partition.this.partition}:ecs:${var.region}:${data.aws_caller_identity.me.account_id}"
}

module "network" {
  source = "./modules/network"
  name   = local.name
  region = var.region
  cidr   = var.vpc_cidr
  nat    = local.nat
}

module "security" {
  source        = "./modules/security"
  name          = local.name
  vpc_id        = module.network.vpc_id
  load_balancer = local.tls
  allowed_cidrs = var.allowed_cidrs
  service_port  = local.port
  sign_in       = var.sign_in != null
  proxy         = var.database.proxy
}

module "domain" {
  count   = var.domain == null ? 0 : 1
  source  = "./modules/domain"
  domain  = var.domain.name
  zone_id = var.domain.zone_id
}

module "registry" {
  source       = "./modules/registry"
  name         = local.name
  force_delete = !local.prod
}

module "build" {
  source         = "./modules/build"
  name           = local.name
  region         = var.region
  project_arn    = "arn:${data.aws_partition.this.partition}:codebuild:${var.region}:${data.aws_caller_identity.me.account_id}:project/${local.name}-build"
  image          = module.registry.url
  repository_arn = module.registry.arn
  bucket         = module.storage.bucket
  bucket_arn     = module.storage.arn
  architecture   = var.architecture
  log_days       = var.log_days
}

module "storage" {
  source        = "./modules/storage"
  name          = "${local.name}-${data.aws_caller_identity.me.account_id}-${var.region}"
  versioned     = local.prod
  force_destroy = !local.prod
}

module "database" {
  source            = "./modules/database"
  name              = local.name
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.security.database_id
  server            = var.database
  at_once           = !local.prod
  log_days          = var.log_days
  rds_arn           = replace(local.ecs_arn, ":ecs:", ":rds:")
  roles             = [for role in local.roles : "lotus_${role}"]
}

module "secrets" {
  source        = "./modules/secrets"
  name          = local.name
  recovery_days = local.prod ? 7 : 0 # else the name is taken for a week after a destroy
  settings      = setsubtract(var.secrets, ["REPLICATE_API_TOKEN"])
}

locals {
  secret_arns = concat([module.secrets.replicate_arn], values(module.secrets.setting_arns)) # which people fill in
}

module "observability" {
  source               = "./modules/observability"
  name                 = local.name
  log_days             = var.log_days
  tasks                = local.logging
  service              = "${local.name}-service"
  database             = local.name
  load_balancer        = local.tls
  load_balancer_suffix = module.service.load_balancer_suffix
  target_group_suffix  = module.service.target_group_suffix
  account_id           = data.aws_caller_identity.me.account_id
  email                = var.alert_email
  max_connections      = local.connections
  tasks_at_least       = var.service.count
  full                 = local.prod
  schedule_group       = local.name
}

module "iam" {
  source         = "./modules/iam"
  name           = local.name
  ecs_arn        = local.ecs_arn
  repository_arn = module.registry.arn
  log_group_arns = module.observability.log_group_arns
  secret_arns    = concat([module.database.secret_arn], local.secret_arns)
  own_secrets    = local.secret_arns
  bucket_arn     = module.storage.arn
  database_id    = module.database.resource_id
  proxy_id       = module.database.proxy_id
  state_bucket   = coalesce(var.state_bucket, "lotus-terraform-state-${data.aws_caller_identity.me.account_id}")
  parameter_arn  = module.registry.image_parameter_arn
  build_arn      = module.build.arn
  deployers      = var.deployers
  operators      = var.operators
  readers        = var.readers
}

locals {
  # Where every task lives.
  place = {
    subnet_ids        = module.network.task_subnet_ids
    security_group_id = module.security.tasks_id
    public_address    = !local.nat
  }

  # One image for all: a task is a command, a size and a role.
  tasks = {
    service = {
      cpu      = var.service.cpu
      memory   = var.service.memory
      role_arn = module.iam.task_arn
      command = concat(
        ["lotus", "serve", "--host", "0.0.0.0", "--port", tostring(local.port)],
        var.service.pages ? ["--pages"] : [],
        var.service.reviews ? ["--reviews"] : [],
      )
      port = local.port
      environment = merge(
        { DATABASE_URL = local.as_role.app },
        local.through,
        # Pages believe who signed in there, and at no other load balancer.
        local.tls && var.sign_in != null ? { LOTUS_LOAD_BALANCER = module.service.load_balancer_arn } : {},
        var.service.pages ? { LOTUS_DASHBOARD_DATABASE_URL = local.as_role.pages } : {},
        var.service.reviews ? { LOTUS_REVIEW_DATABASE_URL = local.as_role.reviews } : {},
      )
    }
    worker = {
      cpu         = var.worker.cpu
      memory      = var.worker.memory
      disk_gb     = var.worker.disk_gb
      role_arn    = module.iam.task_arn
      command     = ["python", "-m", "batch.cluster.worker"] # and where the scheduler is, which the driver adds
      environment = merge({ DATABASE_URL = local.as_role.app }, local.through)
    }
    campaign = { # the driver: Dask's scheduler is in it
      cpu         = 512
      memory      = 2048
      role_arn    = module.iam.driver_arn
      command     = ["lotus", "batch", "--help"]
      environment = merge({ DATABASE_URL = local.as_role.app }, local.through)
    }
    migrate = {
      cpu      = 256
      memory   = 1024
      role_arn = module.iam.owner_arn
      command  = ["lotus", "db", "migrate"]
      # The owner of the tables, whom no other task knows.
      environment = { DATABASE_URL = module.database.url, DB_IAM_ROLES = "true" }
      secrets     = { PGPASSWORD = "${module.database.secret_arn}:password::" }
    }
  }
}

module "cluster" {
  source             = "./modules/cluster"
  name               = local.name
  region             = var.region
  image              = module.registry.image
  architecture       = var.architecture
  execution_role_arn = module.iam.execution_arn
  log_groups         = module.observability.log_groups
  tasks              = local.tasks
  environment = merge(
    {
      DB_POOL_SIZE    = "3" # many tasks share one small server: `lotus doctor --aws` counts them
      DB_MAX_OVERFLOW = "3"
    },
    var.settings,
    { # which must agree with what is made here
      AWS_DEFAULT_REGION = var.region
      DB_IAM             = "true"
      DB_SSLMODE         = "verify-full"
      PGSSLROOTCERT      = "/etc/lotus/rds-ca.pem" # of the image
      LOTUS_HOME         = "/var/lib/lotus"
      LOTUS_STORE        = "s3://${module.storage.bucket}"
      LOTUS_AWS          = "s3://${module.storage.bucket}/aws.json"
    },
  )
  secrets = merge(
    var.replicate || contains(var.secrets, "REPLICATE_API_TOKEN") ? { REPLICATE_API_TOKEN = module.secrets.replicate_arn } : {},
    module.secrets.setting_arns,
  )
}

module "service" {
  source              = "./modules/service"
  name                = local.name
  cluster_arn         = module.cluster.arn
  task_definition_arn = module.cluster.definition_arns["service"]
  container           = "service"
  port                = local.port
  service             = var.service
  vpc_id              = module.network.vpc_id
  place               = local.place
  domain              = var.domain
  sign_in             = var.sign_in
  sign_in_secret      = var.sign_in_secret
  firewall            = var.firewall
  log_group           = module.observability.log_groups["service"]
  load_balancer = local.tls ? {
    certificate_arn     = var.domain == null ? var.certificate_arn : module.domain[0].certificate_arn
    subnet_ids          = module.network.public_subnet_ids
    security_group_id   = module.security.load_balancer_id
    deletion_protection = local.prod
  } : null
}

module "schedules" {
  source              = "./modules/schedules"
  name                = local.name
  role_arn            = module.iam.schedule_arn
  cluster_arn         = module.cluster.arn
  task_definition_arn = "${local.ecs_arn}:task-definition/${module.cluster.families["campaign"]}"
  container           = "campaign"
  place               = local.place
  schedules = merge(
    {
      clean = { schedule = "rate(1 day)", command = ["lotus", "store", "clean", "--yes"] }
      reap  = { schedule = "rate(6 hours)", command = ["lotus", "ops", "reap", "--yes"] }
      # the account of hosted models and the ledger, compared: two days, so that a night may fail
      reconcile = { schedule = "cron(15 4 * * ? *)", command = ["lotus", "costs", "reconcile", "--days", "2", "--if-used"] }
    },
    { for name, run in var.campaigns : name => {
      schedule = run.schedule
      command  = concat(["lotus", "batch", "run"], run.arguments)
    } },
  )
}

module "budget" {
  source      = "./modules/budget"
  name        = local.name
  environment = var.environment
  limit_usd   = var.budget_usd
  email       = var.alert_email
}
