// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What processes give to TLS libraries before it is encrypted: taken when the library has accepted it, as many bytes as
// it accepted, so that what is tried again is not told twice.
#include <linux/ptrace.h>

#include "common.bpf.h"

#define PIECES_MOST 64
#define OPENSSL 0
#define GNUTLS 1
#define NSPR 2

struct call {
  __u64 session;
  __u64 buffer;
  __u64 bytes;
  __u64 accepted_at;  // where the library says how many it took; 0 if it returns that
  __u32 library;
  __u32 padding;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct call);
} calls SEC(".maps");

static __always_inline int enter(const void *session, const void *buffer, __u64 bytes, const void *accepted_at,
                                 __u32 library) {
  if (!listening) return 0;
  const __u64 thread = bpf_get_current_pid_tgid();
  struct call call = {};
  call.session = (__u64)session;
  call.buffer = (__u64)buffer;
  call.bytes = bytes;
  call.accepted_at = (__u64)accepted_at;
  call.library = library;
  if (bpf_map_update_elem(&calls, &thread, &call, BPF_ANY)) miss();
  return 0;
}

static __always_inline void give_piece(struct call *call, __u64 offset, __u64 accepted) {
  struct scratch *s = begin(RECORD_PLAINTEXT, (struct task_struct *)bpf_get_current_task());
  if (!s) return;
  __u64 bytes = accepted - offset;
  FORGET(bytes);
  if (bytes > RECORD_PIECE) bytes = RECORD_PIECE;
  struct text_body *body = (struct text_body *)s->body_and_texts;
  body->session = call->session;
  body->offset = offset;
  body->bytes = bytes;
  body->of = accepted;
  body->library = call->library;
  body->unread = 0;
  if (bpf_probe_read_user(texts(s), bytes, (const void *)(call->buffer + offset)))
    body->unread = bytes;
  end(s, bytes);
}

// Whose bytes those are that follow: the path of a program is too long to stand with every piece.
static __noinline int give_program(__u32 kind) {
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  struct scratch *s = begin(kind, task);
  if (!s) return 0;
  put_program(s, task);
  end(s, s->at);
  return 0;
}

static __always_inline int leave(long returned) {
  const __u64 thread = bpf_get_current_pid_tgid();
  struct call *entry = bpf_map_lookup_elem(&calls, &thread);
  if (!entry) return 0;
  struct call call = *entry;
  bpf_map_delete_elem(&calls, &thread);
  if (returned <= 0) return 0;
  __u64 accepted = returned;
  if (call.accepted_at) {
    accepted = 0;
    bpf_probe_read_user(&accepted, sizeof accepted, (const void *)call.accepted_at);
  }
  if (accepted > call.bytes) accepted = call.bytes;
  __u64 offset = 0;
  give_program(RECORD_THERE);
  for (int i = 0; i < PIECES_MOST && offset < accepted; ++i) {
    give_piece(&call, offset, accepted);
    offset += RECORD_PIECE;
  }
  if (offset < accepted) miss();
  return 0;
}

static __always_inline int close_session(__u64 session) {
  if (!listening) return 0;
  struct scratch *s = begin(RECORD_PLAINTEXT_END, (struct task_struct *)bpf_get_current_task());
  if (!s) return 0;
  struct text_body *body = (struct text_body *)s->body_and_texts;
  __builtin_memset(body, 0, sizeof *body);
  body->session = session;
  end(s, 0);
  return 0;
}

SEC("uprobe")
int BPF_KPROBE(SSL_write, void *ssl, const void *buffer, int bytes) { return enter(ssl, buffer, bytes, 0, OPENSSL); }
SEC("uretprobe")
int BPF_KRETPROBE(SSL_write_end, int returned) { return leave(returned); }

SEC("uprobe")
int BPF_KPROBE(SSL_write_ex, void *ssl, const void *buffer, unsigned long bytes, void *written) {
  return enter(ssl, buffer, bytes, written, OPENSSL);
}
SEC("uretprobe")
int BPF_KRETPROBE(SSL_write_ex_end, int returned) { return leave(returned); }

SEC("uprobe")
int BPF_KPROBE(SSL_free, void *ssl) { return close_session((__u64)ssl); }

SEC("uprobe")
int BPF_KPROBE(gnutls_record_send, void *session, const void *buffer, unsigned long bytes) {
  return enter(session, buffer, bytes, 0, GNUTLS);
}
SEC("uretprobe")
int BPF_KRETPROBE(gnutls_record_send_end, long returned) { return leave(returned); }

SEC("uprobe")
int BPF_KPROBE(gnutls_deinit, void *session) { return close_session((__u64)session); }

SEC("uprobe")
int BPF_KPROBE(PR_Write, void *descriptor, const void *buffer, int bytes) {
  return enter(descriptor, buffer, bytes, 0, NSPR);
}
SEC("uretprobe")
int BPF_KRETPROBE(PR_Write_end, int returned) { return leave(returned); }

SEC("uprobe")
int BPF_KPROBE(PR_Send, void *descriptor, const void *buffer, int bytes) {
  return enter(descriptor, buffer, bytes, 0, NSPR);
}
SEC("uretprobe")
int BPF_KRETPROBE(PR_Send_end, int returned) { return leave(returned); }

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task) {
  if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid)) return 0;
  return close_session(0);
}

// Programs that bring a TLS library of their own are met when they start.
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task) {
  if (!listening) return 0;
  give_program(RECORD_EXEC);
  return 0;
}
