variable "name" {
  description = "Begins every name."
  type        = string
}

variable "recovery_days" {
  description = "How long a deleted secret can be had back."
  type        = number
  default     = 7
}

variable "settings" {
  description = "Secret settings besides the token of Replicate, by their names in .env.example."
  type        = set(string)
  default     = []
}
