# A place for the token, not the token: Terraform would keep it in its state. Fill it in once:
#   aws secretsmanager put-secret-value --secret-id lotus-dev/replicate --secret-string "$REPLICATE_API_TOKEN"
resource "aws_secretsmanager_secret" "replicate" {
  name                    = "${var.name}/replicate"
  description             = "REPLICATE_API_TOKEN"
  recovery_window_in_days = var.recovery_days
}
