"""Servers of other protocols that are upgraded to TLS, from Debian's packages."""

from __future__ import annotations

from unpacked import Brand, Place

SLAPD = """
include /etc/ldap/schema/core.schema
pidfile {d}/run/slapd.pid
argsfile {d}/run/slapd.args
TLSCertificateFile {d}/chain.pem
TLSCertificateKeyFile {d}/key.pem
TLSCACertificateFile {d}/root.pem
"""

VSFTPD = """
listen=YES
listen_address=127.0.0.1
listen_port={ftp}
background=NO
anonymous_enable=YES
nopriv_user=nobody
ftp_username=nobody
secure_chroot_dir={d}/run/empty
ssl_enable=YES
rsa_cert_file={d}/chain.pem
rsa_private_key_file={d}/key.pem
"""

INSPIRCD = """
<server name="irc.example.test" description="test" network="Test" id="97K">
<admin name="a" nick="a" email="a@example.test">
<bind address="127.0.0.1" port="{irc}" type="clients">
<bind address="127.0.0.1" port="{ircs}" type="clients" sslprofile="clients">
<connect allow="*" timeout="60" pingfreq="120">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="clients" provider="gnutls" certfile="{d}/chain.pem" keyfile="{d}/key.pem">
<starttls profile="clients">
<pid file="{d}/run/inspircd.pid">
<log method="file" type="*" level="default" target="{d}/run/inspircd.log">
<dns server="127.0.0.1" timeout="1">
<options prefixquit="" defaultmodes="not">
"""

PROSODY = """
daemonize = false
run_as_root = true
pidfile = "{d}/run/prosody.pid"
data_path = "{d}/lib"
plugin_paths = {{}}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {xmpp} }}
s2s_ports = {{ {xmppserver} }}
modules_enabled = {{ "tls"; "saslauth"; "disco" }}
modules_disabled = {{ "http" }}
c2s_require_encryption = true
log = {{ error = "*console" }}
ssl = {{ certificate = "{d}/chain.pem"; key = "{d}/key.pem" }}
VirtualHost "mail.example.test"
"""


def _slapd(place: Place) -> str:
    place.write("slapd.conf", SLAPD.format(d=place.directory))
    return f'exec slapd -d 0 -h "ldap://127.0.0.1:{place.ports["ldap"]}" -f {place.directory}/slapd.conf'


def _vsftpd(place: Place) -> str:
    place.write("vsftpd.conf", VSFTPD.format(d=place.directory, **place.ports))
    # Not as process 1: that is given the children of its children when these end, and vsftpd ends with one that it
    # does not know (standalone.c, drop_ip_count).
    return f"mkdir {place.directory}/run/empty; vsftpd {place.directory}/vsftpd.conf; exit $?"


def _inspircd(place: Place) -> str:
    d = place.directory
    place.write("inspircd.conf", INSPIRCD.format(d=d, **place.ports))
    return f"exec inspircd --nofork --runasroot --config={d}/inspircd.conf"


def _prosody(place: Place) -> str:
    ports = {name.replace("-", ""): port for name, port in place.ports.items()}
    place.write("prosody.cfg.lua", PROSODY.format(d=place.directory, **ports))
    return f"exec prosody --config {place.directory}/prosody.cfg.lua -F"


def _postgresql(place: Place) -> str:
    d, programs = place.directory, "/usr/lib/postgresql/15/bin"
    user = "setpriv --reuid postgres --regid postgres --clear-groups"
    tls = f"-c ssl=on -c ssl_cert_file={d}/chain.pem -c ssl_key_file={d}/lib/pg.key"
    listen = f"-c listen_addresses=127.0.0.1 -c port={place.ports['postgres']} -c unix_socket_directories="
    return "\n".join(
        (
            f"mkdir {d}/lib/pg && cp {d}/key.pem {d}/lib/pg.key",
            f"chmod 600 {d}/lib/pg.key && chown -R postgres: {d}/lib",
            f"{user} {programs}/initdb -D {d}/lib/pg -A trust --no-locale --no-sync",
            f"exec {user} {programs}/postgres -D {d}/lib/pg {tls} {listen}",
        )
    )


def _mariadb(place: Place) -> str:
    d = place.directory
    tls = f"--ssl-cert={d}/chain.pem --ssl-key={d}/lib/my.key --ssl-ca={d}/root.pem"
    where = f"--datadir={d}/lib/my --socket={d}/run/my.sock --pid-file={d}/run/my.pid --port={place.ports['mysql']}"
    return (
        f"mkdir {d}/lib/my && cp {d}/key.pem {d}/lib/my.key && chown -R mysql: {d}/lib {d}/run\n"
        f"exec mariadbd --no-defaults --user=mysql --skip-grant-tables --bind-address=127.0.0.1 {where} {tls}"
    )


OPENLDAP = Brand("openldap", "usr/sbin/slapd", ("ldap",), (), _slapd)
VSFTPD_ = Brand("vsftpd", "usr/sbin/vsftpd", ("ftp",), (), _vsftpd)
INSPIRCD_ = Brand("inspircd", "usr/sbin/inspircd", ("irc", "ircs"), ("irc",), _inspircd)
PROSODY_ = Brand("prosody", "usr/bin/prosody", ("xmpp", "xmpp-server"), ("prosody",), _prosody)
POSTGRESQL = Brand("postgresql", "usr/lib/postgresql/15/bin/postgres", ("postgres",), ("postgres",), _postgresql)
MARIADB = Brand("mariadb", "usr/sbin/mariadbd", ("mysql",), ("mysql",), _mariadb)
