resource "aws_ecs_cluster" "this" {
  # checkov:skip=CKV_AWS_65:paid by the metric; ECS gives CPU and memory of services for nothing, which the alarms watch
  name = var.name
  setting {
    name  = "containerInsights"
    value = "disabled" # paid by the metric; ECS gives CPU and memory of services for nothing
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }
}

locals {
  alive = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=4)" # the image has no curl
}

resource "aws_ecs_task_definition" "this" {
  for_each                 = var.tasks
  family                   = "${var.name}-${each.key}"
  skip_destroy             = true # a revision that tasks still run, or that one returns to, is no rubbish
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = each.value.role_arn
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }
  ephemeral_storage {
    size_in_gib = each.value.disk_gb
  }
  # checkov:skip=CKV_AWS_336:ECS Exec (lotus ops exec, open) needs a root that its agent can write to; lotus/docs/how-to/aws.md says more
  container_definitions = jsonencode([merge(
    {
      name            = each.key
      image           = var.image
      essential       = true
      command         = each.value.command
      cpu             = each.value.cpu
      memory          = each.value.memory
      stopTimeout     = each.value.stop_seconds
      linuxParameters = { initProcessEnabled = true } # children that end are reaped; signals reach lotus
      environment     = [for name, value in merge(var.environment, each.value.environment) : { name = name, value = value }]
      secrets         = [for name, value in merge(var.secrets, each.value.secrets) : { name = name, valueFrom = value }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group"         = var.log_groups[each.key]
          "awslogs-region"        = var.region
          "awslogs-stream-prefix" = each.key
          "mode"                  = "non-blocking" # a slow log stops no render
        }
      }
    },
    { for name, value in {
      portMappings = [{ containerPort = each.value.port, protocol = "tcp" }]
      healthCheck = {
        command     = ["CMD", "python", "-c", local.alive, "http://127.0.0.1:${coalesce(each.value.port, 0)}/health/live"]
        interval    = 30
        timeout     = 5
        retries     = 3
        startPeriod = 60
      }
    } : name => value if each.value.port != null },
  )])
}
