"""The demo: the whole pipeline with events going through it, watched, and counted at the end."""
