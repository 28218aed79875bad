"""Hostile messages without end: `make fuzz`."""
