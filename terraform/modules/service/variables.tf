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
  type        = object({ count = number, spot = bool, pages = bool })
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
