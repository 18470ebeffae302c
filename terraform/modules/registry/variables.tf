variable "name" {
  description = "Begins every name."
  type        = string
}

variable "force_delete" {
  description = "Whether `terraform destroy` may remove a repository that is not empty."
  type        = bool
  default     = false
}
