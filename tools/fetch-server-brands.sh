#!/bin/sh
# Usage: tools/fetch-server-brands.sh [DIRECTORY [BRAND...]]
# Unpacks other brands of mail servers beside Postfix, and servers of other protocols, for the tests:
# .venv/brands/BRAND holds what their packages hold. Nothing is installed, for they conflict with each other, and none
# is started.
# Always succeeds: where it cannot help, it says in one line which tests will be skipped and why.
set -eu

cache=${1:-.venv/brands}
brands='exim opensmtpd cyrus courier courier-mta sendmail opensmtpd-backports openldap vsftpd inspircd prosody postgresql mariadb
    milters milter-greylist milter-greylist-sid'
[ $# -lt 2 ] || { shift; brands=$*; }

packages_of() {
    case $1 in
    exim) echo 'exim4-daemon-light' ;;
    opensmtpd | opensmtpd-backports) echo 'opensmtpd' ;;
    cyrus) echo 'cyrus-imapd cyrus-pop3d sasl2-bin libsasl2-modules' ;;
    courier) echo 'courier-pop courier-authlib-userdb' ;;
    courier-mta) echo 'courier-mta courier-imap courier-authlib-userdb' ;;
    openldap) echo 'slapd' ;;
    vsftpd) echo 'vsftpd' ;;
    inspircd) echo 'inspircd' ;;
    prosody) echo 'prosody' ;;
    postgresql) echo 'postgresql-15' ;;
    mariadb) echo 'mariadb-server-core' ;;
    milters) echo 'opendkim opendkim-tools miltertest rspamd spamass-milter postgrey' ;;
    milter-greylist | milter-greylist-sid) echo 'milter-greylist' ;;
    sendmail) echo 'sendmail-bin sasl2-bin libsasl2-modules' ;;
    esac
}

# Another suite of Debian than this machine's, for a package that its own does not have.
suite_of() {
    case $1 in
    *-backports) echo "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)-backports" ;;
    milter-greylist) echo 'bullseye' ;;
    milter-greylist-sid) echo 'sid' ;;
    esac
}

# What else of their libraries and programs this machine lacks; removals and conflicts are none of our business.
needed_by() {
    # shellcheck disable=SC2086
    $apt install --simulate ${suite:+-t $suite} --no-install-recommends $1 2>>"$part/log" </dev/null |
        sed -n 's/^Inst \([^ ]*\).*/\1/p'
}

# That suite beside this machine's own sources, and only for what is unpacked here.
use_suite() {
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
    [ -n "$mirror" ] || return 1
    mkdir -p "$part/lists-$1"
    cat /etc/apt/sources.list >"$part/$1.list" 2>/dev/null || true
    echo "deb $mirror $1 main" >>"$part/$1.list"
    apt="apt-get -o Dir::Etc::sourcelist=$part/$1.list -o Dir::State::lists=$part/lists-$1"
    $apt update >>"$part/log" 2>&1 </dev/null
}

skip() {
    echo "Tests on other brands of servers will be skipped where they lack something: $1"
    exit 0
}

complete() {
    for brand in $brands; do
        [ -e "$cache/$brand.complete" ] || return 1
    done
}

complete && exit 0
[ "$(id -u)" -eq 0 ] || skip "not root, and only root can start them."
command -v apt-get >/dev/null 2>&1 && command -v dpkg >/dev/null 2>&1 || skip "this machine has no apt."

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
exec 9<"$cache"
flock 9
complete && exit 0

part=$(mktemp -d "$cache/part.XXXXXX")
trap 'rm -rf "$part"' EXIT
trap 'exit 130' INT TERM HUP
apt=apt-get
$apt update >"$part/log" 2>&1 </dev/null || skip "apt-get cannot reach its mirror."
for brand in $brands; do
    [ ! -e "$cache/$brand.complete" ] || continue
    apt=apt-get
    suite=$(suite_of "$brand")
    [ -z "$suite" ] || use_suite "$suite" || skip "apt-get cannot reach Debian's $suite."
    echo "Unpacking $brand for the tests"
    rm -rf "$part/deb" "${cache:?}/$brand"
    mkdir "$part/deb"
    seeds=$(packages_of "$brand")
    # shellcheck disable=SC2046,SC2086
    wanted=$(printf '%s\n' $seeds $(needed_by "$seeds") | sort -u)
    # The one of sid is only looked at: it is not run, and its libraries are newer than this machine's.
    [ "$brand" != milter-greylist-sid ] || wanted=$seeds/sid
    # shellcheck disable=SC2086
    (cd "$part/deb" && $apt download ${suite:+-t $suite} $wanted) >"$part/log" 2>&1 </dev/null || {
        tail -n 2 "$part/log"
        skip "apt-get could not download what $brand needs."
    }
    for package in "$part/deb"/*.deb; do
        dpkg -x "$package" "$cache/$brand"
    done
    # Where /bin, /lib and /sbin are links into /usr, as on Debian, what is laid over /usr must hold their files.
    for folder in bin lib sbin; do
        [ -d "$cache/$brand/$folder" ] || continue
        mkdir -p "$cache/$brand/usr/$folder"
        cp -a "$cache/$brand/$folder/." "$cache/$brand/usr/$folder/"
        rm -r "${cache:?}/$brand/$folder"
    done
    : >"$cache/$brand.complete"
done
