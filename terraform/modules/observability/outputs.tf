output "log_groups" {
  description = "Log groups by the task's name; `operations` is what lotus ops writes down."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.name }
}

output "log_group_arns" {
  description = "The same, as ARNs."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.arn }
}
