#!/bin/bash
# a bare Debian: demo and tests from a fresh clone, as root and as a user without root
#
# usage: clean_root.sh [--as root|user|both] [-- RUN-ARGUMENTS...]
#   Without RUN-ARGUMENTS each account walks `./run demo --once` and `./run test`.
#   LIUHEN_BASE=DIR starts from this minbase root instead of debootstrapping one.
#
# The user's root gets a bare python3 first (nobody without root can install one): no venv
# module's pip, no Mosquitto, no sudo, so everything else has to come by unpacking.
# Package sources, name servers, local CAs and pip's settings are the host's, read now.
# All mounts and processes live in namespaces of their own and end with this script.
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd -P)
suite=bookworm

die() { printf 'clean_root: %s\n' "$*" >&2 && exit 1; }
note() { printf '\n### %s\n' "$*"; }

# --- a root like a fresh machine's ---------------------------------------------------------

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
  local settings=${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf folder
  if [ -f "$settings" ]; then install -D -m 644 "$settings" "$1/etc/xdg/pip/pip.conf"; fi
  for folder in $( (cat /etc/pip.conf "$settings" 2>/dev/null; env | grep ^PIP_) | sed 's#file://##g' |
    tr ' =,' '\n' | grep ^/); do
    [ -d "$folder" ] || continue
    folder=$(dirname "$folder") # an index on disk names its files beside itself
    [ "$folder" != / ] || continue
    mkdir -p "$1$folder"
    mountpoint -q "$1$folder" || mount --rbind -o ro "$folder" "$1$folder"
  done
}

mount_kernel() { # ROOT
  mount -t proc proc "$1/proc"
  mount --rbind /sys "$1/sys"
  mount --rbind /dev "$1/dev"
}

inside() { # ROOT ACCOUNT FOLDER COMMAND...: with nothing of this shell's environment but the network
  local root=$1 account=$2 folder=$3 word keep=()
  shift 3
  while IFS= read -r -d '' word; do
    case $word in PIP_* | http*_proxy=* | HTTP*_PROXY=* | no_proxy=* | NO_PROXY=* | SSL_CERT_*) keep+=("$word") ;; esac
  done < <(env -0)
  # shellcheck disable=SC2016 # for the shell inside
  env -i "${keep[@]}" PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb HOME="$folder" \
    chroot --userspec="$account" "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' - "$folder" "$@"
}

# --- the walk ------------------------------------------------------------------------------

walk() { # ACCOUNT RUN-ARGUMENTS...
  local account=$1 root=$scratch/$1 folder="/srv/a folder" began
  shift
  note "$account: making a bare $suite root"
  make_base "$root"
  borrow_network "$root"
  mount_kernel "$root"
  mkdir -p "$root$folder"
  git clone -q "$project" "$root$folder/liuhen"
  if [ "$account" = user ]; then
    inside "$root" root / apt-get update -q >"$scratch/apt.log"
    inside "$root" root / apt-get install -y -q --no-install-recommends python3 >>"$scratch/apt.log"
    inside "$root" root / useradd --home "$folder" user
    chown -R --reference="$root/home" "$root$folder"
    inside "$root" root / chown -R user: "$folder"
  fi
  if [ $# -gt 0 ]; then
    run_there "$@"
  else
    run_there demo --once
    run_there test
    note "$account: the second demo needs no network"
    mv "$root/etc/resolv.conf" "$root/etc/resolv.conf.away"
    run_there demo --once
  fi
}

run_there() { # RUN-ARGUMENTS... in walk's root
  note "$account: ./run $*"
  began=$SECONDS
  inside "$root" "$account" "$folder" ./liuhen/run "$@" || die "$account: ./run $* failed with code $?"
  note "$account: ./run $* held, $((SECONDS - began)) s"
  local left
  left=$(processes_left)
  [ -z "$left" ] || die "expected every process to end with ./run $*, found: $left"
}

processes_left() { # of this namespace: only this script and the subshell asking
  local folder
  for folder in /proc/[0-9]*; do
    case ${folder#/proc/} in 1 | "$$" | "$BASHPID") continue ;; esac
    if [ -s "$folder/cmdline" ]; then tr '\0' ' ' <"$folder/cmdline" || true; fi
  done 2>/dev/null
}

if [ "${1:-}" != --in-namespace ]; then
  [ "$(id -u)" = 0 ] || die "expected root (debootstrap, chroot, mounts), found user $(id -u)"
  scratch=$(mktemp -d)
  trap 'rm -rf --one-file-system "$scratch"' EXIT
  unshare --mount --pid --fork --kill-child --mount-proc bash "$0" --in-namespace "$scratch" "$@"
  note "clean root: everything held"
  exit
fi

scratch=$2
shift 2
accounts="root user"
while [ $# -gt 0 ]; do
  case $1 in
  --as) case $2 in both) ;; root | user) accounts=$2 ;; *) die "expected --as root|user|both, found $2" ;; esac && shift 2 ;;
  --) shift && break ;;
  *) die "expected --as or --, found $1" ;;
  esac
done
for account in $accounts; do walk "$account" "$@"; done
