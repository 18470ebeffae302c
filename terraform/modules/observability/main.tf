resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158:a key of one's own costs 1 USD a month and each use of it; AWS's own key encrypts as well
  for_each          = setunion(var.tasks, ["operations"])
  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_days
}

resource "aws_cloudwatch_log_metric_filter" "failed_rows" {
  name           = "${var.name}-failed-rows"
  log_group_name = aws_cloudwatch_log_group.this["worker"].name
  pattern        = "\"row failed\""
  metric_transformation {
    name      = "FailedRows"
    namespace = var.name
    value     = "1"
  }
}

resource "aws_sns_topic" "alarms" {
  # checkov:skip=CKV_AWS_26:alarms cannot publish to a topic under alias/aws/sns, and a key of one's own costs 1 USD a month; names of alarms are no secret
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.email
}

locals {
  of_service  = { ClusterName = var.name, ServiceName = var.service }
  of_database = { DBInstanceIdentifier = var.database }
  of_balancer = { LoadBalancer = var.load_balancer_suffix }
  of_targets  = { LoadBalancer = var.load_balancer_suffix, TargetGroup = var.target_group_suffix }
  of_clock    = { ScheduleGroup = var.schedule_group }

  # Each costs 0.10 USD a month: dev has those that tell of something that a person must do.
  always = {
    memory      = { namespace = "AWS/ECS", metric = "MemoryUtilization", of = local.of_service, above = 85, what = "The service's memory is nearly full" }
    connections = { namespace = "AWS/RDS", metric = "DatabaseConnections", of = local.of_database, above = var.max_connections, statistic = "Maximum", what = "The database has few connections left" }
    schedules   = { namespace = "AWS/Scheduler", metric = "InvocationDroppedCount", of = local.of_clock, above = 0, statistic = "Sum", periods = 1, what = "A schedule could not start its task" }
  }
  in_full = { for name, one in {
    cpu          = { namespace = "AWS/ECS", metric = "CPUUtilization", of = local.of_service, above = 90, what = "The service's processors are pinned" }
    database-cpu = { namespace = "AWS/RDS", metric = "CPUUtilization", of = local.of_database, above = 90, what = "The database's processors are pinned" }
    failed-rows  = { namespace = var.name, metric = "FailedRows", of = {}, above = 5, statistic = "Sum", what = "Rows of campaigns fail" }
  } : name => one if var.full }
  with_load_balancer = { for name, one in {
    errors     = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", of = local.of_balancer, above = 10, statistic = "Sum", what = "The service answers with errors" }
    elb-errors = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", of = local.of_balancer, above = 10, statistic = "Sum", periods = 1, what = "The load balancer has nobody who answers" }
  } : name => one if var.load_balancer }
}

resource "aws_cloudwatch_metric_alarm" "above" {
  for_each            = merge(local.always, local.in_full, local.with_load_balancer)
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.what}: `lotus doctor --aws`"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = try(each.value.statistic, "Average")
  period              = 300
  evaluation_periods  = try(each.value.periods, 3)
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching" # nothing runs: nothing is wrong
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "storage" {
  alarm_name          = "${var.name}-storage"
  alarm_description   = "The database's disk is nearly full: `lotus doctor --aws`"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = local.of_database
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 2147483648 # 2 GiB
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# A total outage. ECS measures each running task once a minute, for nothing: how many samples there are is how many
# tasks run, and none at all is the worst. Where no task must run (dev), nobody is woken.
resource "aws_cloudwatch_metric_alarm" "running" {
  count               = var.tasks_at_least > 0 ? 1 : 0
  alarm_name          = "${var.name}-running"
  alarm_description   = "Fewer tasks of the service run than should: `lotus doctor --aws`"
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  dimensions          = local.of_service
  statistic           = "SampleCount"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = var.tasks_at_least
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "healthy" {
  count               = var.load_balancer ? 1 : 0
  alarm_name          = "${var.name}-healthy"
  alarm_description   = "The load balancer finds no task that is well: `lotus doctor --aws`"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = local.of_targets
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Events cost nothing: deployments that fail, tasks that do not start, and what happens to the database.
resource "aws_cloudwatch_event_rule" "ecs" {
  name        = "${var.name}-ecs"
  description = "Deployments that fail and tasks that do not start"
  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change", "ECS Service Action"]
    resources   = [{ suffix = "service/${var.name}/${var.service}" }]
    detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED", "SERVICE_TASK_START_IMPAIRED", "SERVICE_TASK_PLACEMENT_FAILURE"] }
  })
}

resource "aws_cloudwatch_event_target" "ecs" {
  rule      = aws_cloudwatch_event_rule.ecs.name
  target_id = "mail"
  arn       = aws_sns_topic.alarms.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsAndEvents"
      Effect    = "Allow"
      Principal = { Service = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "rds.amazonaws.com", "events.rds.amazonaws.com"] }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_db_event_subscription" "this" {
  name             = var.name
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-instance"
  source_ids       = [var.database]
  event_categories = ["availability", "failover", "failure", "low storage", "recovery", "restoration"]
}

data "aws_region" "here" {}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for index, panel in [
      { title = "The service", metrics = [for name in ["CPUUtilization", "MemoryUtilization"] : ["AWS/ECS", name, "ClusterName", var.name, "ServiceName", var.service]] },
      { title = "The database", metrics = [for name in ["CPUUtilization", "DatabaseConnections", "FreeStorageSpace"] : ["AWS/RDS", name, "DBInstanceIdentifier", var.database]] },
      { title = "Rows that failed", metrics = [[var.name, "FailedRows"]] },
      ] : {
      type       = "metric"
      x          = 8 * index
      y          = 0
      width      = 8
      height     = 6
      properties = merge(panel, { region = data.aws_region.here.region, period = 300 })
    }]
  })
}
