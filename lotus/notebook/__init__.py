"""The storyboard editor of notebooks, and its previews."""
