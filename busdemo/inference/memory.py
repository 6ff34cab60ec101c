"""Memory that is asked for again and again."""

import ctypes
import ctypes.util


def keep_freed_memory() -> None:
    """Tell glibc to reuse large blocks it would otherwise give back to the system.

    A network frees and asks for the same hundreds of megabytes at every image; the page faults were
    a third of a U-Net's training time on 2 cores and half of an Attention U-Net's. Elsewhere than
    with glibc this does nothing.
    """
    libc = ctypes.util.find_library("c")
    if libc and hasattr(mallopt := ctypes.CDLL(libc), "mallopt"):
        mmap_max, trim_threshold = -4, -1
        mallopt.mallopt(mmap_max, 0)
        mallopt.mallopt(trim_threshold, 2**31 - 1)
