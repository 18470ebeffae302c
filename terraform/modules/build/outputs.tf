output "name" {
  description = "The project that `lotus ops build` starts."
  value       = aws_codebuild_project.this.name
}

output "arn" {
  description = "The same, as an ARN."
  value       = aws_codebuild_project.this.arn
}
