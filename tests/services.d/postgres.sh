# shellcheck shell=bash disable=SC2154 # settings come from ../services
# A PostgreSQL server. The role of the tests may create databases and roles and is no superuser, as in production.

# The newest one that is installed.
postgres_programs() { compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1; }

postgres_prepare() {
  local dir=$1 account
  account=$(account_of postgres)
  if [ -e "$dir/options/tls" ]; then make_certificates "$dir" "$account"; fi
  open_the_way "$dir" "$account"
  if [ -e "$dir/data" ]; then return; fi
  rm -rf -- "$dir/data.new"
  give_directory "$dir/data.new" "$account"
  (
    cd "$dir" || exit
    bin=$(postgres_programs)
    # initdb re-opens the file by its name, which another account may not do with our stdin.
    install -m 600 -o "$account" <(printf '%s\n' "$password") password
    quietly as_account "$account" "$bin/initdb" --pgdata="$dir/data.new" --username=postgres --pwfile=password \
      --auth-local=scram-sha-256 --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
    rm -- password
    as_account "$account" "$bin/postgres" --single -D "$dir/data.new" -c fsync=off -c log_checkpoints=off \
      postgres >/dev/null <<SQL
CREATE ROLE $user LOGIN CREATEDB CREATEROLE PASSWORD '$password'
GRANT pg_monitor, pg_signal_backend TO $user
CREATE DATABASE $database OWNER $user
SQL
  )
  mv -- "$dir/data.new" "$dir/data"
}

postgres_configure() {
  local dir=$1
  {
    cat <<CONF
data_directory = '$dir/data'
hba_file = '$dir/data/pg_hba.conf'
ident_file = '$dir/data/pg_ident.conf'
listen_addresses = '127.0.0.1'
port = $(port_of "$dir" port)
unix_socket_directories = ''
max_connections = $max_connections
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
dynamic_shared_memory_type = mmap
CONF
    if [ ! -e "$dir/options/durable" ]; then
      # What is written outlives a SIGKILL in the system's cache. Full page writes stay on: a SIGKILL can tear a page.
      printf '%s\n' 'fsync = off' 'shared_buffers = 32MB' 'min_wal_size = 32MB' 'max_wal_size = 256MB'
    fi
    if [ -e "$dir/options/tls" ]; then
      printf '%s\n' 'ssl = on' "ssl_cert_file = '$dir/tls/server.crt'" "ssl_key_file = '$dir/tls/server.key'"
    fi
  } >"$dir/postgresql.conf"
  chmod 644 "$dir/postgresql.conf"
}

postgres_spawn() {
  local pid state _
  # A dead process is in the process table until init collects it; PostgreSQL would take it for a running server.
  read -r pid 2>/dev/null <"$1/data/postmaster.pid" || pid=''
  if [ -n "$pid" ] && read -r state _ < <(process_facts "$pid") && [ "$state" = Z ]; then
    rm -f -- "$1/data/postmaster.pid"
  fi
  spawn "$1" "$(account_of postgres)" "$(postgres_programs)/postgres" -c "config_file=$1/postgresql.conf"
}

postgres_url() { printf 'postgres://%s:%s@127.0.0.1:%s/%s\n' "$user" "$password" "$(port_of "$1" port)" "$database"; }

postgres_answers() { psql_once "$(postgres_url "$1")" 'SELECT 1'; }

# psql_once URL SQL: one bounded attempt.
psql_once() {
  PGSSLMODE=disable PGCONNECT_TIMEOUT=2 timeout 5 "$(postgres_programs)/psql" --no-psqlrc -c "$2" "$1" </dev/null
}

# A crashed server leaves a shared memory segment, which only its next start would take away. PostgreSQL writes the
# segment's key and id in line 7 of postmaster.pid.
postgres_remove_crashed_memory() {
  local _ id
  read -r _ id < <(sed -n 7p "$1/data/postmaster.pid" 2>/dev/null) || return 0
  as_account "$(account_of postgres)" ipcrm --shmem-id "$id" 2>/dev/null || true
}
