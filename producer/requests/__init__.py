"""A request as it reached the server, and what of it can be trusted: client address and request id."""
