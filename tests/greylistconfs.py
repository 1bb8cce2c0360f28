"""Small greylist.conf files: those with which milter-greylist 4.6.2 starts, and those with which it does not.

`tests/brands/test_real_greylist.py` asks it (`milter-greylist -c`).
"""

from __future__ import annotations

STARTS = {
    "default": "racl greylist default\n",
    "from and an expression": "racl whitelist from a@b from /x/\n",
    "two recipients": "racl whitelist rcpt a@b rcpt c@d\n",
    "a delay with its unit": "racl greylist default delay 30s\n",
    "a rule after the default": "racl greylist default\nracl whitelist rcpt a@b\n",
    "not at the end": "racl whitelist rcpt a@b not\nracl greylist rcpt c@d\nracl greylist default\n",
    "not alone": "racl whitelist not\n",
    "a bracket in a basic expression": "racl whitelist rcpt /(/\n",
    "a country in small letters": 'racl blacklist geoip "cn"\n',
    "two countries": 'racl blacklist geoip "CN" geoip "RU"\n',
    "the old form of a rule": "acl greylist default\n",
    "the oldest form": "addr 10.0.0.0/8\nfrom a@b\n",
    "spf": "racl whitelist spf pass\nracl whitelist spf\n",
    "spf self": "racl whitelist spf self\n",
    "a time": 'racl whitelist time "* 8-16 * * 1-5" rcpt a@b\n',
    "a count": "racl whitelist rcptcount >= 25\n",
    "a database that is not there": 'geoipdb "/nonexistent"\nracl blacklist geoip "CN"\n',
    "three clauses": "racl whitelist domain example.com addr 10.0.0.1 from a@b\n",
    "a size": 'dacl blacklist msgsize >= 10M msg "big"\n',
    "colons": "racl whitelist: addr: 10.0.0.0/8\n",
    "quotes": 'racl blacklist rcpt a@b msg "say \\"no\\""\n',
    "large and small letters": "RACL Whitelist RCPT a@b\n",
    "an id and a code": 'racl "id" whitelist rcpt a@b code "250"\n',
}
STARTS_NOT = {
    "a slip of the pen": "racl greylist defalt\n",
    "no such list": 'racl whitelist list "x"\nracl greylist default\n',
    "a list after its use": 'racl whitelist list "x"\nlist "x" addr { 10.0.0.0/8 }\nracl greylist default\n',
    "no such dnsrbl": 'racl whitelist dnsrbl "x"\nracl greylist default\n',
    "two networks": "racl whitelist addr 10.0.0.0/8 addr 11.0.0.0/8\n",
    "two senders": "racl whitelist from a@b from c@d\n",
    "a header at RCPT": 'racl whitelist header "x"\n',
    "HELO after DATA": 'dacl whitelist helo "x"\n',
    "a delay without unit": "racl greylist default delay 30\n",
    "a mask too long": "racl whitelist addr 10.0.0.0/33\n",
    "an open bracket": "extendedregex\nracl whitelist rcpt /(/\n",
    "a mode": 'socket "/tmp/x" 777\n',
    "no such word": "nosuchthing 3\n",
    "two delays": "racl greylist default delay 3m delay 4m\n",
    "an empty list": 'list "x" addr { }\n',
    "two lists": 'list "x" addr { 10.0.0.0/8 }\nlist "x" addr { 11.0.0.0/8 }\nracl greylist default\n',
    "acl continue": "acl continue rcpt a@b\n",
    "a word too many": "racl greylist default delay 15m autowhite 3d trailing\n",
}
