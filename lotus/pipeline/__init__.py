"""A job from brief to composition: attempts, lease, outputs, payment."""
