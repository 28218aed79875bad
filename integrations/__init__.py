"""Integrations with frameworks, each in its idioms. None knows another, or more than the producer.

docs/integrations.md says what each records by itself, and what it does not.
"""
