"""Debian source packages, as far as rebuilding one by hand needs them (deb-src-control(5), dsc(5))."""
