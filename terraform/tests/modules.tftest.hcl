# Each module by itself.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "lotus-test"
  environment = "dev"
  budget_usd  = 10
  alert_email = "lotus@example.com"
  database    = { class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 50, multi_az = false, backup_days = 7, deletion_protection = false }
  service     = { count = 0, cpu = 512, memory = 1024, spot = true, pages = false }
  worker      = { cpu = 2048, memory = 4096, disk_gb = 30 }
}

run "network_without_a_nat" {
  module { source = "./modules/network" }
  variables {
    region = "us-east-2"
    cidr   = "10.0.0.0/16"
    nat    = false
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 0 && output.task_subnet_ids == output.public_subnet_ids
    error_message = "an idle network costs something"
  }
  assert {
    condition     = length(distinct(concat(aws_subnet.public[*].cidr_block, aws_subnet.private[*].cidr_block))) == 4
    error_message = "subnets overlap"
  }
}

run "network_with_a_nat" {
  module { source = "./modules/network" }
  variables {
    region = "us-east-2"
    cidr   = "10.0.0.0/16"
    nat    = true
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && output.task_subnet_ids == output.private_subnet_ids
    error_message = "tasks are not behind the NAT"
  }
}

run "security" {
  module { source = "./modules/security" }
  variables {
    vpc_id        = "vpc-1"
    load_balancer = true
    allowed_cidrs = ["203.0.113.0/24"]
    service_port  = 8000
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.from_tasks.referenced_security_group_id == aws_security_group.tasks.id
    error_message = "others than tasks reach the database"
  }
}

run "registry" {
  module { source = "./modules/registry" }
  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "a tag may change its meaning"
  }
}

run "storage" {
  module { source = "./modules/storage" }
  variables {
    versioned     = true
    force_destroy = false
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule) == length(var.kept_days) + 1
    error_message = "a prefix has no rule"
  }
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "what was deleted is lost"
  }
}

run "database" {
  module { source = "./modules/database" }
  variables {
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    server            = { class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 50, multi_az = false, backup_days = 7, deletion_protection = true }
    log_days          = 7
  }
  assert {
    condition     = aws_cloudwatch_log_group.slow_statements.name == "/aws/rds/instance/${var.name}/postgresql"
    error_message = "lotus doctor looks for slow statements elsewhere"
  }
  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.storage_encrypted && !aws_db_instance.this.skip_final_snapshot
    error_message = "the database is public, plain, or gone without a snapshot"
  }
  assert {
    condition     = !strcontains(output.url, ":@") && !can(regex("://[^@]*:[^@]*@", output.url))
    error_message = "the address holds a password"
  }
}

run "secrets" {
  module { source = "./modules/secrets" }
  assert {
    condition     = aws_secretsmanager_secret.replicate.name == "lotus-test/replicate"
    error_message = "the token is looked for elsewhere"
  }
}

run "iam" {
  module { source = "./modules/iam" }
  variables {
    ecs_arn        = "arn:aws:ecs:us-east-2:123456789012"
    repository_arn = "arn:aws:ecr:us-east-2:123456789012:repository/lotus"
    log_group_arns = { operations = "arn:aws:logs:us-east-2:123456789012:log-group:operations" }
    secret_arns    = ["arn:aws:secretsmanager:us-east-2:123456789012:secret:a"]
    bucket_arn     = "arn:aws:s3:::lotus"
    deployers      = ["arn:aws:iam::123456789012:role/ci"]
  }
  assert {
    condition     = output.deploy_arn != null
    error_message = "nobody may deploy"
  }
}

run "cluster" {
  module { source = "./modules/cluster" }
  variables {
    region             = "us-east-2"
    image              = "image:1"
    execution_role_arn = "arn:aws:iam::123456789012:role/execution"
    log_groups         = { service = "/lotus/service" }
    secrets            = { PGPASSWORD = "arn:aws:secretsmanager:us-east-2:123456789012:secret:a:password::" }
    environment        = { LOTUS_STORE = "s3://lotus" }
    tasks              = { service = { cpu = 256, memory = 512, role_arn = "arn:aws:iam::123456789012:role/task", command = ["lotus"], port = 8000 } }
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["service"].container_definitions)[0].secrets[0].name == "PGPASSWORD"
    error_message = "the password is not injected"
  }
}

run "service_without_a_load_balancer" {
  module { source = "./modules/service" }
  variables {
    cluster_arn         = "arn:aws:ecs:us-east-2:123456789012:cluster/lotus"
    task_definition_arn = "arn:aws:ecs:us-east-2:123456789012:task-definition/lotus:1"
    container           = "service"
    port                = 8000
    service             = { count = 1, spot = true, pages = false }
    vpc_id              = "vpc-1"
    place               = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", public_address = true }
    load_balancer       = null
  }
  assert {
    condition     = length(aws_lb.this) == 0 && output.address == null
    error_message = "there is a load balancer that nobody asked for"
  }
  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "a bad image stays"
  }
}

run "schedules" {
  module { source = "./modules/schedules" }
  variables {
    role_arn            = "arn:aws:iam::123456789012:role/schedule"
    cluster_arn         = "arn:aws:ecs:us-east-2:123456789012:cluster/lotus"
    task_definition_arn = "arn:aws:ecs:us-east-2:123456789012:task-definition/lotus"
    container           = "campaign"
    place               = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", public_address = true }
    schedules           = { nightly = { schedule = "cron(0 3 * * ? *)", command = ["lotus", "batch", "run", "a.csv"] } }
  }
  assert {
    condition     = output.names == tolist(["lotus-test-nightly"])
    error_message = "a schedule is missing"
  }
}

run "observability" {
  module { source = "./modules/observability" }
  variables {
    log_days             = 7
    tasks                = ["service", "worker"]
    service              = "lotus-test-service"
    database             = "lotus-test"
    load_balancer        = true
    load_balancer_suffix = "app/lotus/1"
    email                = "lotus@example.com"
    max_connections      = 60
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.above)) == toset(["cpu", "memory", "database-cpu", "connections", "failed-rows", "errors"])
    error_message = "an alarm is missing"
  }
}

run "budget" {
  module { source = "./modules/budget" }
  variables {
    limit_usd = 30
    email     = "lotus@example.com"
  }
  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:environment$dev"])
    error_message = "the budget counts what others spend"
  }
}

run "state" {
  module { source = "./modules/state" }
  variables {
    bucket = "lotus-terraform-state"
  }
  assert {
    condition     = output.bucket == var.bucket
    error_message = "states are kept elsewhere"
  }
}
