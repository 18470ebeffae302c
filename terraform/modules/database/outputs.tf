output "id" {
  description = "The server's name."
  value       = aws_db_instance.this.identifier
}

output "url" {
  description = "DATABASE_URL of the owner without a password: libpq reads it from PGPASSWORD, which ECS injects."
  value       = "postgresql://${aws_db_instance.this.username}@${aws_db_instance.this.address}:5432/${aws_db_instance.this.db_name}"
}

output "address" {
  description = "Where tasks reach it, by the proxy if there is one: HOST:PORT/DATABASE."
  value       = "${coalesce(one(aws_db_proxy.this[*].endpoint), aws_db_instance.this.address)}:5432/${aws_db_instance.this.db_name}"
}

output "proxy" {
  description = "The proxy's name, or null."
  value       = one(aws_db_proxy.this[*].name)
}

output "proxy_id" {
  description = "By which IAM knows the proxy (rds-db:connect): prx-..., or null."
  value       = try(element(split(":", aws_db_proxy.this[0].arn), 6), null)
}

output "resource_id" {
  description = "By which IAM knows it (rds-db:connect)."
  value       = aws_db_instance.this.resource_id
}

output "secret_arn" {
  description = "Where RDS keeps the password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
