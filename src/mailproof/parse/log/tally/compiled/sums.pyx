# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""As `tally.sums`."""


def add_numbers(dict table not None, dict more not None) -> None:
    """Those of the other table, too."""
    for key, number in more.items():
        add(table, key, number)


def by_domain(dict addresses not None) -> dict[str, int]:
    """By what follows the first `@`, or the whole name where there is none."""
    cdef dict domains = {}
    cdef str address
    for address, number in addresses.items():
        add(domains, address[address.find("@") + 1 :], number)
    return domains
