"""OpenSMTPD with TLS and a table of its own users: 7.4.0p1 of Debian 12's backports, and Debian 12's own 6.8.0p2.

The second cannot make a TLS session: it was built for OpenSSL 1.1, and with OpenSSL 3 its processes do not find the
private key (OpenSMTPD issues 1171 and 1239).
"""

from __future__ import annotations

from unpacked import ACCOUNTS, Brand, Place

CONFIGURATION = """
pki lab cert "{d}/chain.pem"
pki lab key "{d}/key.pem"
table passwords file:/etc/mail/passwords
table mailboxes {{ "alice@example.test" = mail, "bob@example.test" = mail }}
listen on socket
listen on 127.0.0.1 port {smtp} tls pki lab hostname mail.example.test
listen on 127.0.0.1 port {submission} tls-require pki lab auth <passwords> hostname mail.example.test
listen on 127.0.0.1 port {submissions} smtps pki lab auth <passwords> hostname mail.example.test
action "local" maildir "/var/spool/mailboxes/%{{rcpt.user}}" virtual <mailboxes>
action "elsewhere" relay host smtp://127.0.0.1:9
match from any for domain "example.test" action "local"
match auth from any for any action "elsewhere"
"""


def configure(place: Place) -> str:
    place.write("smtpd.conf", place.changed(CONFIGURATION.format(d=place.directory, **place.ports)))
    entries = "\n".join(
        f"printf '%s\\t%s\\n' {user} \"$(/usr/libexec/opensmtpd/encrypt {password})\" >>/etc/mail/passwords"
        for user, password in ACCOUNTS.items()
    )
    return f"""
mkdir -p /etc/mail /var/spool/smtpd /var/lib/opensmtpd/empty /var/spool/mailboxes
chown mail:mail /var/spool/mailboxes
chmod 711 /var/spool/smtpd
{entries}
chown root:opensmtpd /etc/mail/passwords
chmod 640 /etc/mail/passwords
exec smtpd -F -f {place.directory}/smtpd.conf
"""


OPENSMTPD = Brand(
    "opensmtpd-backports",
    "usr/sbin/smtpd",
    ("smtp", "submission", "submissions"),
    users=("opensmtpd", "opensmtpq"),
    configure=configure,
    logs=("syslog",),
)
OPENSMTPD_OF_DEBIAN_12 = OPENSMTPD._replace(name="opensmtpd")
