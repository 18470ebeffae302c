terraform {
  required_version = ">= 1.11, < 2"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.20"
    }
  }
  # Where the state is kept, with a lock: `terraform init -backend-config=environments/dev.s3.tfbackend`.
  # modules/state makes the bucket.
  backend "s3" {}
}

provider "aws" {
  region = var.region
  default_tags {
    tags = {
      project     = "lotus"
      environment = var.environment
    }
  }
}
