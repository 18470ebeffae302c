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
  assert {
    condition     = aws_ssm_parameter.image.name == "/lotus-test/image" && endswith(output.image, ":none")
    error_message = "lotus ops deploy writes the image elsewhere"
  }
  assert {
    condition     = !strcontains(aws_ecr_lifecycle_policy.this.policy, "imageCountMoreThan")
    error_message = "an image that a revision names may expire"
  }
}

run "build" {
  module { source = "./modules/build" }
  variables {
    region         = "us-east-2"
    project_arn    = "arn:aws:codebuild:us-east-2:123456789012:project/lotus-test-build"
    image          = "123456789012.dkr.ecr.us-east-2.amazonaws.com/lotus"
    repository_arn = "arn:aws:ecr:us-east-2:123456789012:repository/lotus"
    bucket         = "lotus"
    bucket_arn     = "arn:aws:s3:::lotus"
    architecture   = "ARM64"
    log_days       = 7
  }
  assert {
    condition     = aws_codebuild_project.this.name == "lotus-test-build" && one(aws_codebuild_project.this.environment).type == "ARM_CONTAINER"
    error_message = "lotus ops build starts another project, or one for another processor"
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
    at_once           = false
    rds_arn           = "arn:aws:rds:us-east-2:123456789012"
    roles             = ["lotus_app"]
  }
  assert {
    condition     = length(aws_db_proxy.this) == 0 && output.proxy == null && output.proxy_id == null && startswith(output.address, aws_db_instance.this.address)
    error_message = "there is a proxy that nobody asked for"
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

run "database_behind_a_proxy" {
  module { source = "./modules/database" }
  variables {
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-1"
    server            = { class = "db.t4g.small", storage_gb = 20, max_storage_gb = 50, multi_az = false, backup_days = 7, deletion_protection = true, proxy = true }
    log_days          = 7
    at_once           = false
    rds_arn           = "arn:aws:rds:us-east-2:123456789012"
    roles             = ["lotus_app", "lotus_pages"]
  }
  assert {
    condition     = aws_db_proxy.this[0].default_auth_scheme == "IAM_AUTH" && aws_db_proxy.this[0].require_tls && length(aws_db_proxy.this[0].auth) == 0
    error_message = "somebody has a password, or comes without TLS"
  }
  assert {
    condition     = output.proxy_id == "prx-1" && output.address == "lotus.proxy-abc.us-east-2.rds.amazonaws.com:5432/lotus" && strcontains(output.url, aws_db_instance.this.address)
    error_message = "tasks go round the proxy, or the owner does not"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.proxy[0].policy).Statement[0].Resource == ["arn:aws:rds-db:us-east-2:123456789012:dbuser:db-ABC/lotus_app", "arn:aws:rds-db:us-east-2:123456789012:dbuser:db-ABC/lotus_pages"]
    error_message = "the proxy signs in as others than tasks"
  }
}

run "secrets" {
  module { source = "./modules/secrets" }
  variables {
    settings = ["LOTUS_SMTP_URL", "LOTUS_NOTIFY_SECRET"]
  }
  assert {
    condition     = aws_secretsmanager_secret.setting["LOTUS_SMTP_URL"].name == "lotus-test/LOTUS_SMTP_URL" && length(output.setting_arns) == 2
    error_message = "a secret setting has no place"
  }
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
    own_secrets    = ["arn:aws:secretsmanager:us-east-2:123456789012:secret:a"]
    parameter_arn  = "arn:aws:ssm:us-east-2:123456789012:parameter/lotus-test/image"
    build_arn      = "arn:aws:codebuild:us-east-2:123456789012:project/lotus-test-build"
    database_id    = "db-ABC"
    state_bucket   = "lotus-terraform-state"
    deployers      = ["arn:aws:iam::123456789012:role/ci"]
    operators      = []
    readers        = ["arn:aws:iam::123456789012:role/looks"]
  }
  assert {
    condition     = output.deploy_arn != null && output.operator_arn == null && output.reader_arn != null
    error_message = "a role is there for nobody, or is not there for somebody"
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
    log_group           = "/lotus-test/service"
  }
  assert {
    condition     = length(aws_appautoscaling_target.this) == 0 && length(aws_cloudwatch_metric_alarm.idle) == 0
    error_message = "it grows and shrinks, though nobody asked for it"
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

run "service_that_grows_with_its_queue" {
  module { source = "./modules/service" }
  variables {
    cluster_arn         = "arn:aws:ecs:us-east-2:123456789012:cluster/lotus"
    task_definition_arn = "arn:aws:ecs:us-east-2:123456789012:task-definition/lotus:1"
    container           = "service"
    port                = 8000
    service             = { count = 1, spot = true, pages = false, most = 4 }
    vpc_id              = "vpc-1"
    place               = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", public_address = true }
    load_balancer       = null
    log_group           = "/lotus-test/service"
  }
  assert {
    condition     = aws_appautoscaling_target.this[0].resource_id == "service/lotus/lotus-test-service" && aws_appautoscaling_target.this[0].min_capacity == 1 && aws_appautoscaling_target.this[0].max_capacity == 4
    error_message = "another service grows, or without an end"
  }
  assert {
    condition     = { for name, one in aws_cloudwatch_log_metric_filter.queue : one.metric_transformation[0].name => one.metric_transformation[0].value } == { JobsWaiting = "$.waiting", JobsUnfinished = "$.unfinished" }
    error_message = "the service writes something else"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.waiting[0].treat_missing_data == "notBreaching" && aws_cloudwatch_metric_alarm.idle[0].treat_missing_data == "breaching"
    error_message = "no line means that there is no work"
  }
}

run "service_with_a_load_balancer" {
  module { source = "./modules/service" }
  variables {
    cluster_arn         = "arn:aws:ecs:us-east-2:123456789012:cluster/lotus"
    task_definition_arn = "arn:aws:ecs:us-east-2:123456789012:task-definition/lotus:1"
    container           = "service"
    port                = 8000
    service             = { count = 2, spot = false, pages = true }
    vpc_id              = "vpc-1"
    place               = { subnet_ids = ["subnet-1"], security_group_id = "sg-1", public_address = false }
    load_balancer       = { certificate_arn = "arn:aws:acm:us-east-2:123456789012:certificate/1", subnet_ids = ["subnet-2", "subnet-3"], security_group_id = "sg-2", deletion_protection = true }
    domain              = { name = "lotus.example.com", zone_id = "Z1" }
    sign_in             = { issuer = "https://id.example.com", authorization_endpoint = "https://id.example.com/a", token_endpoint = "https://id.example.com/t", user_info_endpoint = "https://id.example.com/u", client_id = "lotus" }
    sign_in_secret      = "secret"
    firewall            = true
    log_group           = "/lotus-test/service"
  }
  assert {
    condition     = output.load_balancer_arn == aws_lb.this[0].arn
    error_message = "the pages would believe another signature"
  }
  assert {
    condition     = one(aws_lb_listener.http[0].default_action).redirect[0].protocol == "HTTPS"
    error_message = "plain HTTP is answered"
  }
  assert {
    condition     = aws_lb_listener_rule.sign_in[0].action[0].type == "authenticate-oidc" && length(aws_wafv2_web_acl_association.this) == 1
    error_message = "nobody has to sign in, or no firewall stands there"
  }
  assert {
    condition     = output.address == "lotus.example.com"
    error_message = "people are sent to another name"
  }
}

run "domain" {
  module { source = "./modules/domain" }
  variables {
    domain  = "lotus.example.com"
    zone_id = "Z1"
  }
  assert {
    condition     = aws_acm_certificate.this.validation_method == "DNS"
    error_message = "somebody must answer a mail each year"
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
    target_group_suffix  = "targetgroup/lotus/1"
    email                = "lotus@example.com"
    max_connections      = 60
    schedule_group       = "lotus-test"
    tasks_at_least       = 2
    full                 = true
    account_id           = "123456789012"
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.above)) == toset(["cpu", "memory", "database-cpu", "connections", "failed-rows", "errors", "elb-errors", "schedules"])
    error_message = "an alarm is missing"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.running[0].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.running[0].threshold == 2 && aws_cloudwatch_metric_alarm.healthy[0].treat_missing_data == "breaching"
    error_message = "a total outage rings nowhere"
  }
  assert {
    condition     = strcontains(aws_cloudwatch_event_rule.ecs.event_pattern, "SERVICE_DEPLOYMENT_FAILED") && contains(aws_db_event_subscription.this.event_categories, "failure")
    error_message = "nobody is told of a failed deployment or database"
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
