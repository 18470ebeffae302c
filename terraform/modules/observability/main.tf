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
    name          = "FailedRows"
    namespace     = var.name
    value         = "1"
    default_value = "0"
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
  always = {
    cpu          = { namespace = "AWS/ECS", metric = "CPUUtilization", of = local.of_service, above = 90, what = "The service's processors are pinned" }
    memory       = { namespace = "AWS/ECS", metric = "MemoryUtilization", of = local.of_service, above = 85, what = "The service's memory is nearly full" }
    database-cpu = { namespace = "AWS/RDS", metric = "CPUUtilization", of = local.of_database, above = 90, what = "The database's processors are pinned" }
    connections  = { namespace = "AWS/RDS", metric = "DatabaseConnections", of = local.of_database, above = var.max_connections, what = "The database has few connections left" }
    failed-rows  = { namespace = var.name, metric = "FailedRows", of = {}, above = 5, what = "Rows of campaigns fail" }
  }
  with_load_balancer = var.load_balancer ? {
    errors = { namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", of = { LoadBalancer = var.load_balancer_suffix }, above = 10, what = "The service answers with errors" }
  } : {}
}

resource "aws_cloudwatch_metric_alarm" "above" {
  for_each            = merge(local.always, local.with_load_balancer)
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.what}: `lotus doctor --aws`"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = contains(["FailedRows", "HTTPCode_Target_5XX_Count"], each.value.metric) ? "Sum" : "Average"
  period              = 300
  evaluation_periods  = 3
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
