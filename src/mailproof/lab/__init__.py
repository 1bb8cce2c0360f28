"""Mail servers to learn and test on: the embedded one with its faults, and the private real one."""
