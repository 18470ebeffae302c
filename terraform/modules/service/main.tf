locals {
  load_balancers = var.load_balancer == null ? 0 : 1
}

resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_91:the service logs each request itself, with its job
  # checkov:skip=CKV2_AWS_76:the firewall has AWS's rules against Log4j (KnownBadInputs), in rule_json, which checkov does not read
  # checkov:skip=CKV2_AWS_28:a firewall costs 5 USD a month and each request; every call needs a token, and allowed_cidrs closes the door further
  count                      = local.load_balancers
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false # the one thing that the internet reaches
  subnets                    = var.load_balancer.subnet_ids
  security_groups            = [var.load_balancer.security_group_id]
  idle_timeout               = 300 # seconds; above the service's heartbeat, so that live progress stays connected
  drop_invalid_header_fields = true
  enable_deletion_protection = var.load_balancer.deletion_protection
}

resource "aws_lb_target_group" "this" {
  count                = local.load_balancers
  name                 = var.name
  vpc_id               = var.vpc_id
  target_type          = "ip"
  port                 = var.port
  protocol             = "HTTP"
  deregistration_delay = 110 # seconds; less than a task has to end
  stickiness {
    type            = "lb_cookie"
    enabled         = var.service.pages # a viewer's kernel lives in one task
    cookie_duration = 86400             # seconds
  }
  health_check {
    path                = "/health/ready"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  count             = local.load_balancers
  load_balancer_arn = aws_lb.this[0].arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.load_balancer.certificate_arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

# Whoever types the name without https is led there.
resource "aws_lb_listener" "http" {
  # checkov:skip=CKV_AWS_2:it only leads to HTTPS
  # checkov:skip=CKV_AWS_103:it only leads to HTTPS, whose listener has TLS 1.2 and above
  count             = local.load_balancers
  load_balancer_arn = aws_lb.this[0].arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

# The pages are for people, who sign in with their own account; the API is for programs, which have tokens.
resource "aws_lb_listener_rule" "sign_in" {
  count        = local.load_balancers == 1 && var.sign_in != null ? 1 : 0
  listener_arn = aws_lb_listener.https[0].arn
  priority     = 10
  condition {
    path_pattern {
      values = ["/dashboards", "/dashboards/*"]
    }
  }
  action {
    type  = "authenticate-oidc"
    order = 1
    authenticate_oidc {
      issuer                     = var.sign_in.issuer
      authorization_endpoint     = var.sign_in.authorization_endpoint
      token_endpoint             = var.sign_in.token_endpoint
      user_info_endpoint         = var.sign_in.user_info_endpoint
      client_id                  = var.sign_in.client_id
      client_secret              = var.sign_in_secret
      scope                      = "openid email"
      on_unauthenticated_request = "authenticate"
    }
  }
  action {
    type             = "forward"
    order            = 2
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_wafv2_web_acl" "this" {
  # checkov:skip=CKV2_AWS_31:paid by the request; what it blocks is in its metrics
  count = local.load_balancers == 1 && var.firewall ? 1 : 0
  name  = var.name
  scope = "REGIONAL"
  default_action {
    allow {}
  }
  rule_json = jsonencode([for index, group in ["AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAmazonIpReputationList"] : {
    Name             = group
    Priority         = index
    OverrideAction   = { None = {} }
    Statement        = { ManagedRuleGroupStatement = { VendorName = "AWS", Name = group } }
    VisibilityConfig = { CloudWatchMetricsEnabled = true, MetricName = group, SampledRequestsEnabled = true }
  }])
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count        = length(aws_wafv2_web_acl.this)
  resource_arn = aws_lb.this[0].arn
  web_acl_arn  = aws_wafv2_web_acl.this[0].arn
}

resource "aws_route53_record" "this" {
  count   = local.load_balancers == 1 && var.domain != null ? 1 : 0
  zone_id = var.domain.zone_id
  name    = var.domain.name
  type    = "A"
  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = true
  }
}

resource "aws_ecs_service" "this" {
  name                              = "${var.name}-service"
  cluster                           = var.cluster_arn
  task_definition                   = var.task_definition_arn
  desired_count                     = var.service.count
  enable_execute_command            = true
  enable_ecs_managed_tags           = true
  propagate_tags                    = "SERVICE"
  health_check_grace_period_seconds = var.load_balancer == null ? null : 120

  capacity_provider_strategy {
    capacity_provider = var.service.spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }
  # The new tasks answer before the old ones go; if they never do, ECS returns to what ran before.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = var.place.subnet_ids
    security_groups  = [var.place.security_group_id]
    assign_public_ip = var.place.public_address
  }
  dynamic "load_balancer" {
    for_each = aws_lb_target_group.this
    content {
      target_group_arn = load_balancer.value.arn
      container_name   = var.container
      container_port   = var.port
    }
  }
  lifecycle {
    ignore_changes = [desired_count, task_definition] # these are `lotus ops`'s
  }
  depends_on = [aws_lb_listener.https]
}

# As many tasks as there is work for, if service.most says so. While jobs wait or run, each task writes once a minute how many
# (lotus/server/service.py). One more task after two minutes in which jobs wait, two if ten do; one less after a quarter of an
# hour in which none waits or runs, so that no task ends in the middle of a job. `lotus ops pause` suspends this.
locals {
  scaling = var.service.most == null ? 0 : 1
  queue   = { waiting = "JobsWaiting", unfinished = "JobsUnfinished" }
}

resource "aws_cloudwatch_log_metric_filter" "queue" {
  for_each       = local.scaling == 1 ? local.queue : {}
  name           = "${var.name}-${each.key}"
  log_group_name = var.log_group
  pattern        = "{ $.event = \"queue_length\" }"
  metric_transformation {
    name      = each.value
    namespace = var.name
    value     = "$.${each.key}"
  }
}

resource "aws_appautoscaling_target" "this" {
  count              = local.scaling
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${element(split("/", var.cluster_arn), 1)}/${aws_ecs_service.this.name}"
  min_capacity       = var.service.count
  max_capacity       = var.service.most
  lifecycle {
    ignore_changes = [suspended_state] # `lotus ops pause` and `resume`
  }
}

resource "aws_appautoscaling_policy" "more" {
  count              = local.scaling
  name               = "${var.name}-more"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 180 # seconds; a task begins to work within two minutes
    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 10
      scaling_adjustment          = 1
    }
    step_adjustment {
      metric_interval_lower_bound = 10
      scaling_adjustment          = 2
    }
  }
}

resource "aws_appautoscaling_policy" "fewer" {
  count              = local.scaling
  name               = "${var.name}-fewer"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 300
    step_adjustment {
      metric_interval_upper_bound = 0
      scaling_adjustment          = -1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "waiting" {
  count               = local.scaling
  alarm_name          = "${var.name}-scaling-more" # no fault: it starts a task
  namespace           = var.name
  metric_name         = local.queue.waiting
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_appautoscaling_policy.more[0].arn]
}

resource "aws_cloudwatch_metric_alarm" "idle" {
  count               = local.scaling
  alarm_name          = "${var.name}-scaling-fewer" # no fault: it ends a task that has nothing to do
  namespace           = var.name
  metric_name         = local.queue.unfinished
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 15
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching" # nothing is written while there is no work
  alarm_actions       = [aws_appautoscaling_policy.fewer[0].arn]
}
