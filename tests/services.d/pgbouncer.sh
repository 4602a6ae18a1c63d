# shellcheck shell=bash disable=SC2154 # settings come from ../services
# PgBouncer in transaction mode before a PostgreSQL server, with PgBouncer's defaults wherever there is a choice.

# remember_upstream DIR POSTGRES_URL: the URL may be left out once it is known.
remember_upstream() {
  local dir=$1 url=$2
  [ -z "$url" ] || printf '%s\n' "$url" >"$dir/upstream"
  [ -e "$dir/upstream" ] || die "$(<"$dir/kind") needs the URL of a PostgreSQL server"
  parse_upstream "$dir"
}

# Sets upstream_user, upstream_password, upstream_host, upstream_port, upstream_database.
parse_upstream() {
  local url
  url=$(<"$1/upstream")
  [[ $url =~ ^postgres(ql)?://([^:@/]+):([^@/]+)@([^:/]+):([0-9]+)/([^?]+) ]] ||
    die "not a URL of the form postgres://user:password@host:port/database: $url"
  upstream_user=${BASH_REMATCH[2]} upstream_password=${BASH_REMATCH[3]} upstream_host=${BASH_REMATCH[4]}
  upstream_port=${BASH_REMATCH[5]} upstream_database=${BASH_REMATCH[6]}
}

pgbouncer_prepare() { open_the_way "$1" "$(account_of postgres)"; }

pgbouncer_configure() {
  local dir=$1
  cat >"$dir/pgbouncer.ini" <<CONF
[databases]
* = host=$upstream_host port=$upstream_port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $(port_of "$dir" port)
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = $dir/userlist.txt
admin_users = $upstream_user
CONF
  printf '"%s" "%s"\n' "$upstream_user" "$upstream_password" >"$dir/userlist.txt"
  chmod 644 "$dir/pgbouncer.ini" "$dir/userlist.txt"
}

pgbouncer_spawn() { spawn "$1" "$(account_of postgres)" pgbouncer "$1/pgbouncer.ini"; }

pgbouncer_url() {
  printf 'postgres://%s:%s@127.0.0.1:%s/%s\n' \
    "$upstream_user" "$upstream_password" "$(port_of "$1" port)" "$upstream_database"
}

# Its own console: PgBouncer may be up while the server behind it is not.
pgbouncer_answers() {
  local url
  url=$(pgbouncer_url "$1")
  psql_once "${url%/*}/pgbouncer" 'SHOW VERSION'
}
