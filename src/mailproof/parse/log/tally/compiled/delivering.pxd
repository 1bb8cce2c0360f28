from mailproof.parse.log.tally.compiled.kept cimport Kept, Program
from mailproof.parse.log.tally.compiled.scan cimport Text


cdef bint qmgr(Kept kept, Program program, Text queue_id, Text text) except -1
cdef bint delivery(Kept kept, Program program, Text queue_id, Text text) except -1
