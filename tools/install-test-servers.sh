#!/bin/sh
# Installs what the tests on real servers need, if something is missing and this machine lets us. Starts no daemon.
# Always succeeds: where it cannot help, it says in one line which tests will be skipped and why.
set -eu

packages='postfix postfix-pcre dovecot-core dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved
    dovecot-sieve swaks libnet-ssleay-perl libauthen-sasl-perl libdigest-hmac-perl openssl curl nmap telnet nftables
    iptables ipset nkf
    openssh-server openssh-client busybox-static ksh mksh csh sudo systemd-journal-remote
    microsocks dante-server tinyproxy zsh fish mandoc pflogsumm'
policy=/usr/sbin/policy-rc.d
saved=$policy.before-mailproof

skip() {
    echo "Tests on a private Postfix and Dovecot will be skipped where they lack something: $1"
    exit 0
}

command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1 ||
    skip "this machine has no apt to install packages with."

list_missing() {
    for package in $packages; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=none
        [ "$status" = installed ] || printf '%s ' "$package"
    done
}

missing=$(list_missing)
if [ "$(id -u)" -ne 0 ]; then
    skip "not root${missing:+; not installed: $missing}"
fi
[ -n "$missing" ] || exit 0

# One at a time: two would save each other's policy. A directory can be locked, and no lock file is left.
exec 9</usr/sbin
flock 9
missing=$(list_missing)
[ -n "$missing" ] || exit 0

log=$(mktemp)

put_policy_back() {
    rm -f "$log"
    if [ -e "$saved" ] || [ -L "$saved" ]; then
        mv -f "$saved" "$policy"
    else
        rm -f "$policy"
    fi
}

# A policy of ours that a killed run left behind is not saved: it is not the administrator's.
if { [ -e "$policy" ] || [ -L "$policy" ]; } && ! grep -q 'by mailproof' "$policy" 2>/dev/null; then
    mv "$policy" "$saved"
fi
trap put_policy_back EXIT
trap 'exit 130' INT TERM HUP
cat >"$policy" <<'POLICY'
#!/bin/sh
# Put here by mailproof while it installs servers for its tests: none may start.
exit 101
POLICY
chmod 755 "$policy"

new_servers=
for server in postfix:postfix dovecot-core:dovecot dante-server:danted tinyproxy:tinyproxy openssh-server:ssh; do
    case " $missing" in *" ${server%:*} "*) new_servers="$new_servers ${server#*:}" ;; esac
done

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update &&
        { echo 'postfix postfix/main_mailer_type select Local only' | debconf-set-selections || true; } &&
        # shellcheck disable=SC2086
        apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
}

echo "Installing for the tests: $missing"
if ! install </dev/null >"$log" 2>&1; then
    tail -n 5 "$log"
    skip "apt-get could not install $missing"
fi

# They are for the tests, which start their own: not at the next boot either.
if [ -d /run/systemd/system ]; then
    for server in $new_servers; do
        systemctl disable --quiet "$server" 2>/dev/null || true
    done
fi
