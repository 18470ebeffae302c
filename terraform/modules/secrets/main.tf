# A place for the token, not the token: Terraform would keep it in its state. Fill it in once:
#   lotus ops secrets set replicate
resource "aws_secretsmanager_secret" "replicate" {
  # checkov:skip=CKV_AWS_149:a key of one's own costs 1 USD a month and each use of it; AWS's own key encrypts as well
  # checkov:skip=CKV2_AWS_57:Replicate gives tokens by hand only; the database's password rotates
  name                    = "${var.name}/replicate"
  description             = "REPLICATE_API_TOKEN"
  recovery_window_in_days = var.recovery_days
}

# The same for each other secret setting that tasks are given: lotus ops secrets set LOTUS_SMTP_URL
resource "aws_secretsmanager_secret" "setting" {
  # checkov:skip=CKV_AWS_149:AWS's own key encrypts as well, at no cost
  # checkov:skip=CKV2_AWS_57:whoever gives the value gives the next one too
  for_each                = var.settings
  name                    = "${var.name}/${each.key}"
  description             = each.key
  recovery_window_in_days = var.recovery_days
}
