"""The `trailkeeper` command for operators and admins, the embedded stack and the demo."""
