# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The loop over the lines of a log, and the forms that most of them have, compiled; `count` takes it if it is there.

It takes the lines that `quick` and `forms` take, with the same outcome, and hands the rarer ones to the handlers of
`quick`; a line that these do not take either is left to `count`. So a form that is missing here costs time alone.
tests/parse/log holds all ways of counting to the same counts.

Lines are told by strangers. Nothing is read behind the end of a line, every line that is taken is of printable ASCII,
and what is remembered of lines has a limit.
"""

from libc.string cimport memchr

from mailproof.parse.log.tally.compiled.delivering cimport delivery, qmgr
from mailproof.parse.log.tally.compiled.dovecot cimport dovecot
from mailproof.parse.log.tally.compiled.forms cimport (
    DELIVERY,
    DOVECOT,
    OTHER,
    PICKUP,
    POSTGREY,
    POSTSCREEN,
    QMGR,
    SMTPD,
    is_silent,
    may_be_stamped,
    take_queue_id,
    takes_stamp,
    takes_head,
)
from mailproof.parse.log.tally.compiled.kept cimport Kept, Program
from mailproof.parse.log.tally.compiled.known cimport Known
from mailproof.parse.log.tally.compiled.receiving cimport pickup, postgrey, postscreen, smtpd
from mailproof.parse.log.tally.compiled.scan cimport Text, fill_sets, is_less, is_plain, size, told

# As in `count`: a line that is longer is read in the ordinary way.
cdef enum:
    LONGEST = 4096
    # To learn a program takes as long as to count some hundred lines. Where there are too many, those that are known
    # stay for so many lines, and those of the others are read by patterns.
    WORTH_LEARNING = 1 << 16

# What became of a line.
cdef enum Taken:
    FAILED
    LEFT
    COUNTED
    IN_THE_ORDINARY_WAY

fill_sets()


cdef class CompiledLines:
    """Counts lines of one hour into the tables of those who are known by what `learn` tells."""

    cdef readonly Py_ssize_t lines
    """Taken by the last `take`."""
    cdef readonly Py_ssize_t other
    """Those of them that are of no mail server."""
    cdef Kept kept
    cdef Known programs
    cdef Text first, last
    cdef Py_ssize_t since_forgotten
    cdef bint all_plain
    cdef bytes block

    @property
    def addresses(self) -> int:
        """So many are kept back at most, of senders or of recipients."""
        return max(self.kept.senders.many, self.kept.recipients.many)

    def __init__(self, object tables not None) -> None:
        self.kept, self.programs = Kept(tables), Known()
        self.block = b""

    def begin(self, bytes block not None) -> None:
        """`take` is told places in this block from now on."""
        cdef Py_ssize_t at, length = len(block)
        cdef const unsigned char *text = block
        cdef unsigned char strange = 0
        for at in range(length):
            strange |= (<unsigned char>(text[at] - 32) > 94) & (text[at] != 10)
        self.first.at = self.first.end = NULL
        self.block, self.all_plain = block, not strange
        self.kept.make_room()

    def take(
        self,
        Py_ssize_t start,
        bytes hour not None,
        bytes zone,
        object learn not None,
        object ordinary not None,
    ) -> int:
        """Count lines from `start` on, as long as they are of this hour (and zone, where one is told), and plain.

        Lines are asked for their zone where there is a period. `learn` takes `mx postfix/smtpd` in bytes and gives
        the arguments of Program; `ordinary` takes a line, and its time too.

        Returns where the first other line begins, or the end of the block. A line that is too long, or in front of
        which nobody is named, is another line too.
        """
        cdef const char *begin = self.block
        cdef const char *end = begin + len(self.block)
        cdef const char *begin_of_line
        cdef Text *their_zone = NULL
        cdef Text line, clock, told_hour, told_zone
        cdef Py_ssize_t lines = 0
        cdef Taken taken
        if not 0 <= start <= len(self.block):
            raise ValueError("outside the block")
        if not hour:
            raise ValueError("no hour")
        told_hour.at = hour
        told_hour.end = told_hour.at + len(hour)
        if zone is not None:
            told_zone.at = zone
            told_zone.end = told_zone.at + len(zone)
            their_zone = &told_zone
        self.first.at = self.first.end = NULL
        self.lines = self.other = 0
        line.at = begin + start
        try:
            while line.at < end:
                begin_of_line = line.at
                line.end = <const char *>memchr(line.at, 10, end - line.at)
                if line.end == NULL:
                    line.end = end
                taken = LEFT
                if (
                    size(line) <= LONGEST
                    and takes_stamp(&line, &clock, told_hour, their_zone)
                    and (self.all_plain or is_plain(line))
                ):
                    taken = self._line(line, begin_of_line, zone is not None, learn, ordinary)
                if taken == LEFT:
                    line.at = begin_of_line
                    break
                lines += 1
                if taken == IN_THE_ORDINARY_WAY:
                    pass
                elif self.first.at == NULL:
                    self.first = self.last = clock
                elif is_less(clock, self.first):
                    self.first = clock
                elif is_less(self.last, clock):
                    self.last = clock
                line.at = line.end + 1
        finally:
            self.lines = lines
            self.kept.lines += lines
            self.kept.senders.catch_up()
            self.kept.recipients.catch_up()
            self._settle_hour()
        return min(line.at, end) - begin

    def span(self) -> tuple[str, str]:
        """What follows the hour in the earliest and the latest stamp of the last `take`, but for `ordinary` lines."""
        if self.first.at == NULL:
            return "", ""
        return told(self.first), told(self.last)

    def settle(self) -> None:
        """Add to the tables what has been kept back."""
        self.kept.settle()

    cdef int _settle_hour(self) except -1:
        """What is of an hour is not kept back longer."""
        cdef int at
        for at in range(self.programs.many):
            (<Program>self.programs.meaning(self.programs.touched[at])).settle()
        self.since_forgotten += self.lines
        if not self.programs.full() or self.since_forgotten < WORTH_LEARNING:
            return self.programs.clear_sums()
        self.since_forgotten = 0
        return self.programs.forget()

    cdef Taken _line(
        self, Text line, const char *begin, bint in_period, object learn, object ordinary
    ) except FAILED:
        """Count a line that is plain from behind its stamp; it is left where nobody can be known by its head.

        In a period it is left too if its time may be another one inside.
        """
        cdef Text head, queue_id
        cdef Program program
        if not takes_head(&line, &head):
            return LEFT
        program = self._program(head, learn)
        if program is None:
            return LEFT
        take_queue_id(&line, &queue_id)
        if self._counted(program, queue_id, line) or program.handled(queue_id, line):
            return COUNTED
        if in_period and may_be_stamped(line):
            return LEFT
        ordinary(begin[: line.end - begin])
        return IN_THE_ORDINARY_WAY

    cdef Program _program(self, Text head, object learn):
        """None where there are too many of them."""
        cdef int number = self.programs.find(head)
        if number < 0:
            if self.programs.full():
                return None
            number = self.programs.learn(head, Program(*learn(head.at[: size(head)])))
        self.programs.row(number)
        return <Program>self.programs.meaning(number)

    cdef bint _counted(self, Program program, Text queue_id, Text text) except -1:
        """What follows the queue id; False where it has a form that is not known here, and nothing was counted."""
        if program.kind == SMTPD:
            return smtpd(self.kept, program, queue_id, text)
        if program.kind == QMGR:
            return qmgr(self.kept, program, queue_id, text)
        if program.kind == DELIVERY:
            return delivery(self.kept, program, queue_id, text)
        if program.kind == PICKUP:
            return pickup(program, queue_id, text)
        if is_silent(program.kind, size(queue_id) > 0, text):
            return True
        if size(queue_id):
            return False
        if program.kind == DOVECOT:
            return dovecot(self.kept, program, text)
        if program.kind == POSTSCREEN:
            return postscreen(self.kept, program, text)
        if program.kind == POSTGREY:
            return postgrey(self.kept, program, text)
        # A line around another one is not of no mail server.
        if program.kind == OTHER and not may_be_stamped(text):
            self.other += 1
            return True
        return False
