"""A small package index that records every sensitive action; README.md is the guide to it."""
