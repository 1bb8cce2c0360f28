"""Courier's POP3 server 1.0.16 (Debian's courier-pop) with its own configuration, TLS, and users in a userdb."""

from __future__ import annotations

from courierusers import prepared
from unpacked import Brand, Place

# What differs from Debian's /etc/courier/pop3d and pop3d-ssl.
SETTINGS = """
PORT={pop3}
SSLPORT={pop3s}
ADDRESS=127.0.0.1
SSLADDRESS=127.0.0.1
MAXPERIP=40
POP3AUTH_TLS="PLAIN LOGIN"
TLS_CERTFILE=/etc/courier/pop3d.pem
TLS_CACHEFILE=
POP3_TLS_REQUIRED=1
"""


def configure(place: Place) -> str:
    place.write("settings", place.changed(SETTINGS.format(**place.ports)))
    return f"""{prepared(place, "/etc/courier/pop3d.pem")}\
set -a
prefix=/usr exec_prefix=/usr sbindir=/usr/sbin bindir=/usr/bin libexecdir=/usr/lib/courier
. /etc/courier/pop3d
. /etc/courier/pop3d-ssl
. {place.directory}/settings
/usr/lib/courier/courier-authlib/authdaemond &
logger="-stderrlogger=/usr/sbin/courierlogger -stderrloggername=pop3d"
serve="/usr/sbin/couriertcpd $logger -maxprocs=$MAXDAEMONS -maxperip=$MAXPERIP $TCPDOPTS"
pop3d="$libexecdir/courier/courierpop3login $libexecdir/courier/courierpop3d Maildir"
$serve -address=$ADDRESS $PORT $pop3d &
POP3_TLS=1 POP3_STARTTLS=NO POP3_TLS_REQUIRED=0 \
  $serve -address=$SSLADDRESS $SSLPORT $COURIERTLS -server -tcpd -user=courier $pop3d &
wait
"""


COURIER = Brand(
    "courier",
    "usr/lib/courier/courier/courierpop3d",
    ("pop3", "pop3s"),
    users=("courier",),
    configure=configure,
    logs=("syslog",),
)
