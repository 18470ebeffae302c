resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_scheduler_schedule" "this" {
  # checkov:skip=CKV_AWS_297:it holds commands and names, no secret
  for_each                     = var.schedules
  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = each.value.schedule
  schedule_expression_timezone = "UTC"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = var.cluster_arn
    role_arn = var.role_arn
    input    = jsonencode({ containerOverrides = [{ name = var.container, command = each.value.command }] })
    ecs_parameters {
      task_definition_arn    = var.task_definition_arn
      launch_type            = "FARGATE"
      propagate_tags         = "TASK_DEFINITION"
      enable_execute_command = true # `lotus ops exec`
      network_configuration {
        subnets          = var.place.subnet_ids
        security_groups  = [var.place.security_group_id]
        assign_public_ip = var.place.public_address
      }
    }
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}
