variable "name" {
  description = "Begins every name."
  type        = string
}

variable "keep" {
  description = "How many images are kept, to roll back to."
  type        = number
  default     = 5
}
