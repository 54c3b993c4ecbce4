// SPDX-License-Identifier: Apache-2.0
//
// What processes of the guest did, as probes inside it told: the events file.*, process.* and socket.* of
// probes/PROTOCOL.md, read. Every text is the guest's: any bytes, bounded.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/endpoint.h"

namespace candor::model {

/// A process of one boot. Its number alone is used again by others.
struct ProcessKey {
  std::int64_t pid = 0;
  std::int64_t start_ns = 0;  ///< By the guest's clock.
  auto operator<=>(const ProcessKey&) const = default;
};

/// What a process was running from a moment on: a process may become another program.
struct ProgramRun {
  std::int64_t at_ns = 0;  ///< The host's CLOCK_MONOTONIC.
  std::string program;     ///< Path, or the short name the kernel has for it.
  std::vector<std::string> arguments;
};

struct Process {
  ProcessKey parent;
  std::int64_t user = -1;
  std::int64_t started_ns = 0;   ///< When it was made, by the host's clock; 0 if it was there before.
  std::vector<ProgramRun> runs;  ///< In order of time.
};

/// A file, whatever it is called.
struct FileKey {
  std::int64_t device = 0;
  std::int64_t inode = 0;
  std::int64_t generation = 0;
  auto operator<=>(const FileKey&) const = default;
};

enum class FileAct { open, read, map, write, copy, rename, link, remove };

struct FileUse {
  FileAct act = FileAct::open;
  ProcessKey process;
  FileKey file;
  std::string path;
  std::string to;  ///< The other file's path, of a copy, rename or link.
  std::int64_t at_ns = 0;
  std::int64_t error_ns = 0;  ///< How wrong at_ns can be.
};

struct SocketUse {
  std::string act;  ///< "connected to", "took a connection of", "sent to".
  ProcessKey process;
  std::string transport;  ///< "tcp", "udp", "icmp", or "" where it is known of IP only who sent.
  Endpoint local;         ///< The address is "0.0.0.0" or "::" where the kernel chooses it for each datagram.
  Endpoint remote;
  std::int64_t at_ns = 0;
  std::int64_t error_ns = 0;
};

struct Activity {
  std::map<ProcessKey, Process> processes;
  std::vector<FileUse> files;      ///< In order of time.
  std::vector<SocketUse> sockets;  ///< Likewise.
  [[nodiscard]] bool empty() const { return processes.empty() && files.empty() && sockets.empty(); }
};

}  // namespace candor::model
