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

variable "subnet_ids" {
  description = "Where tasks live."
  type        = list(string)
}

variable "security_group_id" {
  description = "Of the tasks."
  type        = string
}

variable "public_address" {
  description = "Whether tasks have an address of their own."
  type        = bool
}

variable "schedules" {
  description = "When to run which command."
  type = map(object({
    schedule = string
    command  = list(string)
  }))
}
