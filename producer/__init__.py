"""What runs in the application's process: `emit`, the request's context, the catalogue, the spool."""
