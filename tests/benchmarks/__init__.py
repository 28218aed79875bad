"""Measurements beside peers and physical limits: `python -m tests.benchmarks`."""
