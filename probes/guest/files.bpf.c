// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Which process opens, reads, maps, writes, copies, renames, links and deletes files below watched folders, and what
// becomes of what it read: a process that has read such a file is a holder, so are the processes it forks, and a file
// a holder writes is looked after like a watched one. So a copy in a spool folder, and who reads it, is seen as well.
#include "common.bpf.h"

#define S_IFMT 0170000
#define S_IFREG 0100000
#define FMODE_WRITE 2
#define MAY_WRITE 2
#define MAY_READ 4
#define DEPTH_MOST 32

// Magic numbers of file systems whose files are the kernel's (include/uapi/linux/magic.h).
#define PROC_SUPER_MAGIC 0x9fa0
#define SYSFS_MAGIC 0x62656572
#define CGROUP2_SUPER_MAGIC 0x63677270
#define TRACEFS_MAGIC 0x74726163
#define DEBUGFS_MAGIC 0x64626720
#define SECURITYFS_MAGIC 0x73636673
#define BPF_FS_MAGIC 0xcafe4a11
#define EFIVARFS_MAGIC 0xde5e81e4
#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534f434b

struct folder_key {
  __u64 inode;
  __u32 device;
  __u32 padding;
};
struct file_key {
  __u64 inode;
  __u32 device;
  __u32 generation;
};
struct seen_key {
  struct file_key file;
  struct process_key process;
  __u32 kind;
  __u32 padding;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct folder_key);
  __type(value, __u8);
} watched SEC(".maps");

// Files that are looked after, whether they lie in a watched folder or a holder wrote them.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, struct file_key);
  __type(value, __u8);
} tracked SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct process_key);
  __type(value, __u8);
} holders SEC(".maps");

// What was told already.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 32768);
  __type(key, struct seen_key);
  __type(value, __u8);
} seen SEC(".maps");

static __always_inline struct file_key key_of_file(struct inode *inode) {
  struct file_key key = {};
  key.inode = inode->i_ino;
  key.device = inode->i_sb->s_dev;
  key.generation = inode->i_generation;
  return key;
}

// A hard link outside leads to a file that is tracked once it was opened inside.
static __always_inline int is_below_watched(struct dentry *dentry) {
  for (int i = 0; i < DEPTH_MOST; ++i) {
    struct dentry *parent = dentry->d_parent;
    if (parent == dentry) return 0;
    struct inode *inode = parent->d_inode;
    if (!inode) return 0;
    struct folder_key key = {};
    key.inode = inode->i_ino;
    key.device = inode->i_sb->s_dev;
    if (bpf_map_lookup_elem(&watched, &key)) return 1;
    dentry = parent;
  }
  return 0;
}

static __always_inline int is_kernels_own(struct inode *inode) {
  switch (inode->i_sb->s_magic) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case TRACEFS_MAGIC:
    case DEBUGFS_MAGIC:
    case SECURITYFS_MAGIC:
    case BPF_FS_MAGIC:
    case EFIVARFS_MAGIC:
    case PIPEFS_MAGIC:
    case SOCKFS_MAGIC:
      return 1;
    default:
      return 0;
  }
}

static __always_inline int is_regular(struct inode *inode) { return (inode->i_mode & S_IFMT) == S_IFREG; }

static __always_inline void track(struct file_key *key) {
  const __u8 yes = 1;
  if (bpf_map_update_elem(&tracked, key, &yes, BPF_ANY)) miss();
}

static __always_inline int told_already(struct file_key *file, struct process_key *process, __u32 kind) {
  struct seen_key key = {};
  key.file = *file;
  key.process = *process;
  key.kind = kind;
  if (bpf_map_lookup_elem(&seen, &key)) return 1;
  const __u8 yes = 1;
  bpf_map_update_elem(&seen, &key, &yes, BPF_ANY);
  return 0;
}

static __always_inline void put_file(struct scratch *s, struct file_key *key, __u32 open_flags, __u32 mode) {
  struct file_body *body = (struct file_body *)s->body_and_texts;
  body->inode = key->inode;
  body->device = key->device;
  body->generation = key->generation;
  body->open_flags = open_flags;
  body->mode = mode;
}

static __always_inline int is_own(void) { return (__u32)(bpf_get_current_pid_tgid() >> 32) == own_pid; }

static __noinline int tell(struct file *file, struct file *other, __u32 kind, __u32 flags, struct file_key *key) {
  if (!file || !key) return 0;
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  struct scratch *s = begin(kind, task);
  if (!s) return 0;
  s->head.flags |= flags;
  put_file(s, key, BPF_CORE_READ(file, f_flags), BPF_CORE_READ(file, f_inode, i_mode));
  put_program(s, task);
  put_names(s, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
  if (other) put_names(s, BPF_CORE_READ(other, f_path.dentry), BPF_CORE_READ(other, f_path.mnt));
  end(s, s->at);
  return 0;
}

SEC("fentry/security_file_open")
int BPF_PROG(on_open, struct file *file) {
  if (!listening || is_own()) return 0;
  struct inode *inode = file->f_inode;
  if (!is_regular(inode) || is_kernels_own(inode)) return 0;
  struct file_key key = key_of_file(inode);
  const int known = bpf_map_lookup_elem(&tracked, &key) != 0;
  if (!known) {
    if (!is_below_watched(file->f_path.dentry)) return 0;
    track(&key);
  }
  // Every opening is told: how often, and what for, is part of the story.
  tell(file, 0, RECORD_OPEN, 0, &key);
  return 0;
}

SEC("fentry/security_file_permission")
int BPF_PROG(on_permission, struct file *file, int mask) {
  if (!listening || is_own()) return 0;
  struct inode *inode = file->f_inode;
  if (!is_regular(inode)) return 0;
  struct file_key key = key_of_file(inode);
  const int known = bpf_map_lookup_elem(&tracked, &key) != 0;
  if (!known && !(mask & MAY_WRITE)) return 0;
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  struct process_key process = key_of(task);
  if (mask & MAY_READ) {
    if (told_already(&key, &process, RECORD_READ)) return 0;
    const __u8 yes = 1;
    bpf_map_update_elem(&holders, &process, &yes, BPF_ANY);
    tell(file, 0, RECORD_READ, 0, &key);
  } else if (mask & MAY_WRITE) {
    const int holds = bpf_map_lookup_elem(&holders, &process) != 0;
    if (!known && (!holds || is_kernels_own(inode))) return 0;
    if (told_already(&key, &process, RECORD_WRITE)) return 0;
    if (!known) track(&key);
    tell(file, 0, RECORD_WRITE, holds ? RECORD_BY_HOLDER : 0, &key);
  }
  return 0;
}

SEC("fentry/security_mmap_file")
int BPF_PROG(on_map, struct file *file) {
  if (!file || !listening || is_own()) return 0;
  struct inode *inode = file->f_inode;
  struct file_key key = key_of_file(inode);
  if (!bpf_map_lookup_elem(&tracked, &key)) return 0;
  struct process_key process = key_of((struct task_struct *)bpf_get_current_task());
  if (told_already(&key, &process, RECORD_MAP)) return 0;
  const __u8 yes = 1;
  bpf_map_update_elem(&holders, &process, &yes, BPF_ANY);
  tell(file, 0, RECORD_MAP, 0, &key);
  return 0;
}

SEC("fentry/vfs_copy_file_range")
int BPF_PROG(on_copy, struct file *from, long long from_at, struct file *to) {
  if (!listening || is_own()) return 0;
  struct file_key key = key_of_file(from->f_inode);
  if (!bpf_map_lookup_elem(&tracked, &key)) return 0;
  struct process_key process = key_of((struct task_struct *)bpf_get_current_task());
  if (told_already(&key, &process, RECORD_COPY)) return 0;
  struct file_key copy = key_of_file(to->f_inode);
  track(&copy);
  tell(from, to, RECORD_COPY, 0, &key);
  return 0;
}

static __noinline int tell_entry(struct path *folder, struct dentry *dentry, struct path *to_folder, struct dentry *to,
                                 __u32 kind) {
  if (!dentry || !folder) return 0;
  struct inode *inode = BPF_CORE_READ(dentry, d_inode);
  if (!inode) return 0;
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  struct scratch *s = begin(kind, task);
  if (!s) return 0;
  struct file_key key = {};
  key.inode = BPF_CORE_READ(inode, i_ino);
  key.device = BPF_CORE_READ(inode, i_sb, s_dev);
  key.generation = BPF_CORE_READ(inode, i_generation);
  put_file(s, &key, 0, BPF_CORE_READ(inode, i_mode));
  put_program(s, task);
  put_names(s, dentry, BPF_CORE_READ(folder, mnt));
  if (to && to_folder) put_names(s, to, BPF_CORE_READ(to_folder, mnt));
  end(s, s->at);
  return 0;
}

static __always_inline int matters(struct dentry *dentry) {
  struct inode *inode = dentry->d_inode;
  if (!inode) return 0;
  struct file_key key = key_of_file(inode);
  return bpf_map_lookup_elem(&tracked, &key) || is_below_watched(dentry);
}

SEC("fentry/security_path_unlink")
int BPF_PROG(on_unlink, struct path *folder, struct dentry *dentry) {
  if (!listening || is_own() || !matters(dentry)) return 0;
  tell_entry(folder, dentry, 0, 0, RECORD_DELETE);
  return 0;
}

SEC("fentry/security_path_rename")
int BPF_PROG(on_rename, struct path *folder, struct dentry *dentry, struct path *to_folder, struct dentry *to) {
  if (!listening || is_own()) return 0;
  const int into = is_below_watched(to);
  if (!matters(dentry) && !into) return 0;
  struct inode *inode = dentry->d_inode;
  if (inode && into) {
    struct file_key key = key_of_file(inode);
    track(&key);
  }
  tell_entry(folder, dentry, to_folder, to, RECORD_RENAME);
  return 0;
}

SEC("fentry/security_path_link")
int BPF_PROG(on_link, struct dentry *dentry, struct path *to_folder, struct dentry *to) {
  if (!listening || is_own() || !matters(dentry)) return 0;
  tell_entry(to_folder, dentry, to_folder, to, RECORD_LINK);
  return 0;
}

// What a process holds, the processes it forks hold, too.
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child) {
  if (!listening) return 0;
  struct process_key key = key_of(parent);
  if (!bpf_map_lookup_elem(&holders, &key)) return 0;
  key = key_of(child);
  const __u8 yes = 1;
  bpf_map_update_elem(&holders, &key, &yes, BPF_ANY);
  return 0;
}
