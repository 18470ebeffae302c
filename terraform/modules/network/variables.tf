variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "For the addresses of endpoints."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
}

variable "nat" {
  description = "Whether tasks in private subnets reach the internet through a NAT gateway."
  type        = bool
}
