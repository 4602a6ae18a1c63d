# shellcheck shell=bash disable=SC2154 # settings come from ../services
# The certificates of a server with --tls.
#
# DIR/tls/ca.crt signs server.crt (127.0.0.1, localhost). self-signed.crt has the same names and no issuer but itself.

make_certificates() {
  local dir=$1/tls account=$2
  [ ! -e "$dir/server.crt" ] || return 0
  local making=$dir.new names='subjectAltName=IP:127.0.0.1,DNS:localhost'
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  rm -rf -- "$making"
  mkdir -- "$making"
  quietly openssl req -batch -x509 -days 3650 "${key[@]}" -subj '/CN=Portcullis test CA' \
    -keyout "$making/ca.key" -out "$making/ca.crt" -addext keyUsage=critical,keyCertSign,cRLSign
  quietly openssl req -batch -new "${key[@]}" -subj /CN=localhost \
    -keyout "$making/server.key" -out "$making/server.csr"
  quietly openssl x509 -req -in "$making/server.csr" -CA "$making/ca.crt" -CAkey "$making/ca.key" -days 3650 \
    -extfile <(printf '%s\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n' "$names") \
    -out "$making/server.crt"
  quietly openssl req -batch -x509 -days 3650 "${key[@]}" -subj /CN=localhost \
    -keyout "$making/self-signed.key" -out "$making/self-signed.crt" -addext "$names"
  rm -- "$making/server.csr"
  chmod 600 "$making/"*.key
  [ "$(id -u)" != 0 ] || chown "$account:" "$making/server.key" "$making/self-signed.key"
  mv -- "$making" "$dir"
}
