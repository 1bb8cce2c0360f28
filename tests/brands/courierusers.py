"""What both of Courier's servers begin with: their users, in a userdb, and a certificate."""

from __future__ import annotations

from unpacked import ACCOUNTS, Place


def prepared(place: Place, certificate: str) -> str:
    """Lines of a shell that make a home, a mailbox and a password of every account, and put the certificate there."""
    users = "\n".join(
        f"userdb {user} set uid=8 gid=8 home=/var/spool/{user} mail=/var/spool/{user}/Maildir\n"
        f"printf '%s\\n%s\\n' {password} {password} | userdbpw -md5 | userdb {user} set systempw\n"
        f"mkdir /var/spool/{user} && maildirmake.courier /var/spool/{user}/Maildir"
        for user, password in ACCOUNTS.items()
    )
    return f"""
set -e
mkdir -p /run/courier/authdaemon
touch /etc/courier/userdb
chmod 600 /etc/courier/userdb
chown -R courier:courier /run/courier
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' /etc/courier/authdaemonrc
{users}
makeuserdb
chown -R mail:mail /var/spool
cat {place.key} {place.chain} >{certificate}
chmod 600 {certificate}
chown courier:courier {certificate}
"""
