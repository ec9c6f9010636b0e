#!/bin/bash
# root.sh amd64|arm64: a bootable Debian tree as a tar file, as the door's SD card would have it before install.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
ARCH=${1:?amd64 or arm64}
RESULT=$CACHE/root-$ARCH.tar
PACKAGES=systemd,systemd-sysv,dbus,udev,kmod,procps,iproute2,python3,python3-venv,libcap2-bin
finished "$RESULT" "$SUITE" "$ARCH" "$PACKAGES" "$0" && exit 0

need debootstrap debootstrap arch-test arch-test
if [ "$ARCH" = arm64 ] && ! arch-test arm64 >/dev/null; then
  need /usr/bin/qemu-aarch64-static qemu-user-static
  registry=/proc/sys/fs/binfmt_misc
  [ -e $registry/register ] || mount -t binfmt_misc none $registry
  [ -e $registry/qemu-aarch64 ] || cat /usr/lib/binfmt.d/qemu-aarch64.conf >$registry/register
  arch-test arm64 >/dev/null || die "this kernel cannot run arm64 programs through qemu-user"
fi

say "debootstrap $SUITE $ARCH (about 6 minutes when emulated)"
TREE=$(mktemp -d "$CACHE/root-$ARCH.XXXX")
trap 'rm -rf "$TREE"' EXIT
chmod 755 "$TREE"
debootstrap --arch="$ARCH" --variant=minbase --include="$PACKAGES" "$SUITE" "$TREE" "$MIRROR" >"$CACHE/root-$ARCH.log" 2>&1 ||
  die "debootstrap failed: see $CACHE/root-$ARCH.log"

rm -rf "$TREE"/var/cache/apt/archives/*.deb "$TREE"/var/lib/apt/lists/*
echo door >"$TREE/etc/hostname"
echo '127.0.1.1 door' >>"$TREE/etc/hosts"
: >"$TREE/etc/machine-id"
# A Raspberry Pi's groups, so that the udev rules and the unit meet what they meet there.
for group in gpio spi i2c; do chroot "$TREE" groupadd --system -f "$group"; done
tar -C "$TREE" --numeric-owner --xattrs -cf "$RESULT.part" .
mv "$RESULT.part" "$RESULT"
finish "$RESULT" "$SUITE" "$ARCH" "$PACKAGES" "$0"
say "made $RESULT"
