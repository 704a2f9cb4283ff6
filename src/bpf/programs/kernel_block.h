/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The part of kernel.h that is about block devices. */
#ifndef ALIBI_BPF_KERNEL_BLOCK_H
#define ALIBI_BPF_KERNEL_BLOCK_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
  const char *name;
};

struct cgroup {
  struct kernfs_node *kn;
};

struct cgroup_subsys_state {
  struct cgroup *cgroup;
};

struct blkcg {
  struct cgroup_subsys_state css;
};

struct blkcg_gq {
  struct blkcg *blkcg;
};

struct bio {
  struct blkcg_gq *bi_blkg;
};

struct gendisk {
  int major;
  int first_minor;
};

struct request_queue {
  struct gendisk *disk;
};

struct request {
  struct request_queue *q;
  unsigned int __data_len;
  struct bio *bio;
};

#pragma clang attribute pop

#endif
