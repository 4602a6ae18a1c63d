# shellcheck shell=bash disable=SC2154 # settings come from ../services
# Pebble, an authority that issues certificates over ACME to whoever asks, and forgets everything when it stops.
#
# It looks for a proof on the port that DIR/ports/proof names, at localhost. DIR/tls/ca.crt vouches for its directory;
# what vouches for its certificates it tells itself, at https://127.0.0.1:PORT/roots/0 of DIR/ports/management.

pebble_prepare() {
  make_certificates "$1" root
  claim_port "$1" management
  claim_port "$1" proof
}

pebble_configure() {
  cat >"$1/pebble.json" <<CONF
{
  "pebble": {
    "listenAddress": "127.0.0.1:$(port_of "$1" port)",
    "managementListenAddress": "127.0.0.1:$(port_of "$1" management)",
    "certificate": "$1/tls/server.crt",
    "privateKey": "$1/tls/server.key",
    "httpPort": 1,
    "tlsPort": $(port_of "$1" proof)
  }
}
CONF
}

# It does not sleep before it looks for a proof, and never refuses a good nonce.
pebble_spawn() {
  PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 \
    spawn "$1" "$(id -un)" pebble -config "$1/pebble.json"
}

pebble_url() { printf 'https://127.0.0.1:%s/dir\n' "$(port_of "$1" port)"; }

pebble_answers() {
  timeout 5 openssl s_client -connect "127.0.0.1:$(port_of "$1" port)" -CAfile "$1/tls/ca.crt" -verify_return_error </dev/null
}
