#!/bin/bash
# kernel.sh: Debian's own arm64 kernel with the two modules that stand for a Raspberry Pi's header and camera.
# Result: $CACHE/kernel/{vmlinuz,initrd.img,modules/}. Everything is cross-built, nothing is emulated.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
RESULT=$CACHE/kernel
GPIO_PATCH=$HERE/gpio-sim.patch
finished "$RESULT" "$SUITE" "$GPIO_PATCH" "$HERE/initrd.sh" "$0" && exit 0

need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu make make cpio cpio patch patch depmod kmod xz xz-utils
WORK=$(mktemp -d "$CACHE/kernel.XXXX")
trap 'rm -rf "$WORK"' EXIT
cd "$WORK"

say "fetching Debian's arm64 kernel, headers and sources"
# A private apt, so that the host's architectures and lists stay as they are.
mkdir -p apt/{state/lists/partial,cache/archives/partial,etc/{apt.conf.d,preferences.d,sources.list.d}} debs x
: >apt/status
cat >apt/etc/sources.list <<EOF
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $MIRROR $SUITE main
EOF
cat >apt/apt.conf <<EOF
Dir "$WORK/apt";
Dir::State "state"; Dir::State::status "$WORK/apt/status"; Dir::Cache "cache"; Dir::Etc "etc";
APT::Architecture "arm64"; APT::Architectures { "arm64"; "amd64"; };
Acquire::Languages "none"; APT::Sandbox::User "root";
EOF
export APT_CONFIG=$WORK/apt/apt.conf
apt-get update -qq
ABI=$(apt-cache depends linux-image-arm64 | sed -n 's/.*Depends: linux-image-\([0-9].*\)-arm64$/\1/p')
VERSION=${ABI%.*}; VERSION=$(echo "$ABI" | cut -d. -f1,2)
[ -n "$ABI" ] || die "linux-image-arm64 names no kernel"
KERNEL=$ABI-arm64
(cd debs && apt-get download -qq "linux-image-$KERNEL" "linux-headers-$KERNEL" "linux-headers-$ABI-common:arm64" \
  "linux-kbuild-$VERSION:amd64" "linux-source-$VERSION:arm64" v4l2loopback-dkms:arm64 busybox-static)
unset APT_CONFIG
for deb in debs/*.deb; do dpkg-deb -x "$deb" x; done

say "building gpio-sim and v4l2loopback for $KERNEL"
# Debian's header packages name each other by absolute paths.
HEADERS=$WORK/x/usr/src/linux-headers-$KERNEL
grep -rlI --include=Makefile --include=.kernelvariables /usr/src "$HEADERS" "$HEADERS"/../linux-headers-"$ABI"-common/Makefile |
  xargs -r sed -i "s#/usr/src/#$WORK/x/usr/src/#g"
for link in "$HEADERS"/{scripts,tools} "$HEADERS"/../linux-headers-"$ABI"-common/{scripts,tools}; do
  [ -L "$link" ] && ln -sfn "$WORK/x/usr/lib/linux-kbuild-$VERSION/$(basename "$link")" "$link"
done

SOURCE=linux-source-$VERSION
mkdir gpio v4l2
tar -xf "x/usr/src/$SOURCE.tar.xz" --strip-components=3 -C gpio \
  "$SOURCE/drivers/gpio/gpio-sim.c" "$SOURCE/drivers/gpio/gpiolib.h"
tar -xf "x/usr/src/$SOURCE.tar.xz" --strip-components=3 -C gpio "$SOURCE/kernel/irq/irq_sim.c"
patch -s -d gpio -p1 <"$GPIO_PATCH"
mv gpio/gpio-sim.c gpio/gpio-sim-main.c
cat >gpio/Makefile <<'EOF'
obj-m := gpio-sim.o
gpio-sim-y := gpio-sim-main.o irq_sim.o
EOF
cp x/usr/src/v4l2loopback-*/{*.c,*.h} v4l2/
echo 'obj-m := v4l2loopback.o' >v4l2/Makefile
for module in gpio v4l2; do
  make -s -C "$HEADERS" M="$WORK/$module" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules \
    >"$CACHE/kernel-$module.log" 2>&1 || die "building $module failed: see $CACHE/kernel-$module.log"
done

MODULES=x/lib/modules/$KERNEL
install -D -m 644 -t "$MODULES/updates" gpio/gpio-sim.ko v4l2/v4l2loopback.ko
depmod -b x "$KERNEL"
"$HERE/initrd.sh" x "$KERNEL" initrd.img

rm -rf "$RESULT"
mkdir -p "$RESULT/modules"
cp "x/boot/vmlinuz-$KERNEL" "$RESULT/vmlinuz"
cp initrd.img "$RESULT/initrd.img"
cp -a "$MODULES" "$RESULT/modules/"
finish "$RESULT" "$SUITE" "$GPIO_PATCH" "$HERE/initrd.sh" "$0"
say "made $RESULT ($KERNEL)"
