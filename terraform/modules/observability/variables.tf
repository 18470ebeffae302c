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

variable "max_connections" {
  description = "Connections to the database that are worth an alarm."
  type        = number
}
