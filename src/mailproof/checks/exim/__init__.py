"""What Exim's own configuration says of it."""
