"""What Postfix's own files say of it."""
