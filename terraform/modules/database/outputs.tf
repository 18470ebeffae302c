output "id" {
  description = "The server's name."
  value       = aws_db_instance.this.identifier
}

output "url" {
  description = "DATABASE_URL of the owner without a password: libpq reads it from PGPASSWORD, which ECS injects."
  value       = "postgresql://${aws_db_instance.this.username}@${aws_db_instance.this.address}:5432/${aws_db_instance.this.db_name}"
}

output "address" {
  description = "Where it answers: HOST:PORT/DATABASE."
  value       = "${aws_db_instance.this.address}:5432/${aws_db_instance.this.db_name}"
}

output "resource_id" {
  description = "By which IAM knows it (rds-db:connect)."
  value       = aws_db_instance.this.resource_id
}

output "secret_arn" {
  description = "Where RDS keeps the password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
