output "url" {
  description = "The repository, without a tag."
  value       = aws_ecr_repository.this.repository_url
}

output "arn" {
  description = "The repository."
  value       = aws_ecr_repository.this.arn
}

output "name" {
  description = "The repository."
  value       = aws_ecr_repository.this.name
}
