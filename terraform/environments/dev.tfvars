# For one or two people: nothing runs while nobody works, and the database is the smallest there is.
environment = "dev"
outbound    = "public_address"
database = {
  class               = "db.t4g.micro"
  storage_gb          = 20
  max_storage_gb      = 50
  multi_az            = false
  backup_days         = 7
  deletion_protection = false
}
service = {
  count  = 0 # `lotus ops resume` starts it, `lotus ops pause` ends it
  cpu    = 512
  memory = 1024
  spot   = true
  pages  = false # they want 4096 of memory
}
worker = {
  cpu     = 2048
  memory  = 4096
  disk_gb = 30
}
log_days    = 7
budget_usd  = 30
alert_email = "lotus@example.com"
