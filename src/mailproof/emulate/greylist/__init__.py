"""What milter-greylist would decide, computed from its greylist.conf."""
