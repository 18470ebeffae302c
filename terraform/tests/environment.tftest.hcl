# The whole of an environment, made with a provider that only pretends:
#   terraform test -filter=tests/environment.tftest.hcl -var-file=environments/dev.tfvars

mock_provider "aws" {
  source = "./tests/mocks"
}

run "everything" {
  assert {
    condition     = output.lotus.cluster == "lotus-${var.environment}" && output.lotus.region == var.region
    error_message = "lotus ops would look in the wrong place"
  }
  assert {
    condition     = toset(keys(output.lotus.families)) == toset(["service", "worker", "campaign", "migrate"])
    error_message = "a task has no definition"
  }
  assert {
    condition     = toset(keys(output.lotus.log_groups)) == toset(concat(keys(output.lotus.families), ["operations"]))
    error_message = "a task has no log group"
  }
  assert {
    condition     = (output.lotus.address != null) == (var.certificate_arn != null)
    error_message = "there is a load balancer exactly where there is a certificate"
  }
}
