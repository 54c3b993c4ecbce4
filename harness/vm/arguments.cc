// SPDX-License-Identifier: Apache-2.0
#include "vm/arguments.h"

namespace candor::vm {

namespace {

/// A value inside an option list, where a comma must be doubled.
std::string escaped(const std::string& value) {
  std::string result;
  for (const char c : value) result.append(c == ',' ? 2 : 1, c);
  return result;
}

std::string memory_object(const MachineConfig& config) {
  return "memory-backend-file,id=ram,size=" + std::to_string(config.memory_mib) +
         "M,mem-path=" + escaped(config.ram.string()) +
         (config.memory == Memory::fresh ? ",share=on" : ",share=off");
}

std::string socket_chardev(const std::string& id, int fd) {
  return "socket,id=" + id + ",fd=" + std::to_string(fd);
}

std::string port(const std::string& chardev, const std::string& name) {
  return "virtserialport,chardev=" + chardev + ",name=" + name;
}

}  // namespace

std::string probe_port(int number) { return "org.candor.probe." + std::to_string(number); }

const char* text(Accelerator accelerator) { return accelerator == Accelerator::kvm ? "kvm" : "tcg"; }

std::vector<std::string> qemu_arguments(const MachineConfig& config) {
  const std::string console = "console=ttyS0";
  std::vector<std::string> argv = {
      config.emulator,
      "-name",
      escaped(config.name),
      "-nodefaults",
      "-no-user-config",
      "-display",
      "none",
      "-sandbox",
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
      "-machine",
      "q35,memory-backend=ram",
      "-accel",
      text(config.accelerator),
      "-cpu",
      config.accelerator == Accelerator::kvm ? "host" : "max",
      "-smp",
      std::to_string(config.cpus),
      "-m",
      std::to_string(config.memory_mib) + "M",
      "-object",
      memory_object(config),
      "-kernel",
      config.kernel.string(),
      "-append",
      config.kernel_arguments.empty() ? console : console + " " + config.kernel_arguments,
      "-drive",
      "if=none,id=disk,format=qcow2,cache=unsafe,file=" + escaped(config.disk.string()),
      "-device",
      "virtio-blk-pci,drive=disk",
      "-netdev",
      (config.cable == Cable::tap ? "tap,id=n0,fd=" : "socket,id=n0,fd=") + std::to_string(kNicFd),
      "-device",
      std::string("virtio-net-pci,netdev=n0,mac=") + kGuestMac + ",romfile=",
      "-device",
      "virtio-serial-pci",
      "-device",
      std::string("qemu-xhci,id=") + kUsbController,
      "-chardev",
      socket_chardev("agent", kAgentFd),
      "-device",
      port("agent", kAgentPort),
      "-chardev",
      "null,id=marker",
      "-device",
      port("marker", kMarkerPort),
      "-chardev",
      "file,id=console,append=on,path=" + escaped(config.serial.string()),
      "-serial",
      "chardev:console",
      "-chardev",
      socket_chardev("qmp", kQmpFd),
      "-mon",
      "chardev=qmp,mode=control"};
  for (int number = 0; number < config.probe_ports; ++number) {
    const std::string id = "probe" + std::to_string(number);
    argv.insert(argv.end(), {"-chardev", socket_chardev(id, kFirstProbeFd + number), "-device",
                             port(id, probe_port(number))});
  }
  if (!config.initrd.empty()) argv.insert(argv.end(), {"-initrd", config.initrd.string()});
  if (config.memory == Memory::fork) argv.insert(argv.end(), {"-incoming", "defer"});
  argv.emplace_back("-S");
  return argv;
}

}  // namespace candor::vm
