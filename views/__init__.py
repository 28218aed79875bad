"""The read side over HTTP: a JSON API and pages, over one policy. Knows FastAPI; queries are models'."""
