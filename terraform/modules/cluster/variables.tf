variable "name" {
  description = "The cluster's name, and what families of task definitions begin with."
  type        = string
}

variable "region" {
  description = "For the log driver."
  type        = string
}

variable "image" {
  description = "The image that all tasks run."
  type        = string
}

variable "architecture" {
  description = "X86_64 or ARM64: that of the image."
  type        = string
  default     = "X86_64"
}

variable "execution_role_arn" {
  description = "With which ECS starts tasks."
  type        = string
}

variable "log_groups" {
  description = "Log groups by the task's name."
  type        = map(string)
}

variable "environment" {
  description = "Variables of every task."
  type        = map(string)
}

variable "secrets" {
  description = "Variables that ECS fills in from a secret: ARNs, with a key after two colons."
  type        = map(string)
}

variable "tasks" {
  description = "Tasks by name: size in CPU units and MiB, the GB of disk, role, command, the port of one that listens, and variables of its own."
  type = map(object({
    cpu      = number
    memory   = number
    disk_gb  = optional(number, 21)
    role_arn = string
    command  = list(string)
    port     = optional(number)
    # Its own variables, and those that ECS fills in from a secret.
    environment = optional(map(string), {})
    secrets     = optional(map(string), {})
    # Spot takes a task away two minutes after SIGTERM; what it has in hand is given back within this.
    stop_seconds = optional(number, 110)
  }))
  validation {
    condition     = alltrue([for task in var.tasks : task.stop_seconds <= 120])
    error_message = "Fargate waits no longer than 120 seconds."
  }
}
