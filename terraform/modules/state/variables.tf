variable "bucket" {
  description = "The bucket's name; unique in the world. Write it into environments/*.s3.tfbackend."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{2,62}$", var.bucket))
    error_message = "Small letters, digits, dots and hyphens, 3 to 63 of them."
  }
}
