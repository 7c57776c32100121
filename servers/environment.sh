# Sourced by the scripts that need Python: how one is found, and how a virtual environment is made
# out of a file of pinned requirements. The caller defines `say` and `die`.

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

# one_at_a_time FOLDER: two runs at once: the second waits and finds the work done.
one_at_a_time() {
  mkdir -p "$1"
  exec 9>"$1/lock"
  if command -v flock >/dev/null; then flock 9; fi
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
