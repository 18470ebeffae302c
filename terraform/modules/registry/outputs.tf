output "url" {
  description = "The repository, without a tag."
  value       = aws_ecr_repository.this.repository_url
}

output "arn" {
  description = "The repository."
  value       = aws_ecr_repository.this.arn
}

output "image" {
  description = "The image that runs, with its tag; none before the first `lotus ops deploy`."
  value       = "${aws_ecr_repository.this.repository_url}:${aws_ssm_parameter.image.insecure_value}"
}

output "image_parameter_arn" {
  description = "Where its tag stands."
  value       = aws_ssm_parameter.image.arn
}

output "name" {
  description = "The repository."
  value       = aws_ecr_repository.this.name
}
