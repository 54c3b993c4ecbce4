// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// The few members of kernel structures the probes look at. Where they stand is found out when a program is
// loaded, from the running kernel's own type information (BPF CO-RE), so one file serves all kernels that
// have the members.
#ifndef CANDOR_GUEST_KERNEL_H
#define CANDOR_GUEST_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
  const unsigned char* name;
};
struct super_block {
  unsigned int s_dev;
  unsigned long s_magic;
};
struct inode {
  unsigned short i_mode;
  struct super_block* i_sb;
  unsigned long i_ino;
  unsigned int i_generation;
};
struct dentry {
  struct dentry* d_parent;
  struct qstr d_name;
  struct inode* d_inode;
};
struct vfsmount {
  struct dentry* mnt_root;
};
struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
};
struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};
struct file {
  struct path f_path;
  struct inode* f_inode;
  unsigned int f_flags;
  unsigned int f_mode;
};
struct mm_struct {
  struct file* exe_file;
  unsigned long arg_start, arg_end;
};
typedef struct {
  unsigned int val;
} kuid_t;
struct cred {
  kuid_t uid;
};
struct task_struct {
  unsigned int flags;
  int pid, tgid;
  int exit_code;
  struct task_struct *real_parent, *group_leader;
  unsigned long long start_time;
  char comm[16];
  struct mm_struct* mm;
  const struct cred* cred;
};
struct in6_addr {
  union {
    __u8 u6_addr8[16];
  } in6_u;
};
struct sock_common {
  unsigned int skc_daddr, skc_rcv_saddr;
  unsigned short skc_dport, skc_num, skc_family;
  struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sock {
  struct sock_common __sk_common;
  unsigned short sk_protocol;
};
struct socket {
  struct sock* sk;
};
struct msghdr {
  void* msg_name;
  int msg_namelen;
};
struct seq_file;
struct bpf_iter_meta {
  struct seq_file* seq;
};
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
};

#pragma clang attribute pop

// On the stack as user space and the kernel lay them out, the same everywhere.
struct sockaddr_v4 {
  __u16 family, port;
  __u32 address;
};
struct sockaddr_v6 {
  __u16 family, port;
  __u32 flow;
  __u8 address[16];
};

#endif
