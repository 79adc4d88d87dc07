#!/bin/bash
# a bare Debian: demo and tests from a fresh clone, as root and as a user without root
#
# usage: clean_root.sh [--as root|user|both] [-- RUN-ARGUMENTS...]
#   Without RUN-ARGUMENTS each account walks the demo, the tests, and the demo without network.
#
# The user's root gets a bare python3 first (nobody without root can install one): no venv
# module's pip, no Mosquitto, no sudo, so everything else has to come by unpacking.
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/acceptance/lib/root.sh
. "$project/tests/acceptance/lib/root.sh"

walk() { # OPTIONS
  local accounts="root user"
  while [ $# -gt 0 ]; do
    case $1 in
    --as) case $2 in both) ;; root | user) accounts=$2 ;; *) die "expected --as root|user|both, found $2" ;; esac && shift 2 ;;
    --) shift && break ;;
    *) die "expected --as or --, found $1" ;;
    esac
  done
  for account in $accounts; do walk_as "$account" "$@"; done
}

walk_as() { # ACCOUNT RUN-ARGUMENTS...
  local account=$1 root=$scratch/$1 folder="/srv/a folder"
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

run_there() { # RUN-ARGUMENTS... in walk_as's root
  local began=$SECONDS left
  note "$account: ./run $*"
  inside "$root" "$account" "$folder" ./liuhen/run "$@" || die "$account: ./run $* failed with code $?"
  note "$account: ./run $* held, $((SECONDS - began)) s"
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

in_namespaces "$@"
