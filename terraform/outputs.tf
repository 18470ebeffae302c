# `terraform output -json > aws.json` and LOTUS_AWS=aws.json tell `lotus ops` and `lotus doctor --aws` all of this;
# tasks read the same from the bucket, to start workers.

locals {
  lotus = {
    environment    = var.environment
    region         = var.region
    cluster        = module.cluster.name
    service        = module.service.name
    desired_count  = var.service.count
    families       = module.cluster.families
    log_groups     = module.observability.log_groups
    subnets        = module.network.task_subnet_ids
    security_group = module.security.tasks_id
    public_address = !local.nat
    vpc            = module.network.vpc_id
    repository     = module.registry.name
    image          = module.registry.url
    bucket         = module.storage.bucket
    database       = module.database.id
    database_group = module.security.database_id
    database_id    = module.database.resource_id
    proxy          = module.database.proxy
    proxy_id       = module.database.proxy_id
    most           = var.service.most
    secrets        = concat([module.database.secret_arn], local.secret_arns)
    schedule_group = module.schedules.group
    schedules      = module.schedules.names
    budget         = module.budget.name
    address        = module.service.address
    target_group   = module.service.target_group_arn
    worker         = { cpu = var.worker.cpu, memory = var.worker.memory }
  }
}

resource "aws_s3_object" "environment" {
  bucket       = module.storage.bucket
  key          = "aws.json"
  content      = jsonencode({ lotus = { value = local.lotus } })
  content_type = "application/json"
}

output "lotus" {
  description = "What lotus ops needs to know of this environment; no secret."
  value       = local.lotus
}

# The same, one by one, for `terraform output -raw cluster` and scripts of one's own.

output "cluster" {
  description = "The cluster of ECS."
  value       = module.cluster.name
}

output "service" {
  description = "The service of ECS."
  value       = module.service.name
}

output "image" {
  description = "The registry's address of the image, without a tag."
  value       = module.registry.url
}

output "bucket" {
  description = "Where bytes are kept."
  value       = module.storage.bucket
}

output "database_url" {
  description = "The database's address for its owner, without a password; it answers only inside the network."
  value       = module.database.url
}

output "address" {
  description = "The load balancer's name, or nothing where there is none."
  value       = coalesce(module.service.address, "none")
}

output "operator_role" {
  description = "The role for whoever runs lotus ops, or null."
  value       = module.iam.operator_arn
}

output "reader_role" {
  description = "The role for whoever only looks (lotus doctor --aws, lotus ops status), or null."
  value       = module.iam.reader_arn
}

output "deploy_role" {
  description = "The role for whoever deploys, or null."
  value       = module.iam.deploy_arn
}
