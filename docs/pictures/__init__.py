"""Pictures of the pages, for the README; made by ``python -m docs.pictures``."""
