# What is wrong is refused before anything is made:
#   terraform test -filter=tests/validation.tftest.hcl -var-file=environments/prod.tfvars

mock_provider "aws" {
  source = "./tests/mocks"
}

run "wrong_environment" {
  command = plan
  variables {
    environment = "staging"
  }
  expect_failures = [var.environment]
}

run "a_size_that_fargate_has_not" {
  command = plan
  variables {
    worker = { cpu = 1500, memory = 4096, disk_gb = 30 }
  }
  expect_failures = [var.worker]
}

run "a_secret_that_is_none" {
  command = plan
  variables {
    secrets = ["LOTUS_PUBLIC_URL"]
  }
  expect_failures = [var.secrets]
}

run "a_secret_among_the_settings" {
  command = plan
  variables {
    settings = { LOTUS_SMTP_URL = "smtps://lotus:password@mail.example.org" }
  }
  expect_failures = [var.settings]
}

run "no_backups" {
  command = plan
  variables {
    database = { class = "db.t4g.micro", storage_gb = 20, max_storage_gb = 50, multi_az = false, backup_days = 0, deletion_protection = true }
  }
  expect_failures = [var.database]
}

run "everybody_may_deploy" {
  command = plan
  variables {
    deployers = ["*"]
  }
  expect_failures = [var.deployers]
}

run "a_schedule_that_is_none" {
  command = plan
  variables {
    campaigns = { nightly = { schedule = "at three", arguments = ["s3://bucket/manifest.csv"] } }
  }
  expect_failures = [var.campaigns]
}

run "prod_without_https" {
  command = plan
  variables {
    certificate_arn = null
  }
  expect_failures = [var.certificate_arn]
}

run "prod_that_anybody_can_delete" {
  command = plan
  variables {
    database = { class = "db.t4g.small", storage_gb = 20, max_storage_gb = 50, multi_az = true, backup_days = 14, deletion_protection = false }
  }
  expect_failures = [var.database]
}

run "pages_without_the_memory_for_them" {
  command = plan
  variables {
    service = { count = 1, cpu = 1024, memory = 2048, spot = false, pages = true }
  }
  expect_failures = [var.service]
}

run "a_setting_that_is_none" {
  command = plan
  variables {
    settings = { DATABASE_URL = "postgresql://elsewhere" }
  }
  expect_failures = [var.settings]
}

run "reviews_without_pages" {
  command = plan
  variables {
    service = { count = 1, cpu = 1024, memory = 2048, spot = false, pages = false, reviews = true }
  }
  expect_failures = [var.service]
}

run "a_service_that_grows_to_less_than_it_has" {
  command = plan
  variables {
    service = { count = 2, cpu = 1024, memory = 5120, spot = false, pages = true, most = 2 }
  }
  expect_failures = [var.service]
}
