"""What the server's own log says of this run."""
