output "bucket" {
  description = "Where states are kept; the lock is an object beside each."
  value       = aws_s3_bucket.this.bucket
}
