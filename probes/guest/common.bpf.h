// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What all programs in the kernel share: the ring buffer, the count of what did not fit, and records' heads.
#ifndef CANDOR_GUEST_COMMON_BPF_H
#define CANDOR_GUEST_COMMON_BPF_H

#include "kernel.h"
#include "record.h"

#define RECORD_BODY 64
#define NAME_MOST 256
#define NAMES_MOST 40

struct scratch {
  struct record head;
  __u8 body_and_texts[RECORD_BODY + RECORD_TEXT + NAME_MOST];
  __u32 busy;  // a program that was interrupted by another on this processor
  // Where put_names() is. The verifier does not follow what is kept here, so all turns of its loop look alike
  // to it; in registers, each turn would be one more case to prove.
  __u32 at;
  struct dentry* dentry;
  struct mount* mount;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 * 1024 * 1024);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} missed SEC(".maps");

// Read-only for the kernel from the moment a program is loaded.
const volatile __u32 own_pid = 0;
// 0 until somebody listens: nothing is recorded before.
__u32 listening = 0;

static __always_inline void miss(void) {
  const __u32 zero = 0;
  __u64* count = bpf_map_lookup_elem(&missed, &zero);
  if (count) ++*count;
}

struct process_key {
  __u64 start_ns;
  __u32 pid;
  __u32 padding;
};

static __always_inline struct process_key key_of(struct task_struct* task) {
  struct process_key key = {};
  struct task_struct* leader = BPF_CORE_READ(task, group_leader);
  key.start_ns = BPF_CORE_READ(leader, start_time);
  key.pid = BPF_CORE_READ(leader, tgid);
  return key;
}

static __always_inline struct scratch* begin(__u16 kind, struct task_struct* task) {
  const __u32 zero = 0;
  struct scratch* s = bpf_map_lookup_elem(&scratches, &zero);
  if (!s) return 0;
  if (s->busy) {
    miss();
    return 0;
  }
  s->busy = 1;
  struct record* head = &s->head;
  head->kind = kind;
  head->flags = 0;
  head->at_ns = bpf_ktime_get_ns();
  struct task_struct* leader = BPF_CORE_READ(task, group_leader);
  struct task_struct* parent = BPF_CORE_READ(leader, real_parent);
  parent = BPF_CORE_READ(parent, group_leader);
  head->start_ns = BPF_CORE_READ(leader, start_time);
  head->parent_start_ns = BPF_CORE_READ(parent, start_time);
  head->pid = BPF_CORE_READ(leader, tgid);
  head->parent = BPF_CORE_READ(parent, tgid);
  head->uid = BPF_CORE_READ(task, cred, uid.val);
  head->exe_bytes = 0;
  s->at = 0;
  bpf_probe_read_kernel(head->comm, sizeof head->comm, &leader->comm);
  return s;
}

// Keeps the compiler from remembering what it knows of a value, where the verifier has to be shown it again.
#define FORGET(value) asm volatile("" : "+r"(value))

static __always_inline void end(struct scratch* s, __u64 texts) {
  FORGET(texts);
  if (texts > RECORD_TEXT) texts = RECORD_TEXT;
  const __u64 size = sizeof(struct record) + RECORD_BODY + texts;
  s->head.size = size;
  if (bpf_ringbuf_output(&ring, s, size, 0)) miss();
  s->busy = 0;
}

static __always_inline void abandon(struct scratch* s) { s->busy = 0; }

static __always_inline __u8* texts(struct scratch* s) { return s->body_and_texts + RECORD_BODY; }

// One name, or one step to the file system this one is mounted in: 0 at the root of all, below 0 when there
// is no room. Apart from the loop, as kernels before 6.2 refuse loops that clang arranges otherwise.
static __noinline int put_name(struct scratch* s) {
  if (!s) return -1;
  struct dentry* here = s->dentry;
  struct mount* mount = s->mount;
  struct dentry* parent = BPF_CORE_READ(here, d_parent);
  if (here == parent || (mount && here == BPF_CORE_READ(mount, mnt.mnt_root))) {
    struct mount* above = mount ? BPF_CORE_READ(mount, mnt_parent) : 0;
    if (above == mount) return 0;
    s->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
    s->mount = above;
    return 1;
  }
  const unsigned char* name = BPF_CORE_READ(here, d_name.name);
  __u64 at = s->at;
  FORGET(at);
  if (at > RECORD_TEXT - NAME_MOST) return -1;
  const long length = bpf_probe_read_kernel_str(texts(s) + at, NAME_MOST, name);
  if (length <= 1) return -1;
  s->at = at + length;
  s->dentry = parent;
  return 1;
}

// Appends the names of a path from s->at, and the empty name after them.
static __noinline int put_names(struct scratch* s, struct dentry* dentry, struct vfsmount* vfs) {
  if (!s) return 0;
  s->dentry = dentry;
  s->mount = vfs ? container_of(vfs, struct mount, mnt) : 0;
  int step = -1;
  for (int i = 0; i < NAMES_MOST; ++i) {
    step = put_name(s);
    if (step <= 0) break;
  }
  if (step) s->head.flags |= RECORD_PATH_CUT;
  __u64 at = s->at;
  FORGET(at);
  if (at > RECORD_TEXT) at = RECORD_TEXT;
  texts(s)[at] = 0;
  s->at = at + 1;
  return 0;
}

// The path of the process's program, first among the texts.
static __always_inline void put_program(struct scratch* s, struct task_struct* task) {
  struct file* exe = BPF_CORE_READ(task, mm, exe_file);
  if (exe) put_names(s, BPF_CORE_READ(exe, f_path.dentry), BPF_CORE_READ(exe, f_path.mnt));
  s->head.exe_bytes = s->at;
}

char license_text[] SEC("license") = "GPL";

#endif
