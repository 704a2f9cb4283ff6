// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// The lateness of timer interrupts alone, for a kernel without BTF: in place of ticks.bpf.c.
#include "tick.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("perf_event")
int on_tick(void *context) {
  take_tick();
  return 0;
}
