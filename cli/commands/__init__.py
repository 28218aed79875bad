"""One module a command; cli/registry.py lists them."""
