# shellcheck shell=bash disable=SC2154 # settings come from ../services
# A hot standby of a PostgreSQL server: a copy that follows it, and serves reads until it is promoted.

standby_prepare() {
  local dir=$1 account
  account=$(account_of postgres)
  open_the_way "$dir" "$account"
  if [ -e "$dir/data" ]; then return; fi
  rm -rf -- "$dir/data.new"
  give_directory "$dir/data.new" "$account"
  # The role of the tests may not copy a server; the one that initdb made has the same password. What is behind
  # `--write-recovery-conf` makes the copy a standby.
  (
    cd "$dir" || exit
    PGPASSWORD=$upstream_password quietly as_account "$account" "$(postgres_programs)/pg_basebackup" \
      --pgdata="$dir/data.new" --host="$upstream_host" --port="$upstream_port" --username=postgres \
      --checkpoint=fast --wal-method=stream --write-recovery-conf --no-sync
  )
  mv -- "$dir/data.new" "$dir/data"
}

standby_configure() { postgres_configure "$1"; }
standby_spawn() { postgres_spawn "$1"; }
standby_answers() { postgres_answers "$1"; }
standby_url() { postgres_url "$1"; }
