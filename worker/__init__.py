"""Stream to table: the drain, enrichment, retention. The only package that knows Celery."""
