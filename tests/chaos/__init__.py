"""The chaos suite: a million events while everything fails, and a scorecard at the end (`make chaos`)."""
