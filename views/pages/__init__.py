"""The pages: what a person reads in a browser. Made on the server, of the same JSON that the API answers."""
