"""sendmail 8.17.1.9 (Debian's sendmail-bin and sendmail-cf): Debian's own sendmail.mc, TLS, and users in a sasldb."""

from __future__ import annotations

from unpacked import ACCOUNTS, Brand, Place

# As Debian's /etc/mail/sendmail.mc, with other ports, TLS and AUTH.
CONFIGURATION = """
define(`_USE_ETC_MAIL_')dnl
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Family=inet, Name=MTA-v4, Port={smtp}, Addr=127.0.0.1')dnl
DAEMON_OPTIONS(`Family=inet, Name=MSP-v4, Port={submission}, M=Ea, Addr=127.0.0.1')dnl
DAEMON_OPTIONS(`Family=inet, Name=TLS-v4, Port={submissions}, M=Eas, Addr=127.0.0.1')dnl
define(`confPRIVACY_FLAGS',dnl
`needmailhelo,needexpnhelo,needvrfyhelo,restrictqrun,restrictexpand,nobodyreturn,authwarnings')dnl
define(`confDOMAIN_NAME', `mail.example.test')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`confCACERT', `/etc/mail/tls/chain.pem')dnl
define(`confSERVER_CERT', `/etc/mail/tls/chain.pem')dnl
define(`confSERVER_KEY', `/etc/mail/tls/key.pem')dnl
define(`confAUTH_OPTIONS', `A p y')dnl
define(`confAUTH_MECHANISMS', `PLAIN LOGIN')dnl
TRUST_AUTH_MECH(`PLAIN LOGIN')dnl
FEATURE(`use_cw_file')dnl
FEATURE(`access_db', , `skip')dnl
FEATURE(`delay_checks', `friend', `n')dnl
define(`confBAD_RCPT_THROTTLE',`3')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`nocanonify')dnl
define(`LOCAL_MAILER_PATH', `/usr/libexec/sendmail/mail.local')dnl
define(`LOCAL_MAILER_ARGS', `mail.local -l')dnl
define(`LOCAL_MAILER_FLAGS', `PSXmnz9')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

SASL = """pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
"""


def configure(place: Place) -> str:
    place.write("sendmail.mc", place.changed(CONFIGURATION.format(**place.ports)))
    place.write("etc/sasl2/Sendmail.conf", SASL)
    users = "\n".join(
        f"printf %s {password} | saslpasswd2 -p -c -u example.test {user.partition('@')[0]}"
        for user, password in ACCOUNTS.items()
    )
    d = place.directory
    return f"""
set -e
{users}
mkdir -p /etc/mail/tls /var/spool/mqueue /run/sendmail/mta /var/lib/sendmail/host_status
chmod 700 /var/spool/mqueue
chmod 1777 /var/mail
cp {d}/root.pem {place.chain} {place.key} /etc/mail/tls/
echo example.test >/etc/mail/local-host-names
m4 {d}/sendmail.mc >/etc/mail/sendmail.cf
cp /etc/mail/service.switch-nodns /etc/mail/service.switch
: >/etc/mail/access
/usr/libexec/sendmail/makemap hash /etc/mail/access </etc/mail/access
printf '%s\\n' 'alice:x:63990:8::/nonexistent:/usr/sbin/nologin' 'bob:x:63991:8::/nonexistent:/usr/sbin/nologin' \
  >>/etc/passwd
printf 'postmaster: root\\n' >/etc/mail/aliases
/usr/libexec/sendmail/newaliases
exec /usr/libexec/sendmail/sendmail -bD -q1h
"""


SENDMAIL = Brand(
    "sendmail",
    "usr/libexec/sendmail/sendmail",
    ("smtp", "submission", "submissions"),
    users=("smmta", "smmsp"),
    configure=configure,
    logs=("syslog",),
)
