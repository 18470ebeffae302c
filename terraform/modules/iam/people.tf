# Roles of people, each for those whose ARNs are given: deploy (images and migrations), operator (all of `lotus ops`),
# reader (what changes nothing). A test holds them against what the commands call.

locals {
  logs     = [for arn in values(var.log_group_arns) : "${arn}:*"]
  service  = "${var.ecs_arn}:service/${var.name}/*"
  task     = "${var.ecs_arn}:task/${var.name}/*"
  database = replace(var.ecs_arn, ":ecs:", ":rds:")

  deploy = [
    {
      Sid      = "Login"
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = ["*"]
    },
    {
      Sid    = "Push"
      Effect = "Allow"
      Action = [
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:ListImages",
        "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
      ]
      Resource = [var.repository_arn]
    },
    {
      Sid      = "Describe" # these name a family and a number, which ECS ties to no resource
      Effect   = "Allow"
      Action   = ["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "ecs:DeregisterTaskDefinition"]
      Resource = ["*"]
    },
    {
      Sid      = "Define"
      Effect   = "Allow"
      Action   = ["ecs:RegisterTaskDefinition"]
      Resource = ["${local.families}:*"]
    },
    {
      Sid       = "Deploy"
      Effect    = "Allow"
      Action    = ["ecs:UpdateService", "ecs:DescribeServices"]
      Resource  = ["${var.ecs_arn}:service/${var.name}/*"]
      Condition = local.here
    },
    {
      Sid       = "Migrate"
      Effect    = "Allow"
      Action    = ["ecs:RunTask", "ecs:DescribeTasks"]
      Resource  = ["${local.families}:*", "${var.ecs_arn}:task/${var.name}/*"]
      Condition = local.here
    },
    local.tag,
    {
      Sid      = "WriteDown"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${var.log_group_arns["operations"]}:*"]
    },
    {
      Sid       = "LendRoles"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = [aws_iam_role.task.arn, aws_iam_role.owner.arn, aws_iam_role.driver.arn, aws_iam_role.execution.arn]
      Condition = local.by_ecs
    },
    {
      Sid       = "TagWhatIsDefined" # by which the budget knows whose task it is
      Effect    = "Allow"
      Action    = ["ecs:TagResource"]
      Resource  = ["${local.families}:*"]
      Condition = { StringEquals = { "ecs:CreateAction" = "RegisterTaskDefinition" } }
    },
    {
      Sid      = "WhichImageRuns"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:PutParameter"]
      Resource = [var.parameter_arn]
    },
    {
      Sid      = "Build"
      Effect   = "Allow"
      Action   = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
      Resource = [var.build_arn]
    },
    {
      Sid      = "Source"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = ["${var.bucket_arn}/temp/source/*"]
    },
    {
      Sid      = "ReadLogs" # what a migration said
      Effect   = "Allow"
      Action   = ["logs:GetLogEvents", "logs:FilterLogEvents"]
      Resource = [for arn in values(var.log_group_arns) : "${arn}:*"]
    },
  ]

  look = [
    {
      Sid    = "Describe" # these know no narrower resource
      Effect = "Allow"
      Action = [
        "acm:ListCertificates", "ce:GetAnomalies", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricStatistics",
        "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions",
        "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth", "logs:DescribeLogGroups",
        "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:DescribeEvents", "servicequotas:GetServiceQuota",
      ]
      Resource = ["*"]
    },
    {
      Sid      = "Proxy" # their ARNs have ids, not names
      Effect   = "Allow"
      Action   = ["rds:DescribeDBProxies", "rds:DescribeDBProxyTargets"]
      Resource = ["${local.database}:db-proxy:*", "${local.database}:target-group:*"]
    },
    {
      Sid      = "Cluster"
      Effect   = "Allow"
      Action   = ["ecs:DescribeClusters"]
      Resource = [local.cluster]
    },
    {
      Sid       = "Service"
      Effect    = "Allow"
      Action    = ["ecs:DescribeServices", "ecs:DescribeTasks"]
      Resource  = [local.service, local.task]
      Condition = local.here
    },
    {
      Sid       = "Tasks"
      Effect    = "Allow"
      Action    = ["ecs:ListTasks"]
      Resource  = ["${var.ecs_arn}:container-instance/${var.name}/*"]
      Condition = local.here
    },
    {
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:FilterLogEvents", "logs:GetLogEvents"]
      Resource = concat(local.logs, ["${replace(var.ecs_arn, ":ecs:", ":logs:")}:log-group:/aws/rds/instance/${var.name}/postgresql:*"])
    },
    {
      Sid      = "Images"
      Effect   = "Allow"
      Action   = ["ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetRepositoryPolicy", "ecr:ListImages"]
      Resource = [var.repository_arn]
    },
    {
      Sid      = "ImageThatRuns"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = [var.parameter_arn]
    },
    {
      Sid      = "Secrets" # whether they are there; never their values
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"]
      Resource = var.secret_arns
    },
    {
      Sid    = "Bucket"
      Effect = "Allow"
      Action = [
        "s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration", "s3:ListBucket",
      ]
      Resource = [var.bucket_arn]
    },
    {
      Sid      = "Outputs"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${var.bucket_arn}/aws.json"]
    },
    {
      Sid    = "Roles"
      Effect = "Allow"
      Action = [
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
      ]
      Resource = [aws_iam_role.execution.arn, aws_iam_role.task.arn, aws_iam_role.owner.arn, aws_iam_role.driver.arn, aws_iam_role.schedule.arn]
    },
    {
      Sid      = "RoleOfEcs" # by which ECS acts for this account
      Effect   = "Allow"
      Action   = ["iam:GetRole"]
      Resource = ["arn:aws:iam::${local.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"]
    },
    {
      Sid      = "Schedules"
      Effect   = "Allow"
      Action   = ["scheduler:GetSchedule", "scheduler:ListSchedules"]
      Resource = ["${local.scheduler}:schedule/${var.name}/*", "${local.scheduler}:schedule/*/*"]
    },
    {
      Sid      = "Budget"
      Effect   = "Allow"
      Action   = ["budgets:ViewBudget"]
      Resource = ["arn:aws:budgets::${local.account}:budget/${var.name}"]
    },
  ]

  # What `terraform plan` reads, so that a scheduled comparison (.github/workflows/drift.yml) needs no right to change:
  # the state, and of each kind of resource here what the provider asks. A test holds it against the kinds in use.
  plan = [
    {
      Sid      = "State"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:ListBucket"]
      Resource = ["arn:aws:s3:::${var.state_bucket}", "arn:aws:s3:::${var.state_bucket}/*.tfstate"]
    },
    {
      Sid    = "RefreshOwn"
      Effect = "Allow"
      Action = [
        "codebuild:BatchGetProjects", "ecr:GetLifecyclePolicy", "ecr:ListTagsForResource", "ecs:ListTagsForResource",
        "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule", "iam:ListInstanceProfilesForRole",
        "logs:ListTagsForResource", "rds:DescribeEventSubscriptions", "rds:ListTagsForResource", "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
        "s3:GetBucketWebsite", "s3:GetObjectTagging", "s3:GetReplicationConfiguration",
        "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource", "secretsmanager:GetResourcePolicy",
        "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource", "ssm:ListTagsForResource",
      ]
      Resource = [
        var.bucket_arn, "${var.bucket_arn}/aws.json", var.build_arn, var.repository_arn, var.parameter_arn,
        "${var.ecs_arn}:*/${var.name}*", "${local.database}:*:${var.name}*", "${replace(var.ecs_arn, ":ecs:", ":events:")}:rule/${var.name}*",
        "${replace(var.ecs_arn, ":ecs:", ":logs:")}:log-group:/*${var.name}*", "${replace(var.ecs_arn, ":ecs:", ":sns:")}:${var.name}*",
        "${local.scheduler}:schedule-group/${var.name}", "${replace(var.ecs_arn, ":ecs:", ":secretsmanager:")}:secret:*",
        "arn:aws:iam::${local.account}:role/${var.name}-*",
      ]
    },
    {
      Sid    = "Refresh" # these know no narrower resource, or read what no name of ours begins
      Effect = "Allow"
      Action = [
        "acm:DescribeCertificate", "acm:ListTagsForCertificate", "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies", "application-autoscaling:ListTagsForResource", "budgets:ListTagsForResource", "ce:GetAnomalyMonitors",
        "ce:GetAnomalySubscriptions", "ce:ListTagsForResource", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
        "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute", "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInternetGateways", "ec2:DescribeNatGateways", "ec2:DescribePrefixLists", "ec2:DescribeSecurityGroupRules",
        "ec2:DescribeVpcs", "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroupAttributes", "logs:DescribeMetricFilters", "rds:DescribeDBParameterGroups",
        "rds:DescribeDBParameters", "rds:DescribeDBProxyTargetGroups", "rds:DescribeDBSubnetGroups", "route53:GetHostedZone", "route53:ListResourceRecordSets",
        "ssm:DescribeParameters", "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource",
      ]
      Resource = ["*"]
    },
  ]

  operate = [
    {
      Sid       = "Stop"
      Effect    = "Allow"
      Action    = ["ecs:StopTask", "ecs:ExecuteCommand"]
      Resource  = [local.task, local.cluster]
      Condition = local.here
    },
    {
      Sid      = "Forward" # `lotus ops open`
      Effect   = "Allow"
      Action   = ["ssm:StartSession"]
      Resource = [local.task, "${replace(var.ecs_arn, ":ecs:", ":ssm:")}:document/AWS-StartPortForwardingSession", "arn:aws:ssm:*::document/AWS-StartPortForwardingSession"]
    },
    {
      Sid       = "Suspend" # `lotus ops pause`, of the scaling by queue; the ARN has an id
      Effect    = "Allow"
      Action    = ["application-autoscaling:RegisterScalableTarget"]
      Resource  = ["${replace(var.ecs_arn, ":ecs:", ":application-autoscaling:")}:scalable-target/*"]
      Condition = { StringEquals = { "application-autoscaling:service-namespace" = "ecs" } }
    },
    {
      Sid      = "Schedules"
      Effect   = "Allow"
      Action   = ["scheduler:UpdateSchedule"]
      Resource = ["${local.scheduler}:schedule/${var.name}/*"]
    },
    {
      Sid       = "LendToSchedules"
      Effect    = "Allow"
      Action    = ["iam:PassRole"]
      Resource  = [aws_iam_role.schedule.arn]
      Condition = { StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" } }
    },
    {
      Sid      = "RemoveImages"
      Effect   = "Allow"
      Action   = ["ecr:BatchDeleteImage"]
      Resource = [var.repository_arn]
    },
    {
      Sid      = "Backup"
      Effect   = "Allow"
      Action   = ["rds:CreateDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime", "rds:StartDBInstance", "rds:StopDBInstance", "rds:RebootDBInstance"]
      Resource = ["${local.database}:db:${var.name}", "${local.database}:db:${var.name}-*", "${local.database}:snapshot:${var.name}-*", "${local.database}:subgrp:${var.name}", "${local.database}:pg:*"]
    },
    {
      Sid      = "EndRehearsals" # of what `lotus ops drill` made, and nothing else
      Effect   = "Allow"
      Action   = ["rds:DeleteDBInstance"]
      Resource = ["${local.database}:db:${var.name}-drill"]
    },
    {
      Sid      = "SetSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:PutSecretValue", "secretsmanager:RestoreSecret"]
      Resource = var.own_secrets
    },
  ]

  people = {
    deploy   = { who = var.deployers, may = { deploy = local.deploy } }
    operator = { who = var.operators, may = { look = local.look, deploy = local.deploy, operate = local.operate } }
    reader   = { who = var.readers, may = { look = local.look, plan = local.plan } }
  }
  grants = merge([for name, one in local.people : { for what, statements in one.may : "${name}-${what}" => { role = name, name = what, statements = statements } if length(one.who) > 0 }]...)
}

resource "aws_iam_role" "people" {
  for_each = { for name, one in local.people : name => one if length(one.who) > 0 }
  name     = "${var.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = each.value.who }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "people" {
  for_each = local.grants
  name     = each.value.name
  role     = aws_iam_role.people[each.value.role].name
  policy   = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}
