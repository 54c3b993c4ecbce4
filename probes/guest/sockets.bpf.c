// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
//
// Which process owns each flow: connections when they are made or taken and when another process first sends through
// them, datagrams when a socket sends the first to a destination. What runs in the kernel's own threads is told as theirs.
#include "common.bpf.h"

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ICMPV6 58

struct flow_key {
  struct process_key process;
  __u64 socket;
  struct flow_body flow;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 32768);
  __type(key, struct flow_key);
  __type(value, __u8);
} seen SEC(".maps");

static __always_inline void put_socket(struct flow_body *flow, struct sock *sk) {
  flow->family = BPF_CORE_READ(sk, __sk_common.skc_family);
  flow->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
  flow->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
  if (flow->family == AF_INET6) {
    BPF_CORE_READ_INTO(&flow->local, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
    BPF_CORE_READ_INTO(&flow->remote, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
  } else {
    __u32 address = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
    __builtin_memcpy(flow->local, &address, 4);
    address = BPF_CORE_READ(sk, __sk_common.skc_daddr);
    __builtin_memcpy(flow->remote, &address, 4);
  }
}

// Where a datagram goes that names its destination itself.
static __always_inline void put_named(struct flow_body *flow, struct msghdr *message) {
  const void *name = BPF_CORE_READ(message, msg_name);
  if (!name) return;
  __u16 family = 0;
  bpf_probe_read_kernel(&family, sizeof family, name);
  if (family == AF_INET) {
    struct sockaddr_v4 to = {};
    bpf_probe_read_kernel(&to, sizeof to, name);
    flow->family = AF_INET;
    flow->remote_port = bpf_ntohs(to.port);
    __builtin_memset(flow->remote, 0, sizeof flow->remote);
    __builtin_memcpy(flow->remote, &to.address, 4);
  } else if (family == AF_INET6) {
    struct sockaddr_v6 to = {};
    bpf_probe_read_kernel(&to, sizeof to, name);
    flow->family = AF_INET6;
    flow->remote_port = bpf_ntohs(to.port);
    __builtin_memcpy(flow->remote, to.address, 16);
  }
}

static __noinline int tell(struct flow_body *flow, __u32 kind) {
  if (!flow) return 0;
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  struct scratch *s = begin(kind, task);
  if (!s) return 0;
  __builtin_memcpy(s->body_and_texts, flow, sizeof *flow);
  put_program(s, task);
  end(s, s->at);
  return 0;
}

static __always_inline int told_already(struct flow_body *flow, struct sock *sk) {
  struct flow_key key = {};
  key.process = key_of((struct task_struct *)bpf_get_current_task());
  key.socket = (__u64)sk;
  key.flow = *flow;
  if (bpf_map_lookup_elem(&seen, &key)) return 1;
  const __u8 yes = 1;
  bpf_map_update_elem(&seen, &key, &yes, BPF_ANY);
  return 0;
}

static __always_inline int send(struct sock *sk, struct msghdr *message, __u16 protocol) {
  if (!listening) return 0;
  struct flow_body flow = {};
  put_socket(&flow, sk);
  put_named(&flow, message);
  flow.protocol = protocol;
  if (told_already(&flow, sk)) return 0;
  tell(&flow, RECORD_SEND);
  return 0;
}

SEC("fentry/tcp_connect")
int BPF_PROG(on_connect, struct sock *sk) {
  if (!listening) return 0;
  struct flow_body flow = {};
  put_socket(&flow, sk);
  flow.protocol = IPPROTO_TCP;
  told_already(&flow, sk);
  tell(&flow, RECORD_CONNECT);
  return 0;
}

SEC("fexit/inet_accept")
int BPF_PROG(on_accept, struct socket *listener, struct socket *made) {
  if (!listening) return 0;
  struct sock *sk = BPF_CORE_READ(made, sk);
  if (!sk) return 0;
  struct flow_body flow = {};
  put_socket(&flow, sk);
  flow.protocol = IPPROTO_TCP;
  told_already(&flow, sk);
  tell(&flow, RECORD_ACCEPT);
  return 0;
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(on_tcp, struct sock *sk, struct msghdr *message) { return send(sk, message, IPPROTO_TCP); }

SEC("fentry/udp_sendmsg")
int BPF_PROG(on_udp, struct sock *sk, struct msghdr *message) { return send(sk, message, IPPROTO_UDP); }

SEC("fentry/udpv6_sendmsg")
int BPF_PROG(on_udp6, struct sock *sk, struct msghdr *message) { return send(sk, message, IPPROTO_UDP); }

SEC("fentry/ping_v4_sendmsg")
int BPF_PROG(on_ping, struct sock *sk, struct msghdr *message) { return send(sk, message, IPPROTO_ICMP); }

SEC("fentry/ping_v6_sendmsg")
int BPF_PROG(on_ping6, struct sock *sk, struct msghdr *message) { return send(sk, message, IPPROTO_ICMPV6); }

SEC("fentry/raw_sendmsg")
int BPF_PROG(on_raw, struct sock *sk, struct msghdr *message) {
  return send(sk, message, BPF_CORE_READ(sk, sk_protocol));
}

SEC("fentry/rawv6_sendmsg")
int BPF_PROG(on_raw6, struct sock *sk, struct msghdr *message) {
  return send(sk, message, BPF_CORE_READ(sk, sk_protocol));
}

// Frames past IP: all that is known is who sends them.
SEC("fentry/packet_sendmsg")
int BPF_PROG(on_packet, struct socket *socket) {
  if (!listening) return 0;
  struct sock *sk = BPF_CORE_READ(socket, sk);
  struct flow_body flow = {};
  flow.family = BPF_CORE_READ(sk, __sk_common.skc_family);
  if (told_already(&flow, sk)) return 0;
  tell(&flow, RECORD_SEND);
  return 0;
}
