# shellcheck shell=bash disable=SC2154 # settings come from ../services
# Which port a server listens on.
#
# - Ports lie below the range that the kernel hands out by itself, so that no client's outgoing connection and no test
#   that binds port 0 can sit on the port of a server that is down for a moment.
# - A claim is a file named after the port; it holds the path of the file that remembers the port. It is void when that
#   file is gone or says something else, so a removed directory gives its ports back by itself.

port_claims=/tmp/portcullis-ports-$(id -u)
first_port=20000
last_port=31999

# claim_port DIR NAME: makes sure that DIR/ports/NAME holds a port that no other directory has.
claim_port() {
  local dir=$1 name=$2
  [ ! -e "$dir/ports/$name" ] || return 0
  mkdir -p "$dir/ports" "$port_claims"
  [ -O "$port_claims" ] || die "$port_claims belongs to somebody else: remove it"
  (
    flock 8
    for _ in {1..200}; do
      port=$((first_port + RANDOM % (last_port - first_port + 1)))
      port_is_claimed "$port" && continue
      port_can_be_bound "$port" || continue
      printf '%s\n' "$dir/ports/$name" >"$port_claims/$port"
      printf '%s\n' "$port" >"$dir/ports/$name"
      exit 0
    done
    die "no free port between $first_port and $last_port"
  ) 8>"$port_claims/lock"
}

release_ports() { rm -rf -- "${1:?}/ports"; }
port_of() { cat -- "$1/ports/$2"; }

port_is_claimed() {
  local owner
  owner=$(cat -- "$port_claims/$1" 2>/dev/null) || return 1
  [ "$(cat -- "$owner" 2>/dev/null)" = "$1" ]
}

port_can_be_bound() {
  perl -MSocket -e '
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
    setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "setsockopt: $!\n";
    exit !bind($socket, sockaddr_in($ARGV[0], INADDR_LOOPBACK));' "$1"
}
