variable "name" {
  description = "Begins every name."
  type        = string
}
