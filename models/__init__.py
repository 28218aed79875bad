"""Tables, partitions, migrations and histories. Knows SQLAlchemy and psycopg2, and nothing of the rest."""
