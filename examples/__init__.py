"""Applications that show how to record events."""
