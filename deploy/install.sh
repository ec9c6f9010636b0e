#!/bin/bash
# Install, upgrade or remove edge_gate. README.md beside this file says what to type.
set -euo pipefail

USAGE="usage: sudo ./install.sh [--offline BUNDLE] [--dry-run]
       sudo ./install.sh --uninstall [--purge] [--dry-run]

  --offline BUNDLE  take everything from a bundle (a .tar or a folder); nothing is downloaded
  --uninstall       remove the program; keep /etc/edge_gate, /var/lib/edge_gate and /var/backups/edge_gate
  --purge           with --uninstall: remove those too, the enrolled people with them
  --dry-run         say what would be done, and do nothing"

HERE=$(cd "$(dirname "$0")" && pwd)
HOME_DIR=/opt/edge_gate
CONFIG=/etc/edge_gate
STATE=/var/lib/edge_gate
BACKUPS=/var/backups/edge_gate
TIMERS="edge-gate-retention.timer edge-gate-backup.timer"
# Exit codes: 0 done, 1 asked for wrongly or not possible here, 2 the bundle is damaged, 3 rolled back.
EXIT_DAMAGED=2 EXIT_ROLLED_BACK=3

dry='' bundle='' remove='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --offline) bundle=${2:?"--offline needs the bundle: a .tar file or a folder"}; shift ;;
    --uninstall) remove=1 ;;
    --purge) purge=1 ;;
    --dry-run) dry=1 ;;
    -h | --help) echo "$USAGE"; exit 0 ;;
    *) echo "$USAGE" >&2; exit 1 ;;
  esac
  shift
done

say() { echo "-- $*"; }
fail() { echo "error: $2" >&2; echo "next:  $3" >&2; exit "$1"; }
run() { if [ "$dry" ]; then echo "would run: $*"; else "$@"; fi; }

[ "$(id -u)" = 0 ] || [ "$dry" ] || fail 1 "this needs root" "type: sudo $0 $*"
[ -z "$purge" ] || [ "$remove" ] || fail 1 "--purge only goes with --uninstall" "read $0 --help"

# What goes where: a file of a release, and its place.
PLACES="
systemd/edge-gate.service           /etc/systemd/system/edge-gate.service
systemd/edge-gate-retention.service /etc/systemd/system/edge-gate-retention.service
systemd/edge-gate-retention.timer   /etc/systemd/system/edge-gate-retention.timer
systemd/edge-gate-backup.service    /etc/systemd/system/edge-gate-backup.service
systemd/edge-gate-backup.timer      /etc/systemd/system/edge-gate-backup.timer
systemd/edge-gate.sysusers.conf     /etc/sysusers.d/edge-gate.conf
systemd/edge-gate.tmpfiles.conf     /etc/tmpfiles.d/edge-gate.conf
systemd/60-edge-gate.rules          /etc/udev/rules.d/60-edge-gate.rules
systemd/journald.conf               /etc/systemd/journald.conf.d/edge-gate.conf
systemd/watchdog.conf               /etc/systemd/system.conf.d/edge-gate.conf
share/edge-gate.1                   /usr/local/share/man/man1/edge-gate.1
share/edge-gate.bash                /usr/local/share/bash-completion/completions/edge-gate
"

reload() {
  run systemctl daemon-reload
  run udevadm control --reload || true
  run udevadm trigger --subsystem-match=gpio --subsystem-match=dma_heap || true
  run systemctl try-restart systemd-journald
}

uninstall() {
  say "stopping the service; the strike is secured"
  for unit in $TIMERS edge-gate.service; do
    if [ -e "/etc/systemd/system/$unit" ]; then run systemctl disable --now "$unit"; fi
  done
  if [ -x "$HOME_DIR/current/boot-config" ]; then run "$HOME_DIR/current/boot-config" --remove; fi
  while read -r _ place; do
    if [ -n "$place" ]; then run rm -f "$place"; fi
  done <<<"$PLACES"
  run rm -rf /etc/systemd/system/edge-gate.service.d "$HOME_DIR" /usr/local/bin/edge-gate
  run rm -f /var/lib/systemd/timers/stamp-edge-gate-*.timer
  for folder in /etc/systemd/{journald,system}.conf.d /etc/sysusers.d /usr/local/share/man/man1 \
    /usr/local/share/bash-completion/completions /usr/local/share/bash-completion; do
    if [ -d "$folder" ]; then run rmdir --ignore-fail-on-non-empty "$folder"; fi
  done
  reload
  run systemctl reset-failed edge-gate.service 2>/dev/null || true
  if [ "$purge" ]; then
    run rm -rf "$CONFIG" "$STATE"
    # Not the stick that may be mounted there.
    mountpoint -q "$BACKUPS" || run rm -rf "$BACKUPS"
    if id edge_gate >/dev/null 2>&1; then run userdel edge_gate; fi
    if getent group edge_gate >/dev/null; then run groupdel edge_gate; fi
    say "removed, with its configuration, its key and everybody enrolled"
  else
    say "removed; $CONFIG, $STATE and $BACKUPS are kept (--purge removes them)"
  fi
}

# The bundle, unpacked and proven by its checksums; or, from a source tree, the same parts made here.
find_parts() {
  if [ -z "$bundle" ] && [ -f "$HERE/SHA256SUMS" ]; then bundle=$HERE; fi
  parts=$(mktemp -d)
  trap 'rm -rf "$parts"' EXIT
  if [ "$bundle" ]; then
    [ -e "$bundle" ] || fail 1 "there is no $bundle" "name the bundle that make-bundle made"
    if [ -f "$bundle" ]; then tar -C "$parts" --strip-components=1 -xf "$bundle"; else cp -r "$bundle/." "$parts"; fi
    [ -f "$parts/SHA256SUMS" ] || fail $EXIT_DAMAGED "$bundle has no SHA256SUMS" "name the bundle that make-bundle made"
    (cd "$parts" && sha256sum --quiet --strict -c SHA256SUMS) ||
      fail $EXIT_DAMAGED "$bundle is damaged: a file differs from its checksum" "copy the bundle again"
    source=(--no-index --find-links "$parts/wheels")
  else
    say "building the wheel from the source tree; what it needs is downloaded"
    python3 -m venv "$parts/builder" || fail 1 "python3 cannot make an environment" "sudo apt install python3-venv"
    "$parts/builder/bin/pip" -q wheel --no-deps -w "$parts/wheels" "$HERE/.."
    "$parts/builder/bin/pip" -q download --no-deps -d "$parts/wheels" pip
    cp -r "$HERE/../systemd" "$HERE/boot-config" "$parts"
    source=()
  fi
  wheel=$(echo "$parts"/wheels/edge_gate-*.whl)
  release=$(basename "$wheel" | cut -d- -f2)-$(sha256sum "$wheel" | cut -c1-8)
}

# A release is a folder of its own: the environment, its units, its boot configuration. `current` is the one in use.
make_release() {
  local place=$HOME_DIR/releases/$release
  if [ -e "$place/complete" ]; then say "release $release is there already"; return; fi
  # picamera2, libcamera and lgpio come from apt on a Raspberry Pi: let the environment see them.
  local site=() limit=()
  if /usr/bin/python3 -c 'import lgpio' 2>/dev/null || /usr/bin/python3 -c 'import libcamera' 2>/dev/null; then
    site=(--system-site-packages)
  fi
  # Bookworm (Python 3.11): apt's compiled modules need numpy 1. There is no lgpio wheel for a later Python.
  if /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then limit=('numpy<2' lgpio); fi
  say "installing release $release (some minutes on a Raspberry Pi)"
  run rm -rf "$place"
  run mkdir -p "$HOME_DIR/releases"
  run /usr/bin/python3 -m venv --without-pip "${site[@]}" "$place"
  run "$place/bin/python" "$(echo "$parts"/wheels/pip-*.whl)/pip" -q install --no-cache-dir --no-warn-script-location \
    --disable-pip-version-check --root-user-action=ignore "${source[@]}" "$wheel" "${limit[@]}" ||
    fail 1 "the environment could not be made" "read pip's message; the bundle must hold wheels for this Python"
  # Every start is sooner for it. (-P: not the source tree that this may have been called from.)
  run "$place/bin/python" -P -m edge_gate.cli.kept || say "its modules are not kept in one file: every start takes longer"
  run cp -r "$parts/systemd" "$parts/boot-config" "$place"
  # Not before it is on the card: a power cut would leave empty files, and a release that is never made again.
  run sync -f "$place"
  run touch "$place/complete"
}

place_files() { # of a release
  local from=$HOME_DIR/releases/$1
  while read -r name place; do
    # A release to go back to may have had fewer of them.
    if [ -z "$name" ]; then continue; fi
    if [ "$dry" ] || [ -e "$from/$name" ]; then run install -D -m 644 "$from/$name" "$place"; else rm -f "$place"; fi
  done <<<"$PLACES"
  run systemd-sysusers /etc/sysusers.d/edge-gate.conf
  run systemd-tmpfiles --create /etc/tmpfiles.d/edge-gate.conf
  run ln -sfn "releases/$1" "$HOME_DIR/current.new"
  run mv -T "$HOME_DIR/current.new" "$HOME_DIR/current"
  run ln -sfn "$HOME_DIR/current/bin/edge-gate" /usr/local/bin/edge-gate
  reload
}

make_key() {
  if [ -s "$CONFIG/gallery.key" ]; then return; fi
  say "making the key of the templates, $CONFIG/gallery.key: keep a copy away from this board"
  run install -m 600 /dev/null "$CONFIG/gallery.key"
  run dd if=/dev/random of="$CONFIG/gallery.key" bs=32 count=1 iflag=fullblock conv=fsync status=none
}

# The program starts, and finds this door's configuration, models, gallery and journal sound.
self_check() {
  "$HOME_DIR/releases/$release/bin/edge-gate" --version >/dev/null || return 1
  [ ! -e "$CONFIG/edge_gate.toml" ] || "$HOME_DIR/releases/$release/bin/edge-gate" check >/dev/null
}

# The manual and the completion of the Tab key, as this very release tells them.
document() {
  local place=$HOME_DIR/releases/$release
  mkdir -p "$place/share" &&
    "$place/bin/edge-gate" manual >"$place/share/edge-gate.1" &&
    _EDGE_GATE_COMPLETE=source_bash "$place/bin/edge-gate" >"$place/share/edge-gate.bash"
}

install_release() {
  find_parts
  local before
  before=$(basename "$(readlink "$HOME_DIR/current" || true)")
  make_release
  if [ "$dry" ]; then
    place_files "$release"
    make_key
    echo "would check release $release, start it${before:+ instead of $before}, and set the boot configuration"
    return
  fi
  if ! { self_check && document; }; then
    rm -rf "$HOME_DIR/releases/$release"
    fail $EXIT_ROLLED_BACK "release $release does not pass its check; ${before:-nothing} stays installed" \
      "read the message above"
  fi
  place_files "$release"
  make_key
  systemctl -q enable edge-gate.service
  # shellcheck disable=SC2086
  systemctl -q enable --now $TIMERS
  if [ ! -e "$CONFIG/edge_gate.toml" ]; then
    say "installed. Next: sudo edge-gate init, then: sudo edge-gate doctor"
  elif systemctl restart edge-gate.service; then
    say "the service is running, release $release"
  elif [ "$before" ] && [ "$before" != "$release" ]; then
    place_files "$before"
    systemctl restart edge-gate.service || true
    rm -rf "$HOME_DIR/releases/$release"
    fail $EXIT_ROLLED_BACK "release $release did not get ready; $before is in place again" "journalctl -u edge-gate"
  else
    fail 1 "the service did not get ready" "journalctl -u edge-gate"
  fi
  "$HOME_DIR/current/boot-config"
  # The release before stays, to go back to; older ones go.
  for old in "$HOME_DIR"/releases/*; do
    case $(basename "$old") in "$release" | "$before") ;; *) rm -rf "$old" ;; esac
  done
}

if [ "$remove" ]; then uninstall; else install_release; fi
run sync
