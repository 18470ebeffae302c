# Roles of machines: ECS itself (execution), what lotus does (task), what a campaign's driver does (driver: it also
# starts and stops workers), who changes tables (owner), the clock (schedule). Those of people are in people.tf.
#
# A star as a resource stands only where the service knows no narrower one; tests/terraform holds the list.

locals {
  objects   = [for prefix in var.prefixes : "${var.bucket_arn}/${prefix}/*"]
  cluster   = "${var.ecs_arn}:cluster/${var.name}"
  families  = "${var.ecs_arn}:task-definition/${var.name}-*"
  account   = element(split(":", var.ecs_arn), 4)
  scheduler = replace(var.ecs_arn, ":ecs:", ":scheduler:")
  by_ecs    = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
  here      = { ArnEquals = { "ecs:cluster" = local.cluster } }

  trust_ecs = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:SourceArn" = "${var.ecs_arn}:*" } }
    }]
  })

  # Roles of the database as which tasks sign in by IAM: lotus/db/upkeep.py gives them their rights.
  sign_in = {
    for who, roles in { task = ["lotus_app", "lotus_pages", "lotus_reviews"], driver = ["lotus_app"], owner = ["lotus"] } : who => [{
      Sid      = "SignIn"
      Effect   = "Allow"
      Action   = ["rds-db:connect"]
      Resource = flatten([for role in roles : [for id in compact([var.database_id, who == "owner" ? null : var.proxy_id]) : "${replace(var.ecs_arn, ":ecs:", ":rds-db:")}:dbuser:${id}/${role}"]])
    }]
  }
  bytes = [
    {
      Sid      = "Objects"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      Resource = local.objects
    },
    {
      Sid      = "Bucket"
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation", "s3:GetLifecycleConfiguration"]
      Resource = [var.bucket_arn]
    },
  ]
  tag = { # tags given to a task as it is started, and none afterwards
    Sid       = "TagWhatIsStarted"
    Effect    = "Allow"
    Action    = ["ecs:TagResource"]
    Resource  = ["${var.ecs_arn}:task/${var.name}/*"]
    Condition = { StringEquals = { "ecs:CreateAction" = "RunTask" } }
  }
  shell = [{ # `lotus ops exec`: the agent in a task opens a channel; it has no resource to name
    Sid      = "Exec"
    Effect   = "Allow"
    Action   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
    Resource = ["*"]
  }]
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = local.trust_ecs
}

resource "aws_iam_role_policy" "execution" {
  name = "start-tasks"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Login"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid      = "Pull"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = [var.repository_arn]
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for arn in values(var.log_group_arns) : "${arn}:*"]
      },
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = var.secret_arns
      },
    ]
  })
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  assume_role_policy = local.trust_ecs
}

resource "aws_iam_role_policy" "task" {
  name   = "bytes"
  role   = aws_iam_role.task.name
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.bytes, local.shell, local.sign_in.task) })
}

resource "aws_iam_role" "owner" {
  name               = "${var.name}-owner"
  assume_role_policy = local.trust_ecs
}

resource "aws_iam_role_policy" "owner" {
  name   = "bytes-and-tables"
  role   = aws_iam_role.owner.name
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.bytes, local.shell, local.sign_in.owner) })
}

resource "aws_iam_role" "driver" {
  name               = "${var.name}-driver"
  assume_role_policy = local.trust_ecs
}

resource "aws_iam_role_policy" "driver" {
  name = "bytes-and-workers"
  role = aws_iam_role.driver.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.bytes, local.shell, local.sign_in.driver, [
      {
        Sid      = "Environment"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${var.bucket_arn}/aws.json"]
      },
      {
        Sid       = "StartWorkers"
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = [local.families]
        Condition = local.here
      },
      local.tag,
      {
        Sid       = "StopWorkers"
        Effect    = "Allow"
        Action    = ["ecs:StopTask", "ecs:DescribeTasks"]
        Resource  = ["${var.ecs_arn}:task/${var.name}/*"]
        Condition = local.here
      },
      {
        Sid       = "FindWorkers"
        Effect    = "Allow"
        Action    = ["ecs:ListTasks"]
        Resource  = ["${var.ecs_arn}:container-instance/${var.name}/*"]
        Condition = local.here
      },
      {
        Sid      = "Look"
        Effect   = "Allow"
        Action   = ["ecs:DescribeClusters"]
        Resource = [local.cluster]
      },
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
        Resource  = [aws_iam_role.task.arn, aws_iam_role.execution.arn]
        Condition = local.by_ecs
      },
    ])
  })
}

resource "aws_iam_role" "schedule" {
  name = "${var.name}-schedule"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:SourceArn" = "${local.scheduler}:schedule-group/${var.name}" } } # no other account's
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "run-tasks"
  role = aws_iam_role.schedule.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = ["${var.ecs_arn}:task-definition/${var.name}-campaign", "${var.ecs_arn}:task-definition/${var.name}-campaign:*"]
        Condition = local.here
      },
      {
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.driver.arn, aws_iam_role.execution.arn]
        Condition = local.by_ecs
      },
      local.tag,
    ]
  })
}
