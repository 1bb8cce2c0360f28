"""Another machine through the system's ssh: one process, and a POSIX sh at its other end."""
