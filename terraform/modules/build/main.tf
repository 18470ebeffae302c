# Builds the image in the account, from a zip file that `lotus ops build` uploads: nobody needs Docker on a laptop.
# It is paid by the minute while it builds (about three cents an image), and nothing else.

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158:a key of one's own costs 1 USD a month and each use of it; AWS's own key encrypts as well
  # checkov:skip=CKV_AWS_338:the log of a build is read when it fails; how long all logs are kept is log_days
  name              = "/${var.name}/build"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "this" {
  name = "${var.name}-build"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "codebuild.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:SourceArn" = var.project_arn } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "build-and-push"
  role = aws_iam_role.this.name
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
        Sid    = "Push"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
          "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = [var.repository_arn]
      },
      {
        Sid      = "Source"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = ["${var.bucket_arn}/temp/source/*"]
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
      },
    ]
  })
}

resource "aws_codebuild_project" "this" {
  # checkov:skip=CKV_AWS_147:it writes no artifact; the image is encrypted by ECR
  # checkov:skip=CKV_AWS_316:Docker builds only in a privileged container; it has no secret and may push to one repository
  name           = "${var.name}-build"
  service_role   = aws_iam_role.this.arn
  build_timeout  = 30 # minutes
  queued_timeout = 15
  artifacts {
    type = "NO_ARTIFACTS"
  }
  environment {
    type            = var.architecture == "ARM64" ? "ARM_CONTAINER" : "LINUX_CONTAINER"
    image           = "aws/codebuild/amazonlinux-${var.architecture == "ARM64" ? "aarch64-standard:3.0" : "x86_64-standard:5.0"}"
    compute_type    = "BUILD_GENERAL1_SMALL"
    privileged_mode = true
    environment_variable {
      name  = "IMAGE"
      value = var.image
    }
    environment_variable {
      name  = "AWS_DEFAULT_REGION"
      value = var.region
    }
  }
  source {
    type     = "S3"
    location = "${var.bucket}/temp/source/none.zip" # `lotus ops build` names the real one
    buildspec = yamlencode({
      version = 0.2
      phases = {
        pre_build = { commands = [
          "aws ecr get-login-password | docker login --username AWS --password-stdin $${IMAGE%%/*}",
        ] }
        build = { commands = [
          "docker build -f terraform/images/Dockerfile -t $IMAGE:$TAG .",
          "docker push $IMAGE:$TAG",
        ] }
      }
    })
  }
  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.this.name
    }
  }
}
