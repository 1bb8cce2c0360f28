"""Courier 1.0.16 whole: its SMTP server, its queue, and its IMAP server 5.0.13, with users of a hosted domain."""

from __future__ import annotations

from courierusers import prepared
from unpacked import Brand, Place

# What differs from Debian's /etc/courier/esmtpd: no DNS, and nobody is kept waiting.
SMTP = """
BOFHCHECKDNS=0
TARPIT=0
ESMTPAUTH_TLS="PLAIN LOGIN"
TLS_CERTFILE=/etc/courier/server.pem
"""
IMAP = """
IMAP_TLS_REQUIRED=1
IMAP_STARTTLS=YES
TLS_CERTFILE=/etc/courier/server.pem
TLS_CACHEFILE=
"""


def configure(place: Place) -> str:
    place.write("smtp", SMTP)
    place.write("imap", IMAP)
    tcpd = (
        "/usr/sbin/couriertcpd -address=127.0.0.1 -nodnslookup -noidentlookup -stderrlogger=/usr/sbin/courierlogger"
    )
    return f"""{prepared(place, "/etc/courier/server.pem")}\
echo mail.example.test >/etc/courier/me
: >/etc/courier/locals
for table in hosteddomains esmtpacceptmailfor.dir; do
    echo example.test >/etc/courier/$table/default
    makedat.courier -src=/etc/courier/$table -file=/etc/courier/${{table%.dir}}.dat -tmp=/etc/courier/$table.tmp
done
for folder in tmp/broken msgs msgq track filters allfilters sts; do mkdir -p /var/lib/courier/$folder; done
chown -R courier:courier /var/lib/courier
makealiases
/usr/lib/courier/courier-authlib/authdaemond &
/usr/lib/courier/courierctl.start
set -a
prefix=/usr exec_prefix=/usr sbindir=/usr/sbin bindir=/usr/bin sysconfdir=/etc/courier
(
. /etc/courier/esmtpd
. {place.directory}/smtp
cd /usr
exec {tcpd} -user=courier -group=courier {place.ports["smtp"]} /usr/sbin/courieresmtpd
) &
(
. /etc/courier/imapd
. /etc/courier/imapd-ssl
. {place.directory}/imap
exec {tcpd} -stderrloggername=imapd {place.ports["imap"]} \
    /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir
) &
wait
"""


COURIER_MTA = Brand(
    "courier-mta",
    "usr/lib/courier/courier/courierd",
    ("smtp", "imap"),
    users=("courier",),
    configure=configure,
    logs=("syslog",),
)
