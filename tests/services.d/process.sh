# shellcheck shell=bash disable=SC2154 # settings come from ../services
# The processes of one server: starting them apart from the caller, finding them again, signalling them all.
#
# DIR/pid holds "PID START_TIME". The start time (clock ticks since boot) tells the process from a later one that got
# the same number.

# spawn DIR ACCOUNT COMMAND...: runs COMMAND as ACCOUNT in a session of its own, its output in DIR/log.
spawn() {
  local dir=$1 switch
  become "$2"
  shift 2
  touch "$dir/log"
  stat -c %s "$dir/log" >"$dir/log-offset"
  (
    cd "$dir" || exit
    close_inherited_descriptors
    exec setsid "${switch[@]}" "$@"
  ) </dev/null >>"$dir/log" 2>&1 &
  local pid=$! state ticks
  disown "$pid"
  read -r state ticks < <(process_facts "$pid") || true
  printf '%s %s\n' "$pid" "${ticks:-0}" >"$dir/pid"
}

# A server that inherits a pipe of the caller (its stdout under another number, a lock) would keep it open for good.
close_inherited_descriptors() {
  local descriptor
  for descriptor in "/proc/$BASHPID/fd/"*; do
    descriptor=${descriptor##*/}
    [ "$descriptor" -le 2 ] || eval "exec $descriptor>&-"
  done
}

# become ACCOUNT: sets `switch` to the command that runs another one as that account; empty unless we are root.
become() {
  switch=()
  [ "$(id -u)" != 0 ] || [ "$1" = root ] || switch=(setpriv "--reuid=$1" "--regid=$1" --init-groups)
}

as_account() {
  local switch
  become "$1"
  shift
  "${switch[@]}" "$@"
}

# Shows the output of a command only when it fails.
quietly() {
  local output
  output=$("$@" 2>&1 </dev/null) || { printf '%s\n' "$output"; return 1; }
}

# The account that a server runs as: its package's own when we are root (PostgreSQL refuses root), else ourselves.
account_of() { if [ "$(id -u)" = 0 ]; then printf '%s\n' "$1"; else id -un; fi; }

# Prints state and start time; see proc(5), /proc/pid/stat. Fails when there is no such process.
process_facts() {
  local line fields
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${line##*) }"
  printf '%s %s\n' "${fields[0]}" "${fields[19]}"
}

# Prints the id of the live main process of DIR, or fails.
live_pid() {
  local pid recorded state ticks
  read -r pid recorded 2>/dev/null <"$1/pid" || return 1
  read -r state ticks < <(process_facts "$pid") || return 1
  [ "$ticks" = "$recorded" ] && [[ $state != [ZX] ]] || return 1
  printf '%s\n' "$pid"
}

is_running() { live_pid "$1" >/dev/null; }

# Prints the children of PID, one a line; see proc(5), /proc/pid/task/tid/children.
children_of() { cat "/proc/$1/task/"*/children 2>/dev/null | tr -s ' ' '\n'; }

# Prints PID and all its descendants, parents first.
process_tree() {
  local child
  printf '%s\n' "$1"
  while read -r child; do process_tree "$child"; done < <(children_of "$1")
}

# Stops a tree from the root down, so that nothing in it can fork unseen, and prints its ids.
freeze_tree() {
  local child state _
  kill -STOP "$1" 2>/dev/null || return 0
  printf '%s\n' "$1"
  for _ in {1..200}; do
    read -r state _ < <(process_facts "$1") || return 0
    [[ $state != [TtZX] ]] || break
    sleep 0.005
  done
  while read -r child; do freeze_tree "$child"; done < <(children_of "$1")
}

thaw_tree() {
  local pid
  for pid in $(process_tree "$1"); do kill -CONT "$pid" 2>/dev/null || true; done
}

# Returns when the processes are gone, or fails after SECONDS.
wait_until_gone() {
  local seconds=$1 pid state _
  shift
  local end=$((SECONDS + seconds))
  for pid in "$@"; do
    while read -r state _ < <(process_facts "$pid") && [[ $state != [ZX] ]]; do
      [ "$SECONDS" -lt "$end" ] || return 1
      sleep 0.02
    done
  done
}

kill_tree() {
  local pid pids
  mapfile -t pids < <(freeze_tree "$1")
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait_until_gone 10 "${pids[@]}" || die "a process outlives SIGKILL: ${pids[*]}"
}
