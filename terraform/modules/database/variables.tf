variable "name" {
  description = "The server's name."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in two zones."
  type        = list(string)
}

variable "security_group_id" {
  description = "Lets tasks in, and nobody else."
  type        = string
}

variable "class" {
  description = "Its size."
  type        = string
}

variable "storage_gb" {
  description = "Its disk at the beginning."
  type        = number
}

variable "max_storage_gb" {
  description = "How far the disk may grow by itself."
  type        = number
}

variable "multi_az" {
  description = "Whether there is a standby in another zone."
  type        = bool
}

variable "backup_days" {
  description = "How far back it can be restored, to the second."
  type        = number
}

variable "deletion_protection" {
  description = "Whether it must be switched off before the server can be deleted; deleting then leaves a snapshot."
  type        = bool
}
