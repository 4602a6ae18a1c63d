# shellcheck shell=bash disable=SC2154 # settings come from ../services
# A MariaDB server. Its root account is reachable through the socket only; the tests' account has every privilege.

mariadb_prepare() {
  local dir=$1 account
  account=$(account_of mysql)
  if [ -e "$dir/options/tls" ]; then make_certificates "$dir" "$account"; fi
  open_the_way "$dir" "$account"
  # A MariaDB that starts removes what it finds in the directory for temporary tables: no two may share one.
  give_directory "$dir/tmp" "$account"
  if [ -e "$dir/data" ]; then return; fi
  give_directory "$dir/files" "$account"
  mariadb_install_data "$dir" "$account"
}

mariadb_install_data() {
  local dir=$1 account=$2
  rm -rf -- "$dir/data.new"
  give_directory "$dir/data.new" "$account"
  cat >"$dir/accounts.sql" <<SQL
FLUSH PRIVILEGES;
CREATE DATABASE $database;
CREATE USER '$user'@'%' IDENTIFIED BY '$password';
GRANT ALL PRIVILEGES ON *.* TO '$user'@'%' WITH GRANT OPTION;
SQL
  chmod 644 "$dir/accounts.sql"
  (
    cd "$dir" || exit
    quietly as_account "$account" mariadb-install-db --no-defaults --datadir="$dir/data.new" --tmpdir="$dir/tmp" \
      --skip-test-db --auth-root-authentication-method=socket --auth-root-socket-user="$account" --skip-name-resolve \
      --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci \
      --innodb-log-file-size=32M --innodb-flush-method=nosync --extra-file="$dir/accounts.sql"
  )
  mv -- "$dir/data.new" "$dir/data"
}

# The settings of every MariaDB server here, alone or in a cluster.
mariadb_settings() {
  local dir=$1
  cat <<CONF
[mariadbd]
datadir = $dir/data
tmpdir = $dir/tmp
bind_address = 127.0.0.1
port = $(port_of "$dir" port)
# Below the data directory; a full path could be longer than a socket's name may be.
socket = mariadb.sock
pid_file = $dir/data/mariadb.pid
secure_file_priv = $dir/files
skip_name_resolve = ON
character_set_server = utf8mb4
collation_server = utf8mb4_general_ci
max_connections = $max_connections
CONF
  if [ ! -e "$dir/options/durable" ]; then
    # What is written outlives a SIGKILL in the system's cache. A SIGKILL can tear a page: the doublewrite buffer stays.
    cat <<'CONF'
innodb_flush_log_at_trx_commit = 2
innodb_flush_method = nosync
sync_binlog = 0
innodb_buffer_pool_size = 64M
innodb_log_file_size = 32M
key_buffer_size = 1M
aria_pagecache_buffer_size = 8M
CONF
  fi
  if [ -e "$dir/options/tls" ]; then
    printf '%s\n' "ssl_ca = $dir/tls/ca.crt" "ssl_cert = $dir/tls/server.crt" "ssl_key = $dir/tls/server.key"
  fi
}

mariadb_configure() {
  mariadb_settings "$1" >"$1/my.cnf"
  chmod 644 "$1/my.cnf"
}

mariadb_spawn() { spawn "$1" "$(account_of mysql)" mariadbd --defaults-file="$1/my.cnf"; }

mariadb_url() { printf 'mysql://%s:%s@127.0.0.1:%s/%s\n' "$user" "$password" "$(port_of "$1" port)" "$database"; }

mariadb_answers() { mariadb_query "$1" 'SELECT 1'; }

# mariadb_query DIR SQL: prints the rows, tab separated.
mariadb_query() {
  MYSQL_PWD=$password timeout 5 mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$(port_of "$1" port)" \
    --user="$user" --connect-timeout=2 --batch --skip-column-names --execute="$2" "$database" </dev/null
}
