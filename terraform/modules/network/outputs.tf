output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "For the load balancer."
  value       = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  description = "For the database."
  value       = aws_subnet.private[*].id
}

output "task_subnet_ids" {
  description = "For tasks: private behind a NAT, else public."
  value       = var.nat ? aws_subnet.private[*].id : aws_subnet.public[*].id
}
