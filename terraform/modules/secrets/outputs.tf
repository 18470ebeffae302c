output "replicate_arn" {
  description = "Holds REPLICATE_API_TOKEN."
  value       = aws_secretsmanager_secret.replicate.arn
}

output "setting_arns" {
  description = "The other secret settings, by name."
  value       = { for name, secret in aws_secretsmanager_secret.setting : name => secret.arn }
}
