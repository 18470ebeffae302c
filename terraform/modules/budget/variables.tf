variable "name" {
  description = "Begins every name."
  type        = string
}

variable "environment" {
  description = "Whose spending: the tag that all resources carry."
  type        = string
}

variable "limit_usd" {
  description = "Dollars a month."
  type        = number
}

variable "email" {
  description = "Who is told."
  type        = string
}
