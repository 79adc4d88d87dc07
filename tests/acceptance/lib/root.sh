# shellcheck shell=bash
# A bare Debian root for acceptance tests, and a way into it. Sourced, after $project is set.
#
# Package sources, name servers, local CAs and pip's settings are the host's, read when the
# test runs. All mounts and processes live in namespaces of their own and end with the test.
#   LIUHEN_BASE=DIR starts from this minbase root instead of debootstrapping one.

project=${project:?}
suite=bookworm
settings=${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf

die() { printf 'acceptance: %s\n' "$*" >&2 && exit 1; }
note() { printf '\n### %s\n' "$*"; }

make_base() { # ROOT
  if [ -n "${LIUHEN_BASE:-}" ]; then
    cp -a "$LIUHEN_BASE" "$1"
    return
  fi
  command -v debootstrap >/dev/null || apt-get install -y -q --no-install-recommends debootstrap
  local mirror
  # shellcheck disable=SC2016 # apt's own format
  mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" | head -n 1)
  debootstrap --variant=minbase "$suite" "$1" ${mirror:+"$mirror"} >"$scratch/debootstrap.log" ||
    die "expected debootstrap to make a root, found: $(tail -n 3 "$scratch/debootstrap.log")"
}

copy_if_there() { # ROOT PATH...
  local root=$1 path
  shift
  for path in "$@"; do
    [ -e "$path" ] || continue
    mkdir -p "$root$(dirname "$path")"
    cp -aL --no-preserve=ownership "$path" "$root$(dirname "$path")/"
  done
}

borrow_network() { # ROOT: how this host reaches packages, without knowing where they are
  rm -rf "$1/etc/apt/sources.list" "$1/etc/apt/sources.list.d"
  copy_if_there "$1" /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d \
    /etc/apt/trusted.gpg.d /etc/apt/keyrings /usr/share/keyrings /etc/resolv.conf /etc/hosts \
    /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt /etc/pip.conf
  if [ -f "$settings" ]; then install -D -m 644 "$settings" "$1/etc/xdg/pip/pip.conf"; fi
  local folder
  package_folders | while IFS= read -r folder; do
    mkdir -p "$1$folder"
    mount --rbind -o ro "$folder" "$1$folder"
  done
}

package_folders() { # where pip is told to look on this disk; an index has its files beside it
  local folder
  { cat /etc/pip.conf "$settings" 2>/dev/null || true; env | grep ^PIP_ || true; } |
    sed 's#file://##g' | tr ' =,' '\n' | sed -n '/^\//p' | while IFS= read -r folder; do
    [ -d "$folder" ] || continue
    if [ "$(basename "$folder")" = simple ]; then folder=$(dirname "$folder"); fi
    printf '%s\n' "$folder"
  done | sort -u
}

network_environment() { # NUL between words
  env -0 | grep -zE '^(PIP_|SSL_CERT_|[a-zA-Z]*_proxy=|[A-Z]*_PROXY=)' || true
}

mount_kernel() { # ROOT
  mount -t proc proc "$1/proc"
  mount --rbind /sys "$1/sys"
  mount --rbind /dev "$1/dev"
}

inside() { # ROOT ACCOUNT FOLDER COMMAND...: with nothing of this shell's environment but the network
  local root=$1 account=$2 folder=$3 keep=()
  shift 3
  mapfile -d '' keep < <(network_environment)
  # shellcheck disable=SC2016 # for the shell inside
  env -i "${keep[@]}" PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb HOME="$folder" \
    chroot --userspec="$account" "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' - "$folder" "$@"
}

in_namespaces() { # ARGUMENTS...: run the test's own `walk`, and leave nothing behind
  if [ "${1:-}" = --in-namespaces ]; then
    scratch=$2
    shift 2
    walk "$@"
    return
  fi
  [ "$(id -u)" = 0 ] || die "expected root (debootstrap, chroot, mounts), found user $(id -u)"
  scratch=$(mktemp -d)
  trap 'rm -rf --one-file-system "$scratch"' EXIT
  unshare --mount --pid --fork --kill-child --mount-proc bash "$0" --in-namespaces "$scratch" "$@"
  note "everything held"
}
