# shellcheck shell=bash disable=SC2154 # settings come from ../services
# The life of a server in its directory, the same for every kind.
#
# A kind brings KIND_prepare DIR (data, once), KIND_configure DIR (files, at every start), KIND_spawn DIR,
# KIND_answers DIR (one bounded attempt), and KIND_url DIR.

# DIR/kind says what lives there. The lock makes two starts of one directory take turns.
prepare_directory() {
  local dir=$1 kind=$2
  mkdir -p -- "$dir"
  exec 9>"$dir/lock"
  flock -w 300 9 || die "another start works on $dir"
  if [ -e "$dir/kind" ]; then
    [ "$(<"$dir/kind")" = "$kind" ] || die "$dir holds a $(<"$dir/kind") server, not $kind"
  else
    printf '%s\n' "$kind" >"$dir/kind"
  fi
}

# give_directory PATH ACCOUNT: makes the directory PATH, owned by ACCOUNT, with a way to it.
give_directory() {
  local path=$1 account=$2
  mkdir -p -- "$path"
  chmod 700 -- "$path"
  [ "$(id -u)" = 0 ] || return 0
  chown -- "$account:" "$path"
  open_the_way "$(dirname -- "$path")" "$account"
}

# open_the_way DIR ACCOUNT: root makes temporary directories with mode 700, and the server is not root. It gets search
# permission, nothing more, on DIR and on what lies between DIR and the temporary directory.
open_the_way() {
  local dir=$1 account=$2 part at=''
  ! as_account "$account" test -x "$dir" || return 0
  while IFS= read -r -d / part; do
    [ -n "$part" ] || continue
    at+=/$part
    ! as_account "$account" test -x "$at" || continue
    case "$at" in
      "$dir" | /tmp/* | /var/tmp/* | /dev/shm/*) chmod o+x -- "$at" ;;
      *) die "the account $account cannot enter $at: use a directory below /tmp" ;;
    esac
  done <<<"$dir/"
}

start_server() {
  local kind=$1 dir=$2 attempt
  if is_running "$dir"; then
    thaw_tree "$(live_pid "$dir")"
    wait_until_answering "$kind" "$dir" || fail_with_log "$dir" "$kind in $dir runs but does not answer"
    print_url "$dir"
    return
  fi
  "${kind}_prepare" "$dir"
  for attempt in 1 2 3 4 5; do
    claim_port "$dir" port
    "${kind}_configure" "$dir"
    "${kind}_spawn" "$dir"
    if wait_until_answering "$kind" "$dir"; then
      "${kind}_url" "$dir" >"$dir/url"
      print_url "$dir"
      return
    fi
    port_was_taken "$dir" || break
    say "attempt $attempt: somebody else listens on port $(port_of "$dir" port)"
    # A URL that was given out is kept.
    if [ -e "$dir/url" ]; then sleep 1; else release_ports "$dir"; fi
  done
  fail_with_log "$dir" "$kind in $dir did not start"
}

# Fails when the server ends or does not answer in time.
wait_until_answering() {
  local kind=$1 dir=$2 end=$((SECONDS + deadline_seconds))
  while is_running "$dir"; do
    ! "${kind}_answers" "$dir" >/dev/null 2>&1 || return 0
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
  return 1
}

log_since_start() { tail -c "+$(($(<"$1/log-offset") + 1))" -- "$1/log"; }
port_was_taken() { ! is_running "$1" && log_since_start "$1" | grep -qi 'address already in use'; }

# Leaves nothing running that the caller was told does not run.
fail_with_log() {
  local dir=$1 pid
  say "$2; the end of $dir/log:"
  log_since_start "$dir" | tail -n 40
  if pid=$(live_pid "$dir"); then kill_tree "$pid"; fi
  exit 1
}

# The directories with a process below DIR: its three nodes if it is a cluster, last node first, else itself.
server_directories() {
  [ -e "$1/kind" ] || die "$1 holds no server"
  if [ "$(<"$1/kind")" = galera ]; then
    printf '%s\n' "$1/3" "$1/2" "$1/1"
  else
    printf '%s\n' "$1"
  fi
}

stop_directory() {
  local dir pid signal directories
  if [ ! -e "$1/kind" ]; then
    say "$1 holds no server"
    return
  fi
  mapfile -t directories < <(server_directories "$1")
  # A node that hangs would hold up the others.
  for dir in "${directories[@]}"; do
    ! pid=$(live_pid "$dir") || thaw_tree "$pid"
  done
  for dir in "${directories[@]}"; do
    if pid=$(live_pid "$dir"); then
      case "$(<"$dir/kind")" in
        postgres | standby) signal=INT ;; # does not wait for clients
        *) signal=TERM ;;
      esac
      kill -"$signal" "$pid"
      wait_until_gone "$deadline_seconds" "$pid" || fail_with_log "$dir" "$dir did not stop in time and was killed"
    elif [[ $(<"$dir/kind") =~ ^(postgres|standby)$ ]]; then
      postgres_remove_crashed_memory "$dir"
    fi
  done
}

# each_running FUNCTION DIR: calls it with the main process of every server in DIR; fails when there is none.
each_running() {
  local dir pid found=no
  while read -r dir; do
    pid=$(live_pid "$dir") || continue
    found=yes
    "$1" "$pid" >/dev/null
  done < <(server_directories "$2")
  [ "$found" = yes ] || die "nothing runs in $2"
}

kill_directory() { each_running kill_tree "$1"; }
pause_directory() { each_running freeze_tree "$1"; }
resume_directory() { each_running thaw_tree "$1"; }
