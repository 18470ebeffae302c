variable "name" {
  description = "Begins every name."
  type        = string
}

variable "role_arn" {
  description = "With which the clock starts tasks."
  type        = string
}

variable "cluster_arn" {
  description = "Where tasks run."
  type        = string
}

variable "task_definition_arn" {
  description = "The campaign's task definition, without a revision: the newest is run."
  type        = string
}

variable "container" {
  description = "The container whose command is replaced."
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

variable "schedules" {
  description = "When to run which command."
  type = map(object({
    schedule = string
    command  = list(string)
  }))
}
