output "execution_arn" {
  description = "With which ECS pulls images, reads secrets and writes logs."
  value       = aws_iam_role.execution.arn
}

output "task_arn" {
  description = "What the service and workers may do."
  value       = aws_iam_role.task.arn
}

output "owner_arn" {
  description = "What whoever changes tables may do."
  value       = aws_iam_role.owner.arn
}

output "driver_arn" {
  description = "What campaigns may do."
  value       = aws_iam_role.driver.arn
}

output "schedule_arn" {
  description = "With which the clock starts tasks."
  value       = aws_iam_role.schedule.arn
}

output "deploy_arn" {
  description = "For whoever deploys, or null."
  value       = try(aws_iam_role.people["deploy"].arn, null)
}

output "operator_arn" {
  description = "For whoever runs lotus ops, or null."
  value       = try(aws_iam_role.people["operator"].arn, null)
}

output "reader_arn" {
  description = "For whoever only looks, or null."
  value       = try(aws_iam_role.people["reader"].arn, null)
}
