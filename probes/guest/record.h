// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// What the programs in the kernel tell the probe beside them: one record for each thing that happened, in a
// ring buffer. Both sides are compiled from this file. Records never leave the guest.
//
// A record is a `record` followed by `body` bytes of its kind's own, and then by texts. A path is its names
// from the last to the first, each ended by a NUL; an empty name ends the path.
#ifndef CANDOR_GUEST_RECORD_H
#define CANDOR_GUEST_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif

enum record_kind {
  // files
  RECORD_OPEN = 1,  // file_body, path
  RECORD_READ,      // the process's first read of the file
  RECORD_MAP,
  RECORD_WRITE,
  RECORD_COPY,    // within the kernel; path, path of the other file
  RECORD_RENAME,  // path, path it gets
  RECORD_LINK,
  RECORD_DELETE,
  // processes
  RECORD_FORK,   // fork_body; of the parent
  RECORD_EXEC,   // texts_body: the arguments
  RECORD_EXIT,   // exit_body
  RECORD_THERE,  // was there before
  // sockets
  RECORD_CONNECT,  // flow_body
  RECORD_ACCEPT,
  RECORD_SEND,  // a process's first sending through the socket to this destination
  // plaintext
  RECORD_PLAINTEXT,  // text_body, and as many bytes
  RECORD_PLAINTEXT_END,
};

enum record_flag {
  RECORD_PATH_CUT = 1,   // a path has more names, or a text more bytes, than there was room for
  RECORD_BY_HOLDER = 2,  // the process had read a watched file before
};

enum {
  RECORD_TEXT = 8192,  // bytes of texts at most
  RECORD_ARGUMENTS = 2048,
  RECORD_PIECE = 4096,  // of plaintext
};

struct record {
  __u32 size;  // of all of it
  __u16 kind;
  __u16 flags;
  __u64 at_ns;     // CLOCK_MONOTONIC
  __u64 start_ns;  // when the process started; with its pid it is known by this
  __u64 parent_start_ns;
  __u32 pid;
  __u32 parent;
  __u32 uid;
  __u32 exe_bytes;  // the path of its program comes first among the texts
  char comm[16];
};

struct file_body {
  __u64 inode;
  __u32 device;
  __u32 generation;
  __u32 open_flags;
  __u32 mode;
};

struct fork_body {
  __u64 child_start_ns;
  __u32 child;
  __u32 padding;
};

struct exit_body {
  __u32 code;  // as wait(2) gives it
  __u32 padding;
};

struct texts_body {
  __u32 bytes;
  __u32 padding;
};

struct flow_body {
  __u16 family;
  __u16 protocol;    // of IP
  __u16 local_port;  // an echo's identifier for ICMP
  __u16 remote_port;
  __u8 local[16];
  __u8 remote[16];
};

struct text_body {
  __u64 session;  // of the TLS library; the same for all bytes of one connection
  __u64 offset;   // within what was given in one call
  __u32 bytes;
  __u32 of;       // what was given in this call
  __u32 library;  // 0 OpenSSL, 1 GnuTLS, 2 NSPR
  __u32 unread;   // bytes of this piece that could not be read
};

#endif
