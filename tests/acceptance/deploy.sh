#!/bin/bash
# Ansible turns a blank Debian with systemd into central and station; a recording walks through
#
# LIUHEN_KEEP=DIR keeps the guest's logs there.
# The guest is booted by systemd-nspawn and drives itself: one unit runs guest.sh, writes what
# it saw, and powers off. It shares the host's network, so its ports are free ones. There is
# no udev in it: the bay's unit is tried on a loop device, without its tie to the device.
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/acceptance/lib/root.sh
. "$project/tests/acceptance/lib/root.sh"

free_ports() {
  python3 - <<'PYTHON'
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(listener.getsockname()[1] for listener in held))
PYTHON
}

provision() { # ROOT: what an administrator's machine would hold, all inside the guest
  inside "$1" root / apt-get update -q
  inside "$1" root / apt-get install -y -q --no-install-recommends systemd-sysv dbus python3 python3-apt \
    python3-venv e2fsprogs ca-certificates
  git clone -q "$project" "$1/srv/liuhen"
  inside "$1" root /srv python3 -m venv /srv/deploy
  inside "$1" root /srv /srv/deploy/bin/pip install -q --require-hashes -r liuhen/requirements-deploy.txt
  inside "$1" root /srv/liuhen /srv/deploy/bin/python -m hatchling build -t wheel -d /srv/dist
  install -m 755 "$project/tests/acceptance/lib/guest.sh" "$1/srv/guest.sh"
  cat >"$1/etc/systemd/system/acceptance.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
EnvironmentFile=-/srv/environment
StandardOutput=append:/srv/log
StandardError=append:/srv/log
ExecStart=/bin/bash /srv/guest.sh
ExecStopPost=/bin/sh -c 'echo "$SERVICE_RESULT" >/srv/result; journalctl -b --no-pager >/srv/journal; systemctl poweroff --no-block'
UNIT
  network_environment | tr '\0' '\n' >"$1/srv/environment"
  mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
  ln -s ../acceptance.service "$1/etc/systemd/system/multi-user.target.wants/"
}

boot() { # ROOT
  local disk=$scratch/card.img loop
  truncate -s 32M "$disk"
  mkfs.ext4 -q -d "$project/tests/samples" "$disk"
  debugfs -w -R "rmdir lost+found" "$disk" 2>/dev/null # no camera has one; only root reads it
  loop=$(losetup --find --show "$disk")
  echo "$(free_ports) $loop" >"$1/srv/facts"
  local binds=("--bind=$loop")
  while IFS= read -r folder; do binds+=("--bind-ro=$folder"); done < <(package_folders)
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 1500 systemd-nspawn -q -D "$1" -M "liuhen-$$" \
    --register=no --keep-unit --console=pipe --resolv-conf=off "${binds[@]}" -b \
    >"$scratch/console" 2>&1 || true
  losetup -d "$loop"
}

walk() {
  local root=$scratch/guest program
  for program in systemd-nspawn mkfs.ext4 losetup; do
    command -v "$program" >/dev/null || die "expected $program; apt-get install systemd-container e2fsprogs"
  done
  note "making a Debian root with systemd"
  make_base "$root"
  (
    borrow_network "$root"
    mount_kernel "$root"
    provision "$root"
  ) >"$scratch/provision.log" 2>&1 || die "$(tail -n 5 "$scratch/provision.log")"
  package_folders | sort -r | while IFS= read -r folder; do umount -l "$root$folder"; done
  umount -l "$root/dev" "$root/sys" "$root/proc"
  note "booting it"
  boot "$root"
  if [ -n "${LIUHEN_KEEP:-}" ]; then
    cp "$scratch/provision.log" "$scratch/console" "$root"/srv/{log,journal,result} "$LIUHEN_KEEP/" || true
  fi
  cat "$root/srv/log" 2>/dev/null || tail -n 30 "$scratch/console"
  [ "$(cat "$root/srv/result" 2>/dev/null)" = success ] || die "expected the guest to report success"
}

in_namespaces "$@"
