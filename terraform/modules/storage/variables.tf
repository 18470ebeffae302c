variable "name" {
  description = "The bucket's name; unique in the world."
  type        = string
}

variable "kept_days" {
  description = "How long objects under a prefix are kept; as lotus/store/objects.py has it (a test compares)."
  type        = map(number)
  default = {
    clips        = 30
    segments     = 30
    compositions = 90
    runs         = 90
    temp         = 7
  }
}

variable "versioned" {
  description = "Whether what was overwritten or deleted can be had back; objects of lotus are never overwritten."
  type        = bool
}

variable "noncurrent_days" {
  description = "How long what was overwritten or deleted can be had back, where it is versioned."
  type        = number
  default     = 7
}

variable "force_destroy" {
  description = "Whether `terraform destroy` may remove a bucket that is not empty."
  type        = bool
}
