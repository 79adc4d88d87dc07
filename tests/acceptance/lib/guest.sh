#!/bin/bash
# Inside the guest of deploy.sh: an administrator's clone deploys onto this same machine.
set -euo pipefail
read -r http upload mqtt card </srv/facts # free ports of the host, and a loop device
station=/var/lib/liuhen/station
python=/opt/liuhen/current/bin/python

step() { printf '\n### %s\n' "$*"; }
die() { printf 'guest: %s\n' "$*" && exit 1; }

within() { # SECONDS COMMAND...: wait for a fact, not for a time
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$until" ] || return 1
    sleep 0.5
  done
}

play() { # NAME OPTIONS...: the play's recap goes to recap
  step "ansible: $1"
  shift
  (cd /srv/liuhen/ansible && ANSIBLE_FORCE_COLOR=0 LC_ALL=C.UTF-8 /srv/deploy/bin/ansible-playbook -i /srv/inventory.yml site.yml "$@") |
    tee /srv/play
  sed -n '/^PLAY RECAP/,$p' /srv/play >/srv/recap
}

nothing_changed() { ! grep -q 'changed=[1-9]' /srv/recap; }

agent() { runuser -u liuhen-agent -- "$python" -P -m dock_agent "$@" --config "$station/station.toml"; }

step "administrator: a site and a station's bundle"
cd /srv/liuhen
./run setup
.venv/bin/python -m central init --data /srv/site/central --site acceptance --host 127.0.0.1 \
  --http-port "$http" --upload-port "$upload" --mqtt-port "$mqtt"
.venv/bin/python -m central enrol station-1 --out /srv/site/station-1 \
  --config /srv/site/central/central.toml --announcements /run/liuhen/announcements
cat >/srv/inventory.yml <<INVENTORY
all:
  vars:
    ansible_connection: local
    ansible_become: false # this is root already
    ansible_python_interpreter: /usr/bin/python3
    liuhen_wheel: $(echo /srv/dist/*.whl)
    liuhen_packages: [python3, python3-venv, python3-apt] # chrony would set the host's clock
  children:
    central: {hosts: {here: {liuhen_site: /srv/site/central}}}
    stations: {hosts: {there: {liuhen_bundle: /srv/site/station-1, liuhen_bays: [{bay: "7", port: none}]}}}
INVENTORY

play "check mode on a blank machine" --check
[ ! -e /opt/liuhen ] || die "expected check mode to change nothing, found /opt/liuhen"
play "first run"
nothing_changed && die "expected the first run to change something"
play "second run"
nothing_changed || die "expected the second run to change nothing"
play "check mode on a finished machine" --check --diff
nothing_changed || die "expected check mode to find nothing to change"

step "services"
units="liuhen-broker liuhen-central liuhen-dock-agent liuhen-kiosk"
for unit in $units; do
  systemctl is-enabled "$unit" && systemctl is-active "$unit"
  [ "$(systemctl show -P NRestarts "$unit")" = 0 ] || die "$unit had to be started again"
done
[ "$(systemctl is-enabled mosquitto)" = masked ] || die "expected Debian's own broker to stay off"

stored() { # COUNT: recordings whose stored receipt the station verified
  [ "$(agent recordings --json | grep -o '"state": *"stored"' | wc -l)" = "$1" ]
}

step "a folder is docked, and its recordings come back as stored receipts"
mkdir -p /srv/card-1
cp /srv/liuhen/tests/samples/*.mp4 /srv/card-1/
count=$(find /srv/card-1 -type f | wc -l)
"$python" -P -m firmware_hooks announce --bay 1 --folder /srv/card-1 --announcements /run/liuhen/announcements
within 120 stored "$count" || die "expected $count stored recordings, found $(agent recordings --json)"
screen_says() { # TEXT: somewhere on the officer's screen
  "$python" -c '
import sys, urllib.request
sys.exit(sys.argv[1] not in urllib.request.urlopen("http://127.0.0.1:8470/?lang=en").read().decode())' "$1"
}
within 30 screen_says 'Safe to take' || die "expected the officer's screen to call bay 1 safe"
"$python" -P -m firmware_hooks retract --bay 1

step "killed services come back by themselves"
for unit in $units; do
  before=$(systemctl show -P MainPID "$unit")
  kill -9 "$before"
  # shellcheck disable=SC2016 # for the shell that asks
  within 60 sh -c '[ "$(systemctl show -P MainPID "$1")" != "$2" ] && systemctl -q is-active "$1"' - "$unit" "$before" ||
    die "expected $unit to come back"
done

step "the bay's unit blocks, mounts and announces a card, and undoes it"
before=$(sha256sum <"$card")
sed -e '/^BindsTo/d' -e 's/^After=dev.*/After=sysinit.target/' -e 's/ mount --device/ mount --bay 9 --device/' \
  "/etc/systemd/system/liuhen-bay@.service" >"/run/systemd/system/tried-bay@.service"
systemctl daemon-reload
systemctl start "tried-bay@$(basename "$card")"
grep liuhen/bays/9 /proc/mounts | tee /dev/stderr | grep -q ' ro,' || die "expected a read-only mount of bay 9"
[ "$(blockdev --getro "$card")" = 1 ] || die "expected a write-blocked card"
copied() {
  agent bays --json | "$python" -c '
import json, sys
bays = json.load(sys.stdin)["bays"]
sys.exit(not any(it["bay"] == "9" and it.get("outcome") == "complete" for it in bays))'
}
within 120 copied || die "expected the agent to have read bay 9, found $(agent bays --json)"
systemctl stop "tried-bay@$(basename "$card")"
[ ! -e /run/liuhen/announcements/9.json ] || die "expected bay 9 to be retracted"
! grep -q liuhen/bays/9 /proc/mounts || die "expected bay 9 to be unmounted"
[ "$(sha256sum <"$card")" = "$before" ] || die "expected not one byte of the card to change"

step "all held"
