output "tasks_id" {
  description = "The group of tasks."
  value       = aws_security_group.tasks.id
}

output "database_id" {
  description = "The group of the database."
  value       = aws_security_group.database.id
}

output "load_balancer_id" {
  description = "The group of the load balancer, or null."
  value       = one(aws_security_group.load_balancer[*].id)
}
