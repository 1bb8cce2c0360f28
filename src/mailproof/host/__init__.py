"""A server's machine: this one, or another by ssh. With `net`, the only room that touches the outside world."""
