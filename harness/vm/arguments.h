// SPDX-License-Identifier: Apache-2.0
//
// What a virtual machine is made of, and the QEMU command line for it: a pure function, tested by comparison.
// QEMU gets its sockets as inherited descriptors with fixed numbers and needs neither network nor children.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace candor::vm {

enum class Accelerator { tcg, kvm };
[[nodiscard]] const char* text(Accelerator accelerator);

/// Numbers of the descriptors QEMU inherits.
inline constexpr int kQmpFd = 3;
inline constexpr int kAgentFd = 4;
inline constexpr int kNicFd = 5;
inline constexpr int kFirstProbeFd = 6;

/// The guest's only network card.
inline constexpr const char* kGuestMac = "52:54:00:77:00:02";
/// Names of the virtio-serial ports in the guest.
inline constexpr const char* kAgentPort = "org.qemu.guest_agent.0";
inline constexpr const char* kMarkerPort = "org.candor.marker.0";
/// What USB sticks are plugged into.
inline constexpr const char* kUsbController = "usb";
/// Of the port for a probe inside the guest, the first of which has the number 0.
[[nodiscard]] std::string probe_port(int number);

/// Where the guest's memory starts from, and where its writes go.
enum class Memory {
  fresh,  ///< Empty, written to `ram`: a machine that may become a template.
  fork,   ///< A template's `ram`, copy-on-write, with `-incoming defer`.
};

/// What the network card's cable ends in.
enum class Cable {
  socket,  ///< QEMU's stream protocol on kNicFd, for the wire.
  tap,     ///< A tap's descriptor at kNicFd, which whoever starts QEMU gives it.
};

struct MachineConfig {
  std::string emulator = "qemu-system-x86_64";
  std::string name = "candor";  ///< For process lists and messages.
  Accelerator accelerator = Accelerator::tcg;
  int cpus = 1;
  int memory_mib = 512;
  Memory memory = Memory::fresh;
  Cable cable = Cable::socket;
  int probe_ports = 0;         ///< Ports for probes inside the guest.
  std::filesystem::path ram;   ///< The file behind the guest's memory.
  std::filesystem::path disk;  ///< qcow2; its content need not survive this machine.
  std::filesystem::path kernel;
  std::filesystem::path initrd;  ///< May be empty.
  std::string kernel_arguments;  ///< "root=/dev/vda …"; the serial console is added.
  std::filesystem::path serial;  ///< The serial console is written here.
  std::filesystem::path log;     ///< What QEMU itself says.
};

/// argv. The machine starts stopped (-S, or -incoming defer).
[[nodiscard]] std::vector<std::string> qemu_arguments(const MachineConfig& config);

}  // namespace candor::vm
