output "replicate_arn" {
  description = "Holds REPLICATE_API_TOKEN."
  value       = aws_secretsmanager_secret.replicate.arn
}
