/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The kernel's structures, cut down to the fields that are read here. Offsets are relocated at load
 * time from the running kernel's BTF (CO-RE), so that no BTF is needed to build. */
#ifndef ALIBI_BPF_KERNEL_H
#define ALIBI_BPF_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false, true };

enum bpf_map_type_used {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
  __u32 cpu;
};

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
};

typedef struct {
  int counter;
} atomic_t;

struct signal_struct {
  atomic_t live;
  int group_exit_code;
  unsigned int flags;
  struct mm_struct *oom_mm;
};

struct cfs_rq {
  int throttle_count;
};

struct cfs_bandwidth {
  long long period;
  unsigned long long quota;
};

struct task_group {
  struct task_group *parent;
  struct cfs_bandwidth cfs_bandwidth;
};

struct sched_entity {
  struct cfs_rq *cfs_rq;
};

struct task_struct {
  struct sched_entity se;
  bool throttled;
  struct task_group *sched_task_group;
  struct thread_info thread_info;
  unsigned int flags;
  unsigned int rt_priority;
  unsigned int policy;
  struct mm_struct *mm;
  int exit_code;
  unsigned int in_iowait : 1;
  unsigned int in_memstall : 1;
  int pid;
  int tgid;
  struct task_struct *real_parent;
  struct task_struct *group_leader;
  char comm[16];
  struct signal_struct *signal;
};

struct kernel_siginfo {
  struct {
    int si_signo;
    int si_errno;
    int si_code;
  };
};

struct ns_common {
  unsigned int inum;
};

struct net {
  struct ns_common ns;
};

typedef struct {
  struct net *net;
} possible_net_t;

struct net_device {
  int ifindex;
  possible_net_t nd_net;
};

struct sock_common {
  possible_net_t skc_net;
};

struct sock {
  struct sock_common __sk_common;
};

struct sk_buff {
  struct net_device *dev;
  struct sock *sk;
  __be16 protocol;
  __u16 network_header;
  unsigned char *head;
};

struct linux_binprm {
  int argc;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
  unsigned long dx;
  unsigned long si;
  unsigned long di;
  unsigned long orig_ax;
};
#define ALIBI_SYSCALL(regs) ((alibi_s32)(regs)->orig_ax)
#define ALIBI_ARG0(regs) ((regs)->di)
#define ALIBI_ARG1(regs) ((regs)->si)
#define ALIBI_ARG2(regs) ((regs)->dx)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
  unsigned long long regs[31];
  unsigned long long orig_x0;
  __s32 syscallno;
};
#define ALIBI_SYSCALL(r) ((r)->syscallno)
#define ALIBI_ARG0(r) ((r)->orig_x0)
#define ALIBI_ARG1(r) ((r)->regs[1])
#define ALIBI_ARG2(r) ((r)->regs[2])
#else
#error "alibi's BPF programs know x86 and arm64; add the registers of system calls here"
#endif

#pragma clang attribute pop

#endif
