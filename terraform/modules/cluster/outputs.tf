output "name" {
  description = "The cluster."
  value       = aws_ecs_cluster.this.name
}

output "arn" {
  description = "The cluster."
  value       = aws_ecs_cluster.this.arn
}

output "families" {
  description = "Families of task definitions, by the task's name."
  value       = { for name, task in aws_ecs_task_definition.this : name => task.family }
}

output "definition_arns" {
  description = "Task definitions, with their revision, by the task's name."
  value       = { for name, task in aws_ecs_task_definition.this : name => task.arn }
}
