from cpython.dict cimport PyDict_GetItem, PyDict_SetItem
from cpython.object cimport PyObject


cdef inline int add(dict table, object name, object number) except -1:
    """To what the table has of this name, or to nothing."""
    cdef PyObject *known = PyDict_GetItem(table, name)
    return PyDict_SetItem(table, name, number if known == NULL else <object>known + number)
