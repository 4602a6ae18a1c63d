# shellcheck shell=bash disable=SC2154 # settings come from ../services
# Which Debian packages the servers come from, and how the missing ones are installed.

# What proves that a package is there | the package | the systemd unit it brings | why the tests need it
package_table() {
  cat <<'TABLE'
/usr/lib/postgresql/*/bin/initdb|postgresql|postgresql|PostgreSQL is one of the three engines
/usr/sbin/mariadbd|mariadb-server|mariadb|MariaDB is one of the three engines
/usr/lib/galera/libgalera_smm.so|galera-4||the replicated MariaDB cluster
/usr/bin/rsync|rsync|rsync|how a Galera node copies the data of another
/usr/sbin/pgbouncer|pgbouncer|pgbouncer|pooling in transaction mode before PostgreSQL
/usr/bin/redis-server|redis-server|redis-server|shared throttling counters
/usr/bin/pebble|pebble||an authority that issues certificates over ACME
/usr/bin/openssl|openssl||certificates for TLS to the database
/usr/bin/flock|util-linux||locks, sessions and other user ids for the servers
/usr/bin/perl|perl-base||asks the kernel whether a port is free
TABLE
}

# Lines of package_table whose program is missing.
missing_packages() {
  local proof package unit reason
  while IFS='|' read -r proof package unit reason; do
    compgen -G "$proof" >/dev/null || printf '%s|%s|%s\n' "$package" "$unit" "$reason"
  done < <(package_table)
}

require_programs() {
  local missing
  missing=$(missing_packages | cut -d'|' -f1 | paste -sd' ')
  [ -z "$missing" ] || die "these packages are missing: $missing. Run: $here/services install"
}

install_packages() {
  local missing packages=() units=() package unit reason
  missing=$(missing_packages)
  if [ -z "$missing" ]; then
    say "every package is installed"
    return
  fi
  while IFS='|' read -r package unit reason; do
    say "installing $package: $reason"
    packages+=("$package")
    [ -z "$unit" ] || units+=("$unit")
  done <<<"$missing"

  command -v apt-get >/dev/null || die "there is no apt-get here: install ${packages[*]} yourself and run this again"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "not root and no sudo: run as root: apt-get install ${packages[*]}"
    as_root=(sudo)
  fi
  run_apt "${packages[@]}" || die "apt-get could not install ${packages[*]}; its output above says why"
  if [ ${#units[@]} -gt 0 ] && [ -d /run/systemd/system ]; then
    "${as_root[@]}" systemctl disable --quiet "${units[@]}" || true
    say "the packages' own services stay stopped and disabled: ${units[*]}"
  fi

  missing=$(missing_packages | cut -d'|' -f1 | paste -sd' ')
  [ -z "$missing" ] || die "installed, but their programs are not where Debian 12 puts them: $missing"
  say "installed: ${packages[*]}"
}

# Runs in a subshell, so that its trap ends with it. Uses `as_root` of the caller.
run_apt() (
  policy=/usr/sbin/policy-rc.d
  kept=$policy.kept-by-portcullis
  # shellcheck disable=SC2317 # the trap calls it
  put_back() {
    "${as_root[@]}" rm -f "$policy"
    [ ! -e "$kept" ] || "${as_root[@]}" mv "$kept" "$policy"
  }
  # Debian starts a server when it is installed, on its default port. invoke-rc.d asks this file first.
  if ! [ -x "$policy" ] || "$policy" postgresql start; then
    [ ! -e "$policy" ] || "${as_root[@]}" mv "$policy" "$kept"
    trap put_back EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update </dev/null || say "apt-get update failed; trying with the lists that are there"
  "${apt[@]}" install -y --no-install-recommends "$@" </dev/null
)
