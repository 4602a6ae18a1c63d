# shellcheck shell=bash disable=SC2154 # settings come from ../services
# A Redis server that writes every command to its append-only file before it answers.

redis_prepare() {
  open_the_way "$1" "$(account_of redis)"
  give_directory "$1/data" "$(account_of redis)"
}

redis_configure() {
  local sync=no
  [ ! -e "$1/options/durable" ] || sync=everysec
  printf '%s\n' 'bind 127.0.0.1' "port $(port_of "$1" port)" 'daemonize no' "dir $1/data" 'save ""' \
    'appendonly yes' "appendfsync $sync" >"$1/redis.conf"
  chmod 644 "$1/redis.conf"
}

redis_spawn() { spawn "$1" "$(account_of redis)" redis-server "$1/redis.conf"; }

redis_url() { printf 'redis://127.0.0.1:%s\n' "$(port_of "$1" port)"; }

redis_answers() { [ "$(timeout 5 redis-cli -h 127.0.0.1 -p "$(port_of "$1" port)" ping </dev/null)" = PONG ]; }
