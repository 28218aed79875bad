"""What the command `backfill` is made of: options, starting, following, showing."""
