# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""As `tally.sums`."""

from cpython.dict cimport PyDict_GetItem, PyDict_SetItem
from cpython.object cimport PyObject


def add_numbers(dict table not None, dict more not None) -> None:
    """Those of the other table, too."""
    cdef PyObject *known
    for key, number in more.items():
        known = PyDict_GetItem(table, key)
        PyDict_SetItem(table, key, number if known == NULL else <object>known + number)


def by_domain(dict addresses not None) -> dict[str, int]:
    """By what follows the first `@`, or the whole name where there is none."""
    cdef dict domains = {}
    cdef PyObject *known
    cdef str address, domain
    for address, number in addresses.items():
        domain = address[address.find("@") + 1 :]
        known = PyDict_GetItem(domains, domain)
        PyDict_SetItem(domains, domain, number if known == NULL else <object>known + number)
    return domains
