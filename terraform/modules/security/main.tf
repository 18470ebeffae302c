# Groups name each other, never addresses: only the load balancer is open, and only the tasks reach the database.

resource "aws_security_group" "tasks" {
  # checkov:skip=CKV2_AWS_5:attached in another module, which checkov does not follow
  name        = "${var.name}-tasks"
  description = "Tasks of lotus"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-tasks" }
}

resource "aws_security_group" "database" {
  # checkov:skip=CKV2_AWS_5:attached in another module, which checkov does not follow
  name        = "${var.name}-database"
  description = "PostgreSQL of lotus"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-database" }
}

resource "aws_security_group" "load_balancer" {
  # checkov:skip=CKV2_AWS_5:attached in another module, which checkov does not follow
  count       = var.load_balancer ? 1 : 0
  name        = "${var.name}-load-balancer"
  description = "The way in"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-load-balancer" }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each          = var.load_balancer ? toset(var.allowed_cidrs) : toset([])
  security_group_id = aws_security_group.load_balancer[0].id
  description       = "HTTPS"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  # checkov:skip=CKV_AWS_260:it leads to HTTPS and nowhere else
  for_each          = var.load_balancer ? toset(var.allowed_cidrs) : toset([])
  security_group_id = aws_security_group.load_balancer[0].id
  description       = "HTTP, which leads to HTTPS"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

# To where people sign in.
resource "aws_vpc_security_group_egress_rule" "to_sign_in" {
  count             = var.load_balancer && var.sign_in ? 1 : 0
  security_group_id = aws_security_group.load_balancer[0].id
  description       = "HTTPS to where people sign in"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "to_service" {
  count                        = var.load_balancer ? 1 : 0
  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "The service"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = var.service_port
  to_port                      = var.service_port
}

resource "aws_vpc_security_group_ingress_rule" "from_load_balancer" {
  count                        = var.load_balancer ? 1 : 0
  security_group_id            = aws_security_group.tasks.id
  description                  = "The load balancer"
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.service_port
  to_port                      = var.service_port
}

# Dask: drivers and workers call each other on ports that they choose, under TLS.
resource "aws_vpc_security_group_ingress_rule" "dask" {
  # checkov:skip=CKV_AWS_25:from its own group alone, not from the world
  security_group_id            = aws_security_group.tasks.id
  description                  = "Dask among tasks"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
}

# Out: Replicate, S3, ECR, CloudWatch, all over HTTPS, whose addresses change.
resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.tasks.id
  description       = "HTTPS to anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "dask" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "Dask among tasks"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 1024
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "to_database" {
  security_group_id            = aws_security_group.tasks.id
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "from_tasks" {
  security_group_id            = aws_security_group.database.id
  description                  = "PostgreSQL from tasks"
  referenced_security_group_id = aws_security_group.tasks.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

# A proxy is in the database's group, and reaches the server there.
resource "aws_vpc_security_group_ingress_rule" "from_proxy" {
  count                        = var.proxy ? 1 : 0
  security_group_id            = aws_security_group.database.id
  description                  = "PostgreSQL from the proxy"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "proxy_to_database" {
  count                        = var.proxy ? 1 : 0
  security_group_id            = aws_security_group.database.id
  description                  = "The proxy to PostgreSQL"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
