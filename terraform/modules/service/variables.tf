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

variable "tasks" {
  description = "How many at first; `lotus ops scale`, `pause` and `resume` change it."
  type        = number
}

variable "spot" {
  description = "Whether tasks may be taken away."
  type        = bool
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

variable "certificate_arn" {
  description = "Of the load balancer; null for none."
  type        = string
}

variable "load_balancer_subnet_ids" {
  description = "Public subnets in two zones."
  type        = list(string)
}

variable "load_balancer_security_group_id" {
  description = "Of the load balancer, or null."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the load balancer must be unprotected before it can be deleted."
  type        = bool
}
