"""What the API answers with, as its OpenAPI document describes it; pages and session use the same."""
