# SPDX-License-Identifier: Apache-2.0
"""A fork bomb that ends by itself: bomb.py SECONDS. It keeps its control group as full of processes
as pids.max lets it; each child is gone after a moment, so that the group empties when it ends."""
import os
import random
import signal
import sys
import time

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    try:
        if os.fork() == 0:
            random.seed()
            time.sleep(random.uniform(1.0, 3.0))  # never many at once
            os._exit(0)
    except OSError:
        time.sleep(0.0005)
