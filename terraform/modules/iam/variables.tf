variable "name" {
  description = "Begins every name."
  type        = string
}

variable "ecs_arn" {
  description = "What ARNs of ECS in this account and region begin with: arn:aws:ecs:us-east-2:123456789012."
  type        = string
}

variable "repository_arn" {
  description = "Where images are pulled from."
  type        = string
}

variable "log_group_arns" {
  description = "Where tasks write their logs, by the task's name; `operations` is written by lotus ops."
  type        = map(string)
}

variable "secret_arns" {
  description = "Secrets that ECS injects."
  type        = list(string)
}

variable "bucket_arn" {
  description = "Where bytes live."
  type        = string
}

variable "prefixes" {
  description = "The parts of the bucket that lotus writes."
  type        = list(string)
  default     = ["uploads", "clips", "segments", "compositions", "runs", "temp"]
}

variable "deployers" {
  description = "Who may assume the role that deploys."
  type        = list(string)
}

variable "operators" {
  description = "Who may assume the role that operates."
  type        = list(string)
}

variable "readers" {
  description = "Who may assume the role that only looks."
  type        = list(string)
}

variable "own_secrets" {
  description = "ARNs of the secrets that people write."
  type        = list(string)
}

variable "parameter_arn" {
  description = "Where the tag of the image that runs stands."
  type        = string
}

variable "build_arn" {
  description = "The project that builds images."
  type        = string
}

variable "database_id" {
  description = "The database server as IAM knows it: db-ABC..."
  type        = string
}

variable "proxy_id" {
  description = "The database's proxy as IAM knows it: prx-..., or null."
  type        = string
  default     = null
}

variable "state_bucket" {
  description = "Where Terraform's state is: whoever only looks may plan."
  type        = string
}
