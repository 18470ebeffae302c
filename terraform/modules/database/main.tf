resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name   = "${var.name}-17"
  family = "postgres17"
  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements"
    apply_method = "pending-reboot"
  }
  parameter {
    name  = "log_min_duration_statement" # milliseconds: slower statements are in the log
    value = "1000"
  }
  parameter {
    name  = "idle_in_transaction_session_timeout" # milliseconds: a worker that was killed holds no lock for long
    value = "60000"
  }
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  lifecycle {
    create_before_destroy = true
  }
}

# RDS would make it by itself, and keep its lines for ever.
resource "aws_cloudwatch_log_group" "slow_statements" {
  # checkov:skip=CKV_AWS_158:a key of one's own costs 1 USD a month and each use of it; AWS's own key encrypts as well
  # checkov:skip=CKV_AWS_338:slow statements are looked for while they are slow; how long all logs are kept is log_days
  name              = "/aws/rds/instance/${var.name}/postgresql"
  retention_in_days = var.log_days
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_353:not on every class; the log has the slow statements, for nothing
  # checkov:skip=CKV_AWS_118:paid by the metric; what RDS measures each minute for nothing is enough for the alarms
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.server.class
  db_name        = "lotus"
  username       = "lotus"
  # The password is made and rotated by RDS and kept in Secrets Manager: it is in no variable and in no state.
  manage_master_user_password = true

  # Tasks have no password: they sign in as lotus_app by IAM, over TLS that verifies the server (lotus/db/iam.py).
  iam_database_authentication_enabled = true
  ca_cert_identifier                  = "rds-ca-rsa2048-g1" # its roots are in terraform/images/rds-ca.pem

  storage_type          = "gp3"
  allocated_storage     = var.server.storage_gb
  max_allocated_storage = var.server.max_storage_gb
  storage_encrypted     = true

  apply_immediately      = var.at_once # else changes wait for the maintenance window, on Sundays
  multi_az               = var.server.multi_az
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [var.security_group_id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name

  backup_retention_period      = var.server.backup_days
  backup_window                = "07:00-08:00"
  maintenance_window           = "sun:08:30-sun:09:30"
  auto_minor_version_upgrade   = true
  copy_tags_to_snapshot        = true
  deletion_protection          = var.server.deletion_protection
  skip_final_snapshot          = !var.server.deletion_protection
  final_snapshot_identifier    = "${var.name}-final"
  performance_insights_enabled = false # seven days are free, but not on every class; the log has slow statements

  enabled_cloudwatch_logs_exports = ["postgresql"]
  depends_on                      = [aws_cloudwatch_log_group.slow_statements]
}

# A proxy shares few connections of the server among many tasks. Tasks sign in to it by IAM, and it signs in to the server by
# IAM as the same role: nobody has a password. The owner does not come this way.
resource "aws_db_proxy" "this" {
  count                  = var.server.proxy ? 1 : 0
  name                   = var.name
  engine_family          = "POSTGRESQL"
  default_auth_scheme    = "IAM_AUTH"
  role_arn               = aws_iam_role.proxy[0].arn
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [var.security_group_id]
  require_tls            = true
  idle_client_timeout    = 1800 # seconds; lotus renews its connections within as long (lotus/db/connections.py)
}

resource "aws_db_proxy_default_target_group" "this" {
  count         = var.server.proxy ? 1 : 0
  db_proxy_name = aws_db_proxy.this[0].name
  connection_pool_config {
    max_connections_percent   = 80 # the rest is for migrations, `lotus ops sql` and the doctor
    connection_borrow_timeout = 10 # seconds; as long as DB_CONNECT_TIMEOUT_SECONDS
  }
}

resource "aws_db_proxy_target" "this" {
  count                  = var.server.proxy ? 1 : 0
  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_instance_identifier = aws_db_instance.this.identifier
}

resource "aws_iam_role" "proxy" {
  count = var.server.proxy ? 1 : 0
  name  = "${var.name}-proxy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnLike = { "aws:SourceArn" = "${var.rds_arn}:db-proxy:*" } } # no other account's
    }]
  })
}

resource "aws_iam_role_policy" "proxy" {
  count = var.server.proxy ? 1 : 0
  name  = "sign-in"
  role  = aws_iam_role.proxy[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "SignIn"
      Effect   = "Allow"
      Action   = ["rds-db:connect"]
      Resource = [for role in var.roles : "${replace(var.rds_arn, ":rds:", ":rds-db:")}:dbuser:${aws_db_instance.this.resource_id}/${role}"]
    }]
  })
}

# RDS would change the owner's password each week. Only tasks of `lotus ops migrate` and `run` know it, from their start.
resource "aws_secretsmanager_secret_rotation" "password" {
  secret_id = aws_db_instance.this.master_user_secret[0].secret_arn
  rotation_rules {
    automatically_after_days = 90
  }
}
