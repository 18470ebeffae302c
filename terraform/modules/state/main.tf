# Applied once, by itself, before everything else; it keeps its own small state on the machine that did it:
#   terraform -chdir=terraform/modules/state init
#   terraform -chdir=terraform/modules/state apply -var bucket=NAME

terraform {
  required_version = ">= 1.11, < 2"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.20"
    }
  }
}

module "bucket" {
  source          = "../storage"
  name            = var.bucket
  kept_days       = {}
  versioned       = true # a state that was spoilt can be had back
  noncurrent_days = 365
  force_destroy   = false # while it holds a state it cannot be destroyed
}
