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

variable "server" {
  description = "Its size, its disk at the beginning and how far it may grow by itself, a standby in another zone, how many days back it can be restored, to the second, whether it can be deleted only after this is switched off (which leaves a snapshot), and whether a proxy stands before it."
  type = object({
    class               = string
    storage_gb          = number
    max_storage_gb      = number
    multi_az            = bool
    backup_days         = number
    deletion_protection = bool
    proxy               = optional(bool, false)
  })
}

variable "rds_arn" {
  description = "What ARNs of RDS in this account and region begin with: arn:aws:rds:us-east-2:123456789012."
  type        = string
}

variable "roles" {
  description = "Roles of the database as which tasks sign in by IAM, through the proxy if there is one."
  type        = list(string)
}

variable "at_once" {
  description = "Whether changes of its class are made at once, which restarts it, or in the maintenance window."
  type        = bool
}

variable "log_days" {
  description = "How long its log is kept, in which slow statements are."
  type        = number
}
