#!/bin/sh
# Unpacks other brands of mail servers beside Postfix, for the tests: .venv/brands/BRAND holds what their packages
# hold. Nothing is installed, for they conflict with each other, and none is started.
# Always succeeds: where it cannot help, it says in one line which tests will be skipped and why.
set -eu

cache=${1:-.venv/brands}

# With each, the libraries that a machine with Postfix and Dovecot need not have.
packages_of() {
    case $1 in
    exim) echo 'exim4-daemon-light libidn12 libgnutls-dane0 libunbound8 libevent-2.1-7 libnsl2 libtirpc3' ;;
    esac
}

skip() {
    echo "Tests on other brands of servers will be skipped where they lack something: $1"
    exit 0
}

complete() {
    for brand in exim; do
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
mkdir "$part/deb"
apt-get update >"$part/log" 2>&1 </dev/null || skip "apt-get cannot reach its mirror."
for brand in exim; do
    [ ! -e "$cache/$brand.complete" ] || continue
    echo "Unpacking $brand for the tests"
    rm -rf "$part/deb" "${cache:?}/$brand"
    mkdir "$part/deb"
    # shellcheck disable=SC2046
    (cd "$part/deb" && apt-get download $(packages_of "$brand")) >"$part/log" 2>&1 </dev/null || {
        tail -n 2 "$part/log"
        skip "apt-get could not download $brand."
    }
    for package in "$part/deb"/*.deb; do
        dpkg -x "$package" "$cache/$brand"
    done
    : >"$cache/$brand.complete"
done
