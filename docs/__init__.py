"""The project's pages, and what generates some of them from the code: ``python -m docs.generate``."""
