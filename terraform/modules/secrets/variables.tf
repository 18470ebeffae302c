variable "name" {
  description = "Begins every name."
  type        = string
}

variable "recovery_days" {
  description = "How long a deleted secret can be had back."
  type        = number
  default     = 7
}
