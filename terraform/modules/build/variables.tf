variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "Where it builds."
  type        = string
}

variable "project_arn" {
  description = "The ARN that the project will have: only it may take the role."
  type        = string
}

variable "image" {
  description = "The repository, without a tag."
  type        = string
}

variable "repository_arn" {
  description = "Where images are pushed."
  type        = string
}

variable "bucket" {
  description = "Where the source is uploaded, below temp/source/."
  type        = string
}

variable "bucket_arn" {
  description = "The same, as an ARN."
  type        = string
}

variable "architecture" {
  description = "X86_64 or ARM64: of the machine that builds, which is that of the image."
  type        = string
}

variable "log_days" {
  description = "How long logs of builds are kept."
  type        = number
}
