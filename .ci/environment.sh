# shellcheck shell=sh
# What ./run finds or installs: Debian packages, Python, .venv, Mosquitto. Read by `run`, which
# sets $here, and defines say and stop.
#
# A function that changes this folder runs under `locked`; it looks again once it has the lock,
# because another run may have done the work meanwhile.

here=${here:?}
venv=$here/.venv
stamp=$venv/.complete # written last: which requirements, for which Python
local=$here/.local
log=$local/setup.log

quietly() { "$@" >>"$log" 2>&1; }

why() { # the end of the log, for the person who reads the refusal
  tail -n 12 "$log" 2>/dev/null | sed 's/^/    /' >&2
}

# --- one at a time -----------------------------------------------------------------------

locked() ( # a step that changes this folder; others wait until it ended
  { mkdir -p "$local" && : >>"$local/lock"; } 2>/dev/null ||
    stop 5 "expected to write in $here, found it closed to user $(id -u)"
  exec 9<"$local/lock"
  if ! flock -n 9; then
    say "another ./run is setting up in this folder; waiting for it"
    flock 9
  fi
  : >"$log"
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  "$@"
)

# --- Debian packages ---------------------------------------------------------------------

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

can_install() {
  [ "${LIUHEN_APT:-yes}" != no ] && command -v apt-get >/dev/null &&
    { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_once() {
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null
}

apt_install() { # PACKAGE...; the lists of a fresh or old system are fetched when they fail
  say "installing Debian packages: $*"
  apt_once "$@" && return
  quietly as_root apt-get update -q || true
  apt_once "$@" && return
  why
  return 1
}

unpack() { # FOLDER PACKAGE...: packages and what they need, without root and without installing
  folder=$1
  shift
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  rm -rf "$folder.partial"
  mkdir -p "$folder.partial/debs" "$folder.partial/lists/partial" "$folder.partial/cache"
  unpack_with "$folder.partial" '' "$@" || unpack_with "$folder.partial" own "$@" || return 1
  for deb in "$folder.partial"/debs/*.deb; do
    quietly dpkg -x "$deb" "$folder.partial" || return 1
  done
  rm -rf "$folder.partial/debs" "$folder.partial/lists" "$folder.partial/cache" "$folder"
  mv "$folder.partial" "$folder"
}

unpack_with() ( # the system's package lists may be absent or old: then fetch lists of our own
  cd "$1/debs" || return 1
  options="-q -o APT::Sandbox::User=root"
  if [ "$2" = own ]; then
    options="$options -o Dir::State::lists=../lists -o Dir::Cache=../cache"
    # shellcheck disable=SC2086 # a list of words
    quietly apt-get $options update || return 1
  fi
  shift 2
  # shellcheck disable=SC2086
  needs=$(apt-get $options -s --no-install-recommends install "$@" 2>>"$log" |
    sed -n 's/^Inst \([^ ]*\).*/\1/p') || return 1
  [ -n "$needs" ] || needs=$*
  # shellcheck disable=SC2086
  quietly apt-get $options download $needs
)

# --- Python ------------------------------------------------------------------------------

find_python() {
  for name in ${LIUHEN_PYTHON:+"$LIUHEN_PYTHON"} python3.13 python3.12 python3.11 python3; do
    python=$(command -v "$name") || continue
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
  done
  return 1
}

need_python() {
  find_python && return
  if can_install; then apt_install python3 python3-venv || true; fi
  find_python || stop 3 "expected Python 3.11 or newer, found $(python3 -V 2>&1 || true)." \
    "Install it: as root, 'apt-get install python3 python3-venv' (Debian 12, Raspberry Pi OS" \
    "12 or newer), or point LIUHEN_PYTHON to one."
}

has_ensurepip() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

need_pip() { # sets $pip to a pip that runs without being installed, where venv brings none
  pip=
  has_ensurepip && return
  if can_install; then
    apt_install "$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')" ||
      apt_install python3-venv || true
    has_ensurepip && return
  fi
  say "this Python has no ensurepip and there is no root: unpacking pip under .local"
  unpack "$local/pip" python3-pip-whl ||
    { why; stop 3 "expected python3-venv, found none. As root: apt-get install python3-venv"; }
  pip=$(find "$local/pip" -name 'pip-*.whl')/pip
}

system_packages() { # Raspberry Pi OS: picamera2 only comes by apt
  if dpkg-query -W -f '${Status}' python3-picamera2 2>/dev/null | grep -q 'ok installed'; then
    printf '%s' --system-site-packages
  fi
}

digest() {
  { printf '%s\n' 1 "$here" "$(uname -m)" "$(system_packages)" &&
    cat "$here/requirements.txt" "$here/requirements-dev.txt"; } | sha256sum | cut -d' ' -f1
}

venv_is() { # LEVEL: complete, of these requirements, for at least this level
  [ -r "$stamp" ] && read -r had_level had_digest had_python <"$stamp" || return 1
  [ "$had_digest" = "$(digest)" ] &&
    [ "$had_python" = "$("$venv/bin/python" -c 'import platform; print(platform.python_version())' 2>/dev/null)" ] &&
    { [ "$1" = demo ] || [ "$had_level" = dev ]; }
}

need_venv() {
  venv_is "$1" || locked build_venv "$1"
}

build_venv() { # under the lock; a demo environment grows into a dev one by the same pins
  if venv_is "$1"; then return; fi
  need_python
  need_pip
  if ! venv_is demo; then
    trap 'rm -rf "$venv"' EXIT
    rm -rf "$venv"
    say "making .venv with $("$python" -V)"
    # shellcheck disable=SC2046,SC2086 # an option or nothing
    quietly "$python" -m venv $(system_packages) ${pip:+--without-pip} "$venv" ||
      { why; stop 3 "expected a virtual environment, found the failure above"; }
  fi
  file=$here/requirements.txt
  [ "$1" = demo ] || file=$here/requirements-dev.txt
  say "installing $(grep -c '==' "$file") Python packages, each checked against its hash"
  # The demo compiles nothing; of the test tools, bagit comes as source only.
  # shellcheck disable=SC2046 # two words or none
  pip_install --only-binary :all: $([ "$1" = demo ] || echo --no-binary bagit) -r "$file"
  site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '%s\n' "$here" >"$site/liuhen.pth"
  "$venv/bin/python" -c 'import platform, sys; print(*sys.argv[1:], platform.python_version())' \
    "$1" "$(digest)" >"$stamp.partial"
  mv "$stamp.partial" "$stamp"
  trap - EXIT
}

pip_install() {
  # shellcheck disable=SC2086 # a path of ours, or nothing
  quietly env PIP_NO_INPUT=1 PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore PYTHONUTF8=1 \
    "$venv/bin/python" "${pip:--mpip}" install -q --require-hashes "$@" && return
  why
  if grep -qiE 'connection|resolution|timed out|unreachable|proxy|from versions: none' "$log"; then
    stop 4 "expected the package registry to answer, found no connection. Nothing is left" \
      "half installed; run the same command again when there is a network (log: .local/setup.log)"
  fi
  stop 1 "expected every package to install and match its hash, found the failure above"
}

# --- Mosquitto ---------------------------------------------------------------------------

mosquitto_works() { # PROGRAM [LIBRARIES]
  LD_LIBRARY_PATH=${2:-} "$1" -h 2>/dev/null | grep -q 'mosquitto version 2'
}

unpacked_libraries() { # one list for the dynamic loader, whatever the processor
  find "$local/mosquitto" -name '*.so*' -exec dirname {} \; 2>/dev/null | sort -u | paste -sd: -
}

find_mosquitto() {
  libraries=${LIUHEN_MOSQUITTO_LIBS:-}
  for program in ${LIUHEN_MOSQUITTO:+"$LIUHEN_MOSQUITTO"} mosquitto /usr/sbin/mosquitto; do
    program=$(command -v "$program") && mosquitto_works "$program" "$libraries" && return
  done
  program=$local/mosquitto/usr/sbin/mosquitto
  libraries=$(unpacked_libraries)
  [ -x "$program" ] && mosquitto_works "$program" "$libraries"
}

need_mosquitto() {
  find_mosquitto || locked unpack_mosquitto
  find_mosquitto || stop 3 "expected Mosquitto 2.0 or newer, found one that does not start"
  export LIUHEN_MOSQUITTO="$program" LIUHEN_MOSQUITTO_LIBS="$libraries"
}

unpack_mosquitto() {
  if find_mosquitto; then return; fi
  say "unpacking Mosquitto and its libraries under .local (no service is installed)"
  unpack "$local/mosquitto" mosquitto && return
  why
  stop 3 "expected Mosquitto 2.0 or newer, found none. On Debian: check the package sources" \
    "and the network; elsewhere: install it, or point LIUHEN_MOSQUITTO to one"
}
