"""A request as it reached the server, and what of it is believed: the client's address, the request's id."""
