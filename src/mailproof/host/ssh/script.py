"""What the shell at the other end does: it answers requests of a fixed list, and knows no other.

A request is a line with its name, and a line for each word that goes with it. Words are read into a variable and
stand in double quotes ever after: no shell parses them, so nothing is quoted and nothing injected. An answer is
whatever is printed, and behind it a line with a mark that nobody can guess, the number of the answer, and the status.

POSIX.1-2017 and no more is needed; stat(1) and timeout(1) are used where they are. Tried with dash, bash, busybox,
ksh93 and mksh. Nothing is written there, no variable is exported but the locale and PATH, no history is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailproof.host.commands import READING, SLOT
from mailproof.host.interface import BLOCK

FIRST_BLOCKS = 16
"""Of a file that is read: a configuration is smaller; of what is larger the rest is asked for."""
MOST_FILES = 1000
"""As `host.here`; a pattern that fits more is a mistake."""
SECONDS = 9
"""For one command, where there is a timeout(1)."""

_BEGIN = """\
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
m={mark}; n=0; i=$IFS; t=
over() {{ printf '\\n%s.%s %s\\n' "$m" "$n" "$1"; n=$((n+1)); }}
over 0
timeout 9 true </dev/null >/dev/null 2>&1 && t='timeout {seconds}'
run() {{ $t "$@" </dev/null 2>/dev/null; }}
case $(stat -L -c '%f %.9Y' / 2>/dev/null) in
*.*) look() {{ $t stat -L -c '%f %u %g %s %i %.9Y %U:%G' -- "$p" </dev/null 2>&1; }} ;;
*' '*) look() {{ $t stat -L -c '%f %u %g %s %i %Y %U:%G' -- "$p" </dev/null 2>&1; }} ;;
*) case $(stat -L -f '%Xp %m' / 2>/dev/null) in
  [0-9a-f]*' '[0-9]*) look() {{ $t stat -L -f '%Xp %u %g %z %i %Fm %Su:%Sg' -- "$p" </dev/null 2>&1; }} ;;
  *) look() {{ $t ls -lidL -- "$p" </dev/null 2>&1; }} ;;
  esac ;;
esac
{{ printf '%s\\n' "$SSH_CONNECTION"
over 0
while IFS= read -r v; do
case $v in
look) IFS= read -r p; look; over $? ;;
read) IFS= read -r p; look; r=$?; over $r
  if [ $r = 0 ] && [ -f "$p" ]; then run dd if="$p" bs={block} count={first}; over $?; else over 1; fi ;;
part) IFS= read -r p; IFS= read -r a; IFS= read -r b
  if [ -f "$p" ]; then run dd if="$p" bs={block} skip="$a" count="$b"; over $?; else over 1; fi ;;
lines) IFS= read -r p; IFS= read -r b
  if [ -f "$p" ]; then run dd if="$p" bs={block} count="$b" | wc -l; over $?; else over 1; fi ;;
glob) IFS= read -r p; k=0; IFS=
  for f in $p; do
    if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\\000' "$f"; k=$((k+1)); [ $k -lt {most} ] || break; fi
  done
  IFS=$i; over 0 ;;
clock) TZ=UTC0 date +%Y%m%d%H%M%S; date +%Y%m%d%H%M%S; over $? ;;
"""
_END = """\
*) over 126 ;;
esac
done; }
"""


def script(mark: str) -> bytes:
    """For the standard input of sh. Nothing may be sent behind it before its second answer has come.

    dash and busybox read ahead, and what they have read then is not there for `read`. The second answer and the loop
    are one compound command, so that it comes when all is parsed.
    """
    begin = _BEGIN.format(mark=mark, seconds=SECONDS, block=BLOCK, first=FIRST_BLOCKS, most=MOST_FILES)
    return (begin + "".join(_arms(READING)) + _END).encode("ascii")


def as_root(mark: str) -> bytes:
    """Instead of the first lines of `script`: the same, and then a shell of root in the place of this one."""
    end = "printf '\\n%s.%s %s\\n' " + mark
    return f"{end} 0 0; printf '%s\\n' \"$SSH_CONNECTION\"; {end} 1 0; exec sudo -n sh\n".encode("ascii")


def _arms(forms: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for number, form in enumerate(forms):
        words = ['"$a"' if word == SLOT else f"'{word}'" for word in form]
        reads = "IFS= read -r a; " * form.count(SLOT)
        yield f"run{number}) {reads}run {' '.join(words)}; over $? ;;\n"
