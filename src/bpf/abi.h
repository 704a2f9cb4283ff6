/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the BPF programs and the loader say to each other: map layouts and event records. The only
 * header both sides include: fixed-width types, explicit padding, sizes asserted on both sides. */
#ifndef ALIBI_BPF_ABI_H
#define ALIBI_BPF_ABI_H

#ifdef __cplusplus
#include <cstddef>
#include <cstdint>
using alibi_u8 = std::uint8_t;
using alibi_u32 = std::uint32_t;
using alibi_s32 = std::int32_t;
using alibi_u64 = std::uint64_t;
#define ALIBI_ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#else
typedef unsigned char alibi_u8;
typedef unsigned int alibi_u32;
typedef int alibi_s32;
typedef unsigned long long alibi_u64;
#define ALIBI_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#endif

/* Compared by the loader with the constant compiled into each object. */
#define ALIBI_ABI_VERSION 8

enum {
  ALIBI_COMM = 16,
  ALIBI_STACK = 32,        /* raw frames; the scheduler's and the tracer's own are dropped later */
  ALIBI_RIVALS = 8,        /* per wait; the last slot adds up who had least of it */
  ALIBI_ARGS = 128,        /* bytes of a command line */
  ALIBI_CPUS = 512,        /* CPUs above are not accounted for */
  ALIBI_CPU_WAITERS = 8,   /* watched threads waiting on one CPU at a time */
  ALIBI_GROUP = 32,        /* bytes of a cgroup's name */
};

/* Value of the watched map, key: thread group id. */
enum alibi_role {
  ALIBI_ROLE_HEARTBEAT = 1,
  ALIBI_ROLE_PARENT = 2,
  ALIBI_ROLE_CHILD = 3,    /* set by the fork program */
  ALIBI_ROLE_SERVICE = 4,  /* signals, exec and exit only, no scheduling */
  ALIBI_ROLE_READER = 5,   /* and of scheduling only long waits for a CPU */
  ALIBI_ROLE_WATCHED = 6,  /* asked for: in full, but what it forks only by its name */
};

enum alibi_kind {
  ALIBI_OFF = 1,
  ALIBI_ON = 2,
  ALIBI_WOKEN = 3,
  ALIBI_SIGNAL = 4,
  ALIBI_FORK = 5,
  ALIBI_EXEC = 6,
  ALIBI_EXIT = 7,
  ALIBI_RECLAIM = 8,
  ALIBI_DROP = 9,
  ALIBI_SILENT = 10,
  ALIBI_RAN = 11,
};

/* Index into the lost map: which program group could not deliver. */
enum alibi_source {
  ALIBI_SOURCE_SCHED = 0,
  ALIBI_SOURCE_SIGNAL = 1,
  ALIBI_SOURCE_PROCESS = 2,
  ALIBI_SOURCE_MEMORY = 3,
  ALIBI_SOURCE_BLOCK = 4,
  ALIBI_SOURCE_DROPS = 5,
  ALIBI_SOURCE_TICKS = 6,
  ALIBI_SOURCES = 7,
};

struct alibi_header {
  alibi_u64 ns;            /* CLOCK_MONOTONIC */
  alibi_u32 kind;
  alibi_u32 cpu;
  alibi_s32 pid;           /* thread group of the watched thread */
  alibi_s32 tid;
};
ALIBI_ASSERT_SIZE(struct alibi_header, 24);

struct alibi_off {
  struct alibi_header header;
  alibi_u32 prev_state;    /* task_struct.__state as it was passed to the tracepoint */
  alibi_u8 preempted;      /* still runnable, whatever prev_state says */
  alibi_u8 io_wait;
  alibi_u8 memory_stall;
  alibi_u8 pad;
  alibi_s32 syscall;       /* -1: none */
  alibi_s32 stack_bytes;   /* <= 0: no stack */
  alibi_u64 arguments[3];
  alibi_u64 stack[ALIBI_STACK];  /* not sent when preempted */
};
ALIBI_ASSERT_SIZE(struct alibi_off, 24 + 16 + 24 + 8 * ALIBI_STACK);
/* Length of an alibi_off without its stack. */
#define ALIBI_OFF_SHORT (24 + 16 + 24)

struct alibi_rival {
  alibi_u64 ns;
  alibi_s32 pid;           /* thread group; 0: the CPU was idle; or one of the two below */
  alibi_u32 policy;        /* SCHED_* */
  alibi_u32 rt_priority;
  alibi_u32 pad;
  char comm[ALIBI_COMM];
};
ALIBI_ASSERT_SIZE(struct alibi_rival, 40);

struct alibi_on {
  struct alibi_header header;
  alibi_u64 waited_ns;     /* runnable for so long; 0: not known */
  alibi_u32 rivals;        /* how many of `rival` are filled in; the record may end behind them */
  alibi_u32 pad;
  struct alibi_rival rival[ALIBI_RIVALS];
};
ALIBI_ASSERT_SIZE(struct alibi_on, 40 + 40 * ALIBI_RIVALS);
#define ALIBI_ON_SHORT 40
/* Length of one with few rivals. */
#define ALIBI_RIVALS_FEW 2
#define ALIBI_ON_FEW (ALIBI_ON_SHORT + ALIBI_RIVALS_FEW * 40)

struct alibi_woken {
  struct alibi_header header;
  alibi_s32 waker_pid;     /* 0: an interrupt or the idle task */
  alibi_u32 pad;
  char waker_comm[ALIBI_COMM];
};
ALIBI_ASSERT_SIZE(struct alibi_woken, 48);

struct alibi_signal {
  struct alibi_header header;  /* pid, tid: the target */
  alibi_s32 signal;
  alibi_s32 code;
  alibi_s32 sender_pid;    /* 0: the kernel */
  alibi_s32 sender_parent_pid;
  char target_comm[ALIBI_COMM];
  char sender_comm[ALIBI_COMM];
  char sender_parent_comm[ALIBI_COMM];
};
ALIBI_ASSERT_SIZE(struct alibi_signal, 24 + 16 + 48);

struct alibi_fork {
  struct alibi_header header;  /* pid, tid: the parent */
  alibi_s32 child;
  alibi_u32 role;          /* of the child; 0: not watched */
};
ALIBI_ASSERT_SIZE(struct alibi_fork, 32);

struct alibi_exec {
  struct alibi_header header;
  alibi_u32 args_bytes;    /* NUL between the arguments */
  alibi_u32 role;
  char comm[ALIBI_COMM];
  char args[ALIBI_ARGS];
};
ALIBI_ASSERT_SIZE(struct alibi_exec, 48 + ALIBI_ARGS);

struct alibi_exit {
  struct alibi_header header;
  alibi_s32 exit_code;     /* as wait(2) encodes it */
  alibi_u32 oom_victim;
  char comm[ALIBI_COMM];
};
ALIBI_ASSERT_SIZE(struct alibi_exit, 48);

enum {
  ALIBI_RIVAL_OTHERS = -1,     /* several, added up */
  ALIBI_RIVAL_THROTTLED = -2,  /* nobody: the waiting thread's own group was out of quota */
};

/* One watched thread that waits for a CPU, and who holds that CPU meanwhile. */
struct alibi_wait {
  alibi_u64 since_ns;
  alibi_u64 cpu_since_ns;  /* when it came to `cpu` */
  alibi_u64 task;          /* its task_struct; it lives as long as it waits */
  alibi_u32 cpu;
  alibi_u32 rivals;
  alibi_u32 throttled;     /* out of quota when the present slice of `cpu` began */
  alibi_u32 pad;
  struct alibi_rival rival[ALIBI_RIVALS];
};
ALIBI_ASSERT_SIZE(struct alibi_wait, 40 + 40 * ALIBI_RIVALS);

/* By CPU: which watched threads wait there, and since when its current task runs. */
struct alibi_cpu {
  alibi_u64 last_switch_ns;
  alibi_u64 runner;        /* the task_struct that has it since then */
  alibi_u32 waiter[ALIBI_CPU_WAITERS];  /* tid; 0: free */
};
ALIBI_ASSERT_SIZE(struct alibi_cpu, 16 + 4 * ALIBI_CPU_WAITERS);

#endif
