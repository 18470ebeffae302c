variable "name" {
  description = "Begins every name."
  type        = string
}

variable "cluster_arn" {
  description = "Where it runs."
  type        = string
}

variable "task_definition_arn" {
  description = "What it runs at first; `lotus ops deploy` changes it."
  type        = string
}

variable "container" {
  description = "The container that answers."
  type        = string
}

variable "port" {
  description = "Where it listens."
  type        = number
}

variable "service" {
  description = "How many tasks at first (`lotus ops scale`, `pause` and `resume` change it), whether they may be taken away, and show pages."
  type        = object({ count = number, spot = bool, pages = bool, most = optional(number) })
}

variable "log_group" {
  description = "Where it writes its log, of which how many jobs wait is counted."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "place" {
  description = "Where tasks live: subnets, security group, and whether they have an address of their own, for lack of a NAT."
  type = object({
    subnet_ids        = list(string)
    security_group_id = string
    public_address    = bool
  })
}

variable "load_balancer" {
  description = "The load balancer's certificate, public subnets in two zones, security group, and whether it must be unprotected before it can be deleted; null for none."
  type = object({
    certificate_arn     = string
    subnet_ids          = list(string)
    security_group_id   = string
    deletion_protection = bool
  })
}

variable "sign_in" {
  description = "Where people sign in before they see the pages (OpenID Connect, also a user pool of Cognito); null for tokens alone."
  type = object({
    issuer                 = string
    authorization_endpoint = string
    token_endpoint         = string
    user_info_endpoint     = string
    client_id              = string
  })
  default = null
}

variable "sign_in_secret" {
  description = "The client's secret; it is in Terraform's state."
  type        = string
  sensitive   = true
  default     = null
}

variable "firewall" {
  description = "Whether AWS WAF stands before the load balancer: about 7 USD a month, and 0.60 a million requests."
  type        = bool
  default     = false
}

variable "domain" {
  description = "The name that leads to the load balancer, and its zone in Route 53; null for none."
  type        = object({ name = string, zone_id = string })
  default     = null
}
