# shellcheck shell=bash disable=SC2034
# Shared by the build scripts: where the cache is, and how a step is skipped when its result exists.
set -euo pipefail

SUITE=${E2E_SUITE:-bookworm}
MIRROR=${E2E_MIRROR:-http://deb.debian.org/debian}
CACHE=${E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/edge-gate-e2e/$SUITE}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$CACHE"

say() { printf '[%(%H:%M:%S)T] %s\n' -1 "$*" >&2; }
die() { say "error: $*"; exit 1; }

[ "$(id -u)" = 0 ] || die "the images hold files of many owners: run as root (sudo make ...)"

# need TOOL PACKAGE ...: install the Debian packages whose tool is missing.
need() {
  local missing=()
  while [ $# -gt 1 ]; do
    [ -e "$1" ] || command -v "$1" >/dev/null || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# finished RESULT INPUT ...: true when RESULT was made from exactly these inputs (files or words).
stamp_of() { for i in "$@"; do if [ -f "$i" ]; then sha256sum <"$i"; else echo "$i"; fi; done | sha256sum | cut -c1-16; }
finished() { local result=$1; shift; [ -e "$result" ] && [ "$(cat "$result.stamp" 2>/dev/null)" = "$(stamp_of "$@")" ]; }
finish() { local result=$1; shift; stamp_of "$@" >"$result.stamp"; }
