"""What Dovecot's own files say of it."""
