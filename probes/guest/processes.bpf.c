// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// The tree of processes: who started whom, with which program and arguments, and how it ended.
#include "common.bpf.h"

#define PF_KTHREAD 0x200000

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child) {
  if (!listening) return 0;
  if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid)) return 0;  // a thread
  struct scratch *s = begin(RECORD_FORK, parent);
  if (!s) return 0;
  struct fork_body *body = (struct fork_body *)s->body_and_texts;
  body->child = BPF_CORE_READ(child, tgid);
  body->child_start_ns = BPF_CORE_READ(child, start_time);
  end(s, 0);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task) {
  if (!listening) return 0;
  struct scratch *s = begin(RECORD_EXEC, task);
  if (!s) return 0;
  put_program(s, task);
  const unsigned long from = BPF_CORE_READ(task, mm, arg_start);
  __u64 bytes = BPF_CORE_READ(task, mm, arg_end) - from;
  FORGET(bytes);
  if (bytes > RECORD_ARGUMENTS) {
    bytes = RECORD_ARGUMENTS;
    s->head.flags |= RECORD_PATH_CUT;
  }
  struct texts_body *body = (struct texts_body *)s->body_and_texts;
  body->bytes = 0;
  __u64 at = s->at;
  FORGET(at);
  if (at <= RECORD_TEXT - RECORD_ARGUMENTS && !bpf_probe_read_user(texts(s) + at, bytes, (const void *)from)) {
    body->bytes = bytes;
    at += bytes;
  }
  end(s, at);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task) {
  if (!listening) return 0;
  if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid)) return 0;
  struct scratch *s = begin(RECORD_EXIT, task);
  if (!s) return 0;
  struct exit_body *body = (struct exit_body *)s->body_and_texts;
  body->code = BPF_CORE_READ(task, exit_code);
  end(s, 0);
  return 0;
}

// The processes that are there when somebody begins to listen.
SEC("iter/task")
int dump(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  if (!task) return 0;
  if (BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid)) return 0;
  if (BPF_CORE_READ(task, flags) & PF_KTHREAD) return 0;
  struct scratch *s = begin(RECORD_THERE, task);
  if (!s) return 0;
  put_program(s, task);
  __u64 texts = s->at;
  FORGET(texts);
  if (texts > RECORD_TEXT) texts = RECORD_TEXT;
  const __u64 size = sizeof(struct record) + RECORD_BODY + texts;
  s->head.size = size;
  bpf_seq_write(context->meta->seq, s, size);
  abandon(s);
  return 0;
}
