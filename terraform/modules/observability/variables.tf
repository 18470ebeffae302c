variable "name" {
  description = "Begins every name; the cluster's name."
  type        = string
}

variable "log_days" {
  description = "How long logs are kept."
  type        = number
}

variable "tasks" {
  description = "Names of tasks, each with a log group."
  type        = set(string)
}

variable "service" {
  description = "The service's name in the cluster."
  type        = string
}

variable "database" {
  description = "The database server's name."
  type        = string
}

variable "load_balancer_suffix" {
  description = "Of the load balancer, for its metrics; null for none."
  type        = string
}

variable "load_balancer" {
  description = "Whether there is one; known before it is made."
  type        = bool
}

variable "email" {
  description = "Who is told."
  type        = string
}

variable "target_group_suffix" {
  description = "Of the load balancer's targets, for its metrics; null for none."
  type        = string
}

variable "schedule_group" {
  description = "The group of schedules."
  type        = string
}

variable "tasks_at_least" {
  description = "How many tasks of the service must run; 0 for none."
  type        = number
}

variable "full" {
  description = "Whether people depend on it: all alarms, and not only those that a person must act on."
  type        = bool
}

variable "account_id" {
  description = "Only alarms and events of this account may be published."
  type        = string
}

variable "max_connections" {
  description = "Connections to the database that are worth an alarm."
  type        = number
}
