resource "aws_ecr_repository" "this" {
  # checkov:skip=CKV_AWS_136:a key of one's own costs 1 USD a month and each use of it; AWS's own key encrypts as well
  name                 = var.name
  force_delete         = var.force_delete
  image_tag_mutability = "IMMUTABLE" # what a tag named yesterday is what it names today: roll-back is sure
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "AES256"
  }
}

# Images with a tag never expire by themselves: a revision in use may name an old one. `lotus ops cleanup` removes
# those that no revision names.
resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Images without a tag go after a day"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 1 }
      action       = { type = "expire" }
    }]
  })
}

# The one place that says which image runs: `lotus ops deploy` and `rollback` write it, task definitions read it. So an
# apply that gives tasks more memory defines them with the image that runs.
resource "aws_ssm_parameter" "image" {
  # checkov:skip=CKV2_AWS_34:the tag of an image is no secret
  # checkov:skip=CKV_AWS_337:the tag of an image is no secret
  name           = "/${var.name}/image"
  description    = "The tag of the image that runs; lotus ops deploy writes it"
  type           = "String"
  insecure_value = "none"
  lifecycle {
    ignore_changes = [insecure_value]
  }
}
