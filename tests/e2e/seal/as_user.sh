#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the given test program as an ordinary user (nobody), with a /dev/net/tun that user may open, as Debian's
# udev makes it; the host's own device is not touched, for all of it happens in a mount namespace. Needs root.
set -eu
if [ "$(id -u)" != 0 ]; then
  echo "skipped: only root can become another user"
  exit 77
fi
exec unshare --mount sh -eu -c '
  mount -t tmpfs -o mode=755 candor-test /mnt
  mknod -m 0666 /mnt/tun c 10 200
  mount --bind /mnt/tun /dev/net/tun
  umount -l /mnt
  exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"
' sh "$@"
