# SPDX-License-Identifier: Apache-2.0
"""A busy loop that ends by itself: hog.py SECONDS [fifo PRIORITY]. It gives the CPU away for a
moment every 50 ms when it is real-time, or nothing else would ever run on its CPU again, not even
what is to end it, should the machine's real-time throttling be off."""
import os
import sys
import time

seconds = float(sys.argv[1])
realtime = len(sys.argv) > 3
if realtime:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(int(sys.argv[3])))
end = time.monotonic() + seconds
pause = time.monotonic() + 0.9
while time.monotonic() < end:
    if realtime and time.monotonic() > pause:
        time.sleep(0.001)
        pause = time.monotonic() + 0.9
