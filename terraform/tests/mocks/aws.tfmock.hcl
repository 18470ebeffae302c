# What AWS would answer, where the configuration needs more than a made-up string.

mock_data "aws_availability_zones" {
  defaults = {
    names = ["us-east-2a", "us-east-2b", "us-east-2c"]
  }
}

mock_data "aws_caller_identity" {
  defaults = {
    account_id = "123456789012"
  }
}

mock_data "aws_partition" {
  defaults = {
    partition = "aws"
  }
}

mock_data "aws_region" {
  defaults = {
    region = "us-east-2"
  }
}

mock_resource "aws_db_instance" {
  defaults = {
    address            = "lotus.abc.us-east-2.rds.amazonaws.com"
    resource_id        = "db-ABC"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-2:123456789012:secret:rds!db-1" }]
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    arn = "arn:aws:secretsmanager:us-east-2:123456789012:secret:lotus/replicate-1"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::lotus"
  }
}

mock_resource "aws_ecr_repository" {
  defaults = {
    arn            = "arn:aws:ecr:us-east-2:123456789012:repository/lotus"
    repository_url = "123456789012.dkr.ecr.us-east-2.amazonaws.com/lotus"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/lotus"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:us-east-2:123456789012:log-group:lotus"
  }
}

mock_resource "aws_ecs_cluster" {
  defaults = {
    arn = "arn:aws:ecs:us-east-2:123456789012:cluster/lotus"
  }
}

mock_resource "aws_ecs_task_definition" {
  defaults = {
    arn = "arn:aws:ecs:us-east-2:123456789012:task-definition/lotus:1"
  }
}

mock_resource "aws_ssm_parameter" {
  defaults = {
    arn = "arn:aws:ssm:us-east-2:123456789012:parameter/lotus/image"
  }
}

mock_resource "aws_codebuild_project" {
  defaults = {
    arn = "arn:aws:codebuild:us-east-2:123456789012:project/lotus-build"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:us-east-2:123456789012:lotus-alarms"
  }
}

mock_resource "aws_iam_openid_connect_provider" {
  defaults = {
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }
}

mock_resource "aws_acm_certificate" {
  defaults = {
    arn                       = "arn:aws:acm:us-east-2:123456789012:certificate/1"
    domain_validation_options = [{ domain_name = "lotus.example.com", resource_record_name = "_x.lotus.example.com", resource_record_type = "CNAME", resource_record_value = "_y.acm-validations.aws" }]
  }
}

mock_resource "aws_db_proxy" {
  defaults = {
    arn      = "arn:aws:rds:us-east-2:123456789012:db-proxy:prx-1"
    endpoint = "lotus.proxy-abc.us-east-2.rds.amazonaws.com"
  }
}
