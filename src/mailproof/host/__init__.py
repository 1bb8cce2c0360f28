"""Files of a server, here; with `net`, the only room that touches the outside world."""
