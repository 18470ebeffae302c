variable "domain" {
  description = "The name that people type, such as lotus.example.com."
  type        = string
}

variable "zone_id" {
  description = "The hosted zone of Route 53 in which the name is."
  type        = string
}
