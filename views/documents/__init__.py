"""The documents of the API, as its OpenAPI document describes them."""
