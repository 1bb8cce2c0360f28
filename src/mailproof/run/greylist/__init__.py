"""Greylisting: the files beside a greylist.conf, a Debian source package, the same mail offered again and again."""
