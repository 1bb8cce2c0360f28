"""Mail logs, read: found, opened, put in order; explained, traced, followed as they grow, counted."""
