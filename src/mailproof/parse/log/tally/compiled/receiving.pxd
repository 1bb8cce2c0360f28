from mailproof.parse.log.tally.compiled.kept cimport Kept, Program
from mailproof.parse.log.tally.compiled.scan cimport Text


cdef bint smtpd(Kept kept, Program program, Text queue_id, Text text) except -1
cdef bint pickup(Program program, Text queue_id, Text text) except -1
cdef bint postscreen(Kept kept, Program program, Text text) except -1
cdef bint postgrey(Kept kept, Program program, Text text) except -1
