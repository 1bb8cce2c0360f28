"""From what the user named to a Record: targets, endpoints, which jobs, in which order, under which limits."""
