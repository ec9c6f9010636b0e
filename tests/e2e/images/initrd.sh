#!/bin/bash
# initrd.sh TREE KERNEL OUT: a busybox initrd that knows one disk: virtio, ext4, /dev/vda.
set -euo pipefail
TREE=$(realpath "$1") KERNEL=$2 OUT=$(realpath -m "$3")
ROOT=$(mktemp -d); trap 'rm -rf "$ROOT"' EXIT
mkdir -p "$ROOT"/{bin,dev,proc,sys,mnt,modules}
cp "$TREE/bin/busybox" "$ROOT/bin/"
for name in virtio_pci virtio_blk crc32c_generic ext4; do
  modprobe -d "$TREE" -S "$KERNEL" --show-depends "$name" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++' | while read -r path; do
  cp "$path" "$ROOT/modules/"; basename "$path" >>"$ROOT/modules/order"
done
cat >"$ROOT/init" <<'EOF'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
while read -r m; do /bin/busybox insmod /modules/$m; done </modules/order
n=0; while [ ! -b /dev/vda ] && [ $n -lt 100 ]; do /bin/busybox sleep 0.1; n=$((n+1)); done
/bin/busybox mount -t ext4 /dev/vda /mnt || exec /bin/busybox sh
/bin/busybox umount /proc /sys
exec /bin/busybox switch_root /mnt /sbin/init
EOF
chmod +x "$ROOT/init"
(cd "$ROOT" && find . | cpio -o -H newc --quiet | gzip -1) >"$OUT"
