# Applied once, by itself, before everything else; it keeps its own small state on the machine that did it:
#   terraform -chdir=terraform/modules/state init
#   terraform -chdir=terraform/modules/state apply
# With -var github_repository=OWNER/NAME workflows of that repository's main branch may deploy, without a key.

terraform {
  required_version = ">= 1.11, < 2"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.20"
    }
  }
}

data "aws_caller_identity" "me" {}

module "bucket" {
  source          = "../storage"
  name            = coalesce(var.bucket, "lotus-terraform-state-${data.aws_caller_identity.me.account_id}")
  kept_days       = {}
  versioned       = true # a state that was spoilt can be had back
  noncurrent_days = 365
  force_destroy   = false # while it holds a state it cannot be destroyed
}

# GitHub signs who runs a workflow; no key of AWS is kept there.
resource "aws_iam_openid_connect_provider" "github" {
  count          = var.github_repository == null ? 0 : 1
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github" {
  count = var.github_repository == null ? 0 : 1
  name  = "lotus-github"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.github[0].arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:${var.github_repository}:ref:refs/heads/main"
      } }
    }]
  })
}

# It takes the environments' own roles (deployers and readers = [this role] in the .tfvars), and may do nothing else.
resource "aws_iam_role_policy" "github" {
  count = var.github_repository == null ? 0 : 1
  name  = "take-roles"
  role  = aws_iam_role.github[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "TakeRoles"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = [for name in setproduct(["dev", "prod"], ["deploy", "reader"]) : "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/lotus-${name[0]}-${name[1]}"]
    }]
  })
}
