output "group" {
  description = "The group of schedules."
  value       = aws_scheduler_schedule_group.this.name
}

output "names" {
  description = "The schedules."
  value       = sort([for schedule in aws_scheduler_schedule.this : schedule.name])
}
