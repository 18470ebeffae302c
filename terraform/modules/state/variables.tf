variable "bucket" {
  description = "The bucket's name; unique in the world. One with the account's number if left out."
  type        = string
  default     = null
  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{2,62}$", var.bucket))
    error_message = "Small letters, digits, dots and hyphens, 3 to 63 of them."
  }
}

variable "github_repository" {
  description = "OWNER/NAME on GitHub, whose workflows on the main branch may deploy; none if left out."
  type        = string
  default     = null
  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "Write OWNER/NAME."
  }
}
