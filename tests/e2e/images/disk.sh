#!/bin/bash
# disk.sh: the SD card of a board that does not exist: Debian arm64, a header, a camera, a hand for the test.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
GUEST=$HERE/../guest
RESULT=$CACHE/disk.img
"$HERE/root.sh" arm64
"$HERE/kernel.sh"
INPUTS=("$CACHE/root-arm64.tar.stamp" "$CACHE/kernel.stamp" "$GUEST"/* "$0")
finished "$RESULT" "${INPUTS[@]}" && exit 0

need qemu-system-aarch64 qemu-system-arm qemu-img qemu-utils mke2fs e2fsprogs fdtput device-tree-compiler
say "making the disk"
TREE=$(mktemp -d "$CACHE/disk.XXXX")
trap 'rm -rf "$TREE"' EXIT
tar -C "$TREE" --numeric-owner --xattrs -xpf "$CACHE/root-arm64.tar"
cp -a "$CACHE/kernel/modules/." "$TREE/usr/lib/modules/"
rm -rf "$TREE"/usr/lib/modules/*/kernel/{sound,drivers/{gpu,net,infiniband,scsi,iio,usb,staging}}
depmod -b "$TREE" "$(ls "$TREE/usr/lib/modules")" 2>/dev/null

install -m 755 -t "$TREE/usr/local/bin" "$GUEST"/{door-shell,header,feed,vcgencmd}
install -m 644 -t "$TREE/etc/systemd/system" "$GUEST"/{door-shell,header,feed}.service "$GUEST/host.mount"
install -m 644 -t "$TREE/etc/udev/rules.d" "$GUEST/99-virtio-ports.rules"
mkdir -p "$TREE/host" "$TREE/boot/firmware"
ln -s /host "$TREE/media/stick"
systemctl --root="$TREE" -q enable door-shell.service header.service feed.service host.mount
systemctl --root="$TREE" -q mask getty.target console-getty.service systemd-timesyncd.service apt-daily.timer \
  apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
printf '%s\n' '/dev/vda / ext4 rw,noatime 0 1' >"$TREE/etc/fstab"
printf '%s\n' v4l2loopback 9pnet_virtio virtio_console configfs i6300esb >"$TREE/etc/modules-load.d/door.conf"
echo 'options v4l2loopback devices=1 video_nr=0 card_label="door camera"' >"$TREE/etc/modprobe.d/door.conf"
# A Raspberry Pi's boot partition, for the installer to edit; the next start takes its cmdline.txt.
printf '%s\n' '# For more options see http://rptl.io/configtxt' 'dtparam=audio=on' '[all]' >"$TREE/boot/firmware/config.txt"
echo 'console=serial0,115200 root=PARTUUID=0-02 rootfstype=ext4 fsck.repair=yes rootwait' >"$TREE/boot/firmware/cmdline.txt"

rm -f "$RESULT"
mke2fs -q -t ext4 -d "$TREE" -L door "$RESULT" 4G
finish "$RESULT" "${INPUTS[@]}"
say "made $RESULT ($(du -h "$RESULT" | cut -f1))"
