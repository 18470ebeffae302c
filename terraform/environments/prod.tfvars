# For a team: the service is always there, in two zones, behind HTTPS; the database has a standby.
environment = "prod"
outbound    = "nat"
database = {
  class               = "db.t4g.small"
  storage_gb          = 50
  max_storage_gb      = 500
  multi_az            = true
  backup_days         = 14
  deletion_protection = true
}
service = {
  count  = 2
  cpu    = 1024
  memory = 5120
  spot   = false
  pages  = true # 2.4 GB of each task for 20 viewers
}
worker = {
  cpu     = 4096
  memory  = 8192
  disk_gb = 50
}
certificate_arn = "arn:aws:acm:us-east-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"
log_days        = 90
budget_usd      = 400
alert_email     = "lotus@example.com"
