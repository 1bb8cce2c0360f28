"""Milters of Debian's packages: OpenDKIM, Rspamd, spamass-milter, and milter-greylist of Debian 11."""

from __future__ import annotations

from unpacked import Brand, Place

DKIM_RECORD = "s1._domainkey.example.test"

OPENDKIM_CONF = """
Domain example.test
Selector s1
KeyFile {d}/dkim.pem
Socket inet:{milter}@127.0.0.1
Mode s
Canonicalization relaxed/relaxed
InternalHosts 127.0.0.1
Background no
RequireSafeKeys no
"""


def _opendkim(place: Place) -> str:
    place.write("opendkim.conf", place.changed(OPENDKIM_CONF.format(d=place.directory, **place.ports)))
    return f"""
openssl genrsa -out {place.directory}/dkim.pem 2048 2>/dev/null
openssl rsa -in {place.directory}/dkim.pem -pubout -out {place.directory}/dkim.pub 2>/dev/null
exec env LD_LIBRARY_PATH=/usr/lib opendkim -f -x {place.directory}/opendkim.conf -u root
"""


OPENDKIM = Brand("milters", "usr/sbin/opendkim", ("milter",), users=(), configure=_opendkim)

# No name server is asked but one that answers nothing, and quickly; what needs another machine is off.
RSPAMD_FILES = {
    "options.inc": """
filters = "regexp";
dns {{ timeout = 0.05s; retransmits = 1; nameserver = ["127.0.0.1:9:1"]; }}
local_addrs = [];
""",
    "logging.inc": 'type = "console"; level = "notice";',
    "worker-proxy.inc": """
bind_socket = "127.0.0.1:{milter}";
milter = yes;
count = 1;
upstream "local" {{ default = yes; self_scan = yes; }}
""",
    "worker-normal.inc": "enabled = false;",
    "worker-controller.inc": "enabled = false;",
    "worker-fuzzy.inc": "enabled = false;",
    "milter_headers.conf": 'use = ["x-spamd-bar", "x-spam-level"]; skip_local = false;',
}


def _rspamd(place: Place) -> str:
    for name, text in RSPAMD_FILES.items():
        if name.startswith(("options", "logging", "worker", "milter")):
            place.write(f"etc/rspamd/local.d/{name}", text.format(**place.ports))
    return """
mkdir -p /run/rspamd /var/lib/rspamd /var/log/rspamd
exec rspamd -f -i -c /etc/rspamd/rspamd.conf
"""


RSPAMD = Brand("milters", "usr/bin/rspamd", ("milter",), users=("_rspamd",), configure=_rspamd)


def _spamass(place: Place) -> str:
    return f"exec spamass-milter -p {place.directory}/run/spamass.sock\n"


SPAMASS = Brand(
    "milters", "usr/sbin/spamass-milter", (), users=(), configure=_spamass, sockets={"unix": "run/spamass.sock"}
)

GREYLIST_CONF = """
socket "inet:{milter}@127.0.0.1"
dumpfile "{d}/run/greylist.db"
pidfile "{d}/run/greylist.pid"
nospf
"""


def _greylist(place: Place) -> str:
    place.write("greylist.conf", place.changed(GREYLIST_CONF.format(d=place.directory, **place.ports) + "# rules\n"))
    return f"exec milter-greylist -D -f {place.directory}/greylist.conf -u root\n"


GREYLIST = Brand("milter-greylist", "usr/sbin/milter-greylist", ("milter",), users=("greylist",), configure=_greylist)


def _postgrey(place: Place) -> str:
    where = f"--inet=127.0.0.1:{place.ports['policy']} --pidfile=$d/postgrey.pid --dbdir=$d/postgrey"
    return f"""
d={place.directory}/run
mkdir -p $d/postgrey
exec perl -T /usr/sbin/postgrey {where} --delay=4 --user=root --group=root --auto-whitelist-clients=0
"""


POSTGREY = Brand("milters", "usr/sbin/postgrey", ("policy",), users=("postgrey",), configure=_postgrey)
