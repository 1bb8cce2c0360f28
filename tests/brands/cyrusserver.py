"""Cyrus IMAP 3.6.1 (Debian's cyrus-imapd and cyrus-pop3d): its defaults, TLS, and users in a sasldb."""

from __future__ import annotations

from unpacked import ACCOUNTS, Brand, Place

# What differs from Debian's /etc/imapd.conf.
SETTINGS = """
admins: cyrus
servername: mail.example.test
virtdomains: userid
defaultdomain: localhost
unixhierarchysep: yes
altnamespace: yes
autocreate_quota: 0
autocreate_post: yes
allowplaintext: no
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_mech_list: PLAIN LOGIN SCRAM-SHA-256
tls_server_cert: /etc/cyrus/chain.pem
tls_server_key: /etc/cyrus/key.pem
"""

SERVICES = """
START {{
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}}
SERVICES {{
  imap cmd="imapd" listen="127.0.0.1:{imap}"
  imaps cmd="imapd -s" listen="127.0.0.1:{imaps}"
  pop3 cmd="pop3d" listen="127.0.0.1:{pop3}"
  pop3s cmd="pop3d -s" listen="127.0.0.1:{pop3s}"
  sieve cmd="timsieved" listen="127.0.0.1:{sieve}"
  lmtpunix cmd="lmtpd" listen="/run/cyrus/socket/lmtp"
}}
EVENTS {{
  checkpoint cmd="/usr/sbin/cyrus ctl_cyrusdb -c" period=30
}}
"""


def configure(place: Place) -> str:
    place.write("services", SERVICES.format(**place.ports))
    settings = place.changed(SETTINGS)
    place.write("settings", settings)
    names = "|".join(line.partition(":")[0] for line in settings.split("\n") if line)
    users = "\n".join(
        f"printf %s {password} | saslpasswd2 -p -c -u example.test {user.partition('@')[0]}"
        for user, password in ACCOUNTS.items()
    )
    return f"""
set -e
grep -v -E '^({names}):' /etc/imapd.conf >/run/imapd.conf
cat /run/imapd.conf {place.directory}/settings >/etc/imapd.conf
cp {place.directory}/services /etc/cyrus.conf
{users}
mkdir -p /etc/cyrus /run/cyrus/proc /run/cyrus/lock /run/cyrus/socket \
  /var/lib/cyrus /var/spool/cyrus/mail /var/spool/cyrus/news /var/spool/sieve
cp {place.chain} {place.key} /etc/cyrus/
chown -R cyrus:mail /etc/cyrus /etc/sasldb2 /run/cyrus /var/lib/cyrus /var/spool/cyrus /var/spool/sieve
chmod 755 /run/cyrus /run/cyrus/socket
runuser -u cyrus -- /usr/lib/cyrus/bin/makedirs
exec /usr/lib/cyrus/bin/master -D
"""


CYRUS = Brand(
    "cyrus",
    "usr/lib/cyrus/bin/master",
    ("pop3", "pop3s", "imap", "imaps", "sieve"),
    users=("cyrus:mail",),
    configure=configure,
    sockets={"lmtp": "run/cyrus/socket/lmtp"},
    logs=("syslog",),
)
