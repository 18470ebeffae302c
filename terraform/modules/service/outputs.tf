output "name" {
  description = "The service."
  value       = aws_ecs_service.this.name
}

output "load_balancer_arn" {
  description = "The load balancer, whose signature the pages believe, or null."
  value       = one(aws_lb.this[*].arn)
}

output "address" {
  description = "The load balancer's name in DNS, or null; the certificate's name must lead there."
  value       = try(aws_route53_record.this[0].name, one(aws_lb.this[*].dns_name))
}

output "load_balancer_suffix" {
  description = "For metrics, or null."
  value       = one(aws_lb.this[*].arn_suffix)
}

output "target_group_suffix" {
  description = "For metrics, or null."
  value       = one(aws_lb_target_group.this[*].arn_suffix)
}

output "target_group_arn" {
  description = "Where the load balancer sends requests, or null."
  value       = one(aws_lb_target_group.this[*].arn)
}
