output "bucket" {
  description = "Where states are kept; the lock is an object beside each."
  value       = module.bucket.bucket
}

output "github_role" {
  description = "The role of workflows, for `deployers` in the .tfvars; null without a repository."
  value       = one(aws_iam_role.github[*].arn)
}
