variable "name" {
  description = "Begins every name."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "load_balancer" {
  description = "Whether there is one."
  type        = bool
}

variable "allowed_cidrs" {
  description = "Who may reach the load balancer."
  type        = list(string)
}

variable "service_port" {
  description = "Where the service listens."
  type        = number
}

variable "proxy" {
  description = "Whether a proxy stands before the database, in the database's group."
  type        = bool
  default     = false
}

variable "sign_in" {
  description = "Whether the load balancer asks another service who somebody is."
  type        = bool
  default     = false
}
