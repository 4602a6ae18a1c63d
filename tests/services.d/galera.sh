# shellcheck shell=bash disable=SC2154 # settings come from ../services
# A Galera cluster of three MariaDB nodes: how it begins, how a node comes back, and who goes first after a blackout.
#
# Timeouts of the group are Galera's defaults: a node that dies is given up by the others after about five seconds.

galera_deadline_seconds=120
# A survivor without a quorum is made primary again after this long, see galera_rescue.
galera_rescue_seconds=15

start_galera() {
  local dir=$1 node attempt end=$((SECONDS + galera_deadline_seconds))
  if [ -e "$dir/url" ]; then
    galera_thaw "$dir"
    for node in 1 2 3; do galera_bring_up "$dir" "$node" "$end"; done
    print_url "$dir"
    return
  fi
  for attempt in 1 2 3; do
    galera_lay_out "$dir"
    if galera_begin "$dir" "$end"; then
      for node in 1 2 3; do mariadb_url "$dir/$node"; done >"$dir/url"
      print_url "$dir"
      return
    fi
    galera_port_was_taken "$dir" || break
    say "attempt $attempt: somebody else listens on a port of the cluster"
    for node in 1 2 3; do
      release_ports "$dir/$node"
      rm -rf -- "$dir/$node/data"
    done
  done
  exit 1
}

start_galera_node() {
  local path=$1 dir node
  dir=$(dirname -- "$path") node=$(basename -- "$path")
  if [ ! -e "$dir/url" ] || [[ $node != [123] ]]; then die "$path is no node of a cluster that was started"; fi
  prepare_directory "$dir" galera
  local end=$((SECONDS + galera_deadline_seconds))
  galera_bring_up "$dir" "$node" "$end"
  galera_agree "$dir" "$end" "$node" || exit 1
  mariadb_url "$path" >&3
}

# Directories, ports and settings of all three nodes; the settings name the ports of the others.
galera_lay_out() {
  local dir=$1 node name account
  account=$(account_of mysql)
  for node in 1 2 3; do
    mkdir -p -- "$dir/$node/options"
    printf 'galera-node\n' >"$dir/$node/kind"
    open_the_way "$dir/$node" "$account"
    give_directory "$dir/$node/files" "$account"
    give_directory "$dir/$node/tmp" "$account"
    for name in port group transfer state; do claim_port "$dir/$node" "$name"; done
  done
  for node in 1 2 3; do galera_settings "$dir" "$node" >"$dir/$node/my.cnf"; done
  chmod 644 "$dir/"[123]/my.cnf
  mariadb_install_data "$dir/1" "$account"
  # The others get everything from the first.
  give_directory "$dir/2/data" "$account"
  give_directory "$dir/3/data" "$account"
}

galera_settings() {
  local dir=$1 node=$2 peers options
  options="gmcast.listen_addr=tcp://127.0.0.1:$(port_of "$dir/$node" group)"
  options+="; ist.recv_addr=127.0.0.1:$(port_of "$dir/$node" transfer); gcache.size=64M"
  peers=$(for peer in 1 2 3; do printf '127.0.0.1:%s\n' "$(port_of "$dir/$peer" group)"; done | paste -sd,)
  mariadb_settings "$dir/$node"
  cat <<CONF
binlog_format = ROW
innodb_autoinc_lock_mode = 2
wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_cluster_name = portcullis
wsrep_cluster_address = gcomm://$peers
wsrep_node_name = node$node
wsrep_node_address = 127.0.0.1
wsrep_node_incoming_address = 127.0.0.1:$(port_of "$dir/$node" port)
wsrep_provider_options = "$options"
wsrep_sst_method = rsync
wsrep_sst_receive_address = 127.0.0.1:$(port_of "$dir/$node" state)
CONF
}

# Begins a new cluster. Fails, with everything stopped and the logs shown, if a node does not come up.
galera_begin() {
  local dir=$1 end=$2 node
  galera_spawn "$dir/1" --wsrep-new-cluster
  galera_wait "$dir" 1 "$end" || return 1
  # One after the other: two that join at once spend six seconds on agreeing who is in the group.
  for node in 2 3; do
    galera_spawn "$dir/$node"
    galera_wait "$dir" "$node" "$end" || return 1
  done
  galera_agree "$dir" "$end"
}

# galera_agree DIR END [NODE]: waits until the nodes that run are one group. While a node that was away comes back nothing is committed, and a node
# that was paused takes itself for a member until it has heard of the others.
galera_agree() {
  local dir=$1 end=$2
  until galera_is_whole "$dir"; do
    [ "$SECONDS" -lt "$end" ] || { galera_give_up "$dir" "the nodes do not see each other" ${3:+"$3"}; return 1; }
    sleep 0.1
  done
}

galera_spawn() {
  local dir=$1
  shift
  spawn "$dir" "$(account_of mysql)" mariadbd --defaults-file="$dir/my.cnf" "$@"
}

# galera_bring_up DIR NODE END: makes that node a synced member; it is known that the cluster existed before.
galera_bring_up() {
  local dir=$1 node=$2 end=$3 first peer pid
  if pid=$(live_pid "$dir/$node"); then
    thaw_tree "$pid"
  elif galera_any_running "$dir"; then
    galera_restart "$dir/$node"
  else
    first=$(galera_most_advanced "$dir" "$node")
    say "no node of $dir runs: beginning with node $first"
    galera_restart "$dir/$first" --wsrep-new-cluster
    galera_wait "$dir" "$first" "$end" || exit 1
    [ "$first" = "$node" ] || galera_restart "$dir/$node"
  fi
  galera_wait "$dir" "$node" "$end" || exit 1
}

# A paused node cannot vote and would hold up the others.
galera_thaw() {
  local node pid
  for node in 1 2 3; do
    if pid=$(live_pid "$1/$node"); then thaw_tree "$pid"; fi
  done
}

galera_any_running() { is_running "$1/1" || is_running "$1/2" || is_running "$1/3"; }

galera_restart() {
  local dir=$1 position
  shift
  position=$(galera_position "$dir")
  if [ "${1:-}" = --wsrep-new-cluster ]; then
    # Galera's own words: this node has been chosen by somebody who compared it with the others.
    sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' "$dir/data/grastate.dat"
    rm -f -- "$dir/data/gvwstate.dat"
  fi
  galera_spawn "$dir" ${position:+"--wsrep-start-position=$position"} "$@"
}

# Prints CLUSTER:SEQUENCE of a node that is down; after a crash only its storage engine knows.
galera_position() {
  local dir=$1 cluster sequence
  [ -e "$dir/data/grastate.dat" ] || return 0
  cluster=$(sed -n 's/^uuid: *//p' "$dir/data/grastate.dat")
  sequence=$(sed -n 's/^seqno: *//p' "$dir/data/grastate.dat")
  if [ "$sequence" != -1 ]; then
    printf '%s:%s\n' "$cluster" "$sequence"
    return
  fi
  (
    cd "$dir" || exit
    as_account "$(account_of mysql)" timeout 60 mariadbd --defaults-file="$dir/my.cnf" --wsrep-recover 2>&1 </dev/null
  ) | tee -a "$dir/log" | sed -n 's/.*WSREP: Recovered position: *//p' | tail -n 1
}

# galera_most_advanced DIR PREFERRED: the node that left last, else the one with the highest sequence number.
galera_most_advanced() {
  local dir=$1 preferred=$2 node position sequence best='' highest=-2
  for node in "$preferred" 1 2 3; do
    if grep -qs '^safe_to_bootstrap: 1' "$dir/$node/data/grastate.dat"; then
      printf '%s\n' "$node"
      return
    fi
  done
  for node in "$preferred" 1 2 3; do
    position=$(galera_position "$dir/$node")
    sequence=${position#*:}
    sequence=${sequence%%,*}
    if [ -n "$sequence" ] && [ "$sequence" -gt "$highest" ]; then best=$node highest=$sequence; fi
  done
  [ -n "$best" ] || die "no node of $dir has data to begin with"
  printf '%s\n' "$best"
}

# Waits until the node is a synced member of a primary component. On failure everything is stopped.
galera_wait() {
  local dir=$1 node=$2 end=$3 rescue=$((SECONDS + galera_rescue_seconds))
  until galera_is_synced "$dir/$node"; do
    if ! is_running "$dir/$node"; then
      galera_give_up "$dir" "node $node ended" "$node"
      return 1
    fi
    if [ "$SECONDS" -ge "$end" ]; then
      galera_give_up "$dir" "node $node is not in sync after $galera_deadline_seconds s" "$node"
      return 1
    fi
    if [ "$SECONDS" -ge "$rescue" ]; then galera_rescue "$dir"; fi
    sleep 0.1
  done
}

galera_status() { mariadb_query "$1" "SHOW STATUS LIKE '$2'" 2>/dev/null | cut -f2; }

galera_is_synced() {
  [ "$(galera_status "$1" wsrep_local_state_comment)" = Synced ] &&
    [ "$(galera_status "$1" wsrep_cluster_status)" = Primary ]
}

galera_is_whole() {
  local node running=()
  for node in 1 2 3; do
    if is_running "$1/$node"; then running+=("$node"); fi
  done
  for node in "${running[@]}"; do
    [ "$(galera_status "$1/$node" wsrep_cluster_size)" = "${#running[@]}" ] || return 1
    galera_is_synced "$1/$node" || return 1
  done
}

# When most nodes died at once, the rest has no quorum and refuses to serve, also with the dead ones back. An operator
# then declares the most advanced one of the rest to be the cluster; so do we.
galera_rescue() {
  local dir=$1 node committed best='' highest=-1
  for node in 1 2 3; do
    case "$(galera_status "$dir/$node" wsrep_cluster_status)" in
      Primary) return ;;
      non-Primary | Disconnected)
        committed=$(galera_status "$dir/$node" wsrep_last_committed)
        if [ "${committed:--1}" -gt "$highest" ]; then best=$node highest=$committed; fi
        ;;
    esac
  done
  [ -n "$best" ] || return 0
  say "no node of $dir has a quorum: declaring node $best to be the cluster"
  mariadb_query "$dir/$best" "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=true'" || true
}

galera_port_was_taken() {
  local node
  for node in 1 2 3; do
    [ -e "$1/$node/log-offset" ] || continue
    if port_was_taken "$1/$node"; then return 0; fi
    # What is left of rsync's complaint when it cannot listen.
    if log_since_start "$1/$node" | grep -q 'wsrep_sst_rsync .*: 16 (Device or resource busy)'; then return 0; fi
  done
  return 1
}

# galera_give_up DIR WHY NODE
galera_give_up() {
  local dir=$1 node pid
  say "the cluster in $dir: $2"
  for node in ${3:-1 2 3}; do
    say "the end of $dir/$node/log:"
    log_since_start "$dir/$node" | tail -n 40
  done
  if [ -e "$dir/url" ]; then
    if pid=$(live_pid "$dir/$node"); then kill_tree "$pid"; fi
    return
  fi
  for node in 1 2 3; do
    if pid=$(live_pid "$dir/$node"); then kill_tree "$pid"; fi
  done
}
