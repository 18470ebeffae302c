output "bucket" {
  description = "Where states are kept; the lock is an object beside each."
  value       = module.bucket.bucket
}
