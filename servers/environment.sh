# Sourced by the scripts that need Python: how one is found, and how a virtual environment is made
# out of a file of pinned requirements. The launcher too has its builds one at a time by it. The
# caller defines `say` and `die`.

# find_python LOW HIGH WHO: prints the first Python 3 whose minor version is LOW to HIGH.
find_python() {
  local candidate minor
  local candidates=("${PYTHON:-}")
  for ((minor = $2; minor >= $1; minor--)); do candidates+=("python3.$minor"); done
  for candidate in "${candidates[@]}" python3; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c "import sys, venv, ensurepip; sys.exit(not (3, $1) <= sys.version_info[:2] <= (3, $2))" 2>/dev/null || continue
    command -v "$candidate"
    return
  done
  die "$3 needs Python 3.$1 to 3.$2 with its venv module; install one (on Debian and Ubuntu: python3 python3-venv) or name it in PYTHON"
}

# environment_key PYTHON FILE...: changes whenever the Python or a file does.
environment_key() {
  local python=$1; shift
  { cat "$@"; "$python" -V; } | cksum | cut -d' ' -f1
}

# one_at_a_time FOLDER: two runs at once: the second says so, waits and finds the work done. The turn
# ends with the process, or with turn_ends.
one_at_a_time() {
  local turn=$1/lock
  mkdir -p "$1"
  if command -v flock >/dev/null; then
    exec 9>"$turn"
    flock -n 9 || { wait_is_said "$1"; flock 9; }
    return
  fi
  # A link whose target is the number of the process that made it: there at once, or not at all.
  turn=$1/turn
  local holder said=
  until ln -sn "$$" "$turn" 2>/dev/null; do
    if ! holder=$(readlink "$turn"); then
      [ -w "$1" ] || die "$1 cannot be written"
      continue
    fi
    if kill -0 "$holder" 2>/dev/null || ! mkdir "$turn-of-$holder-ends" 2>/dev/null; then
      [ -n "$said" ] || wait_is_said "$1"
      said=yes
      sleep 1
    else
      # Of those who see that the holder is dead, one at a time looks again and takes its link away.
      [ "$(readlink "$turn")" != "$holder" ] || rm -f "$turn"
      rmdir "$turn-of-$holder-ends"
    fi
  done
}

wait_is_said() { say "another run is at work in $1; waiting until it has ended"; }

# turn_ends FOLDER: for who goes on after what one_at_a_time was for.
turn_ends() {
  if command -v flock >/dev/null; then exec 9>&-; else rm -f "$1/turn"; fi
}

# virtual_environment PYTHON HOME REQUIREMENTS [PIP_OPTION...]: makes it anew; the caller marks it
# complete.
virtual_environment() {
  local python=$1 home=$2 requirements=$3; shift 3
  rm -rf "$home"
  "$python" -m venv "$home" >&2
  # A bar on a terminal; nothing but what went wrong in a log.
  local show=(--quiet --progress-bar off)
  [ ! -t 2 ] || show=(--progress-bar on)
  "$home/bin/python" -m pip install --disable-pip-version-check --no-input "${show[@]}" "$@" -r "$requirements" >&2 \
    || die "pip could not install $requirements; its message stands above"
}
