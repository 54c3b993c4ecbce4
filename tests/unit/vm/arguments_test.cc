// SPDX-License-Identifier: Apache-2.0
#include "vm/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vm/launch.h"

namespace candor::vm {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::Pair;

MachineConfig example() {
  MachineConfig config;
  config.cpus = 2;
  config.memory_mib = 768;
  config.ram = "/t/ram";
  config.disk = "/t/disk.qcow2";
  config.kernel = "/i/vmlinuz";
  config.initrd = "/i/initrd";
  config.kernel_arguments = "root=/dev/vda rw";
  config.serial = "/t/serial.log";
  config.log = "/t/qemu.log";
  return config;
}

/// The value after an option.
std::string value_of(const std::vector<std::string>& argv, const std::string& option) {
  const auto found = std::find(argv.begin(), argv.end(), option);
  return found == argv.end() || found + 1 == argv.end() ? "" : found[1];
}

TEST(Arguments, AreExactlyTheseForAFreshMachine) {
  EXPECT_THAT(
      qemu_arguments(example()),
      ElementsAre("qemu-system-x86_64", "-name", "candor", "-nodefaults", "-no-user-config", "-display",
                  "none", "-sandbox",
                  "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", "-machine",
                  "q35,memory-backend=ram", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "768M",
                  "-object", "memory-backend-file,id=ram,size=768M,mem-path=/t/ram,share=on", "-kernel",
                  "/i/vmlinuz", "-append", "console=ttyS0 root=/dev/vda rw", "-drive",
                  "if=none,id=disk,format=qcow2,cache=unsafe,file=/t/disk.qcow2", "-device",
                  "virtio-blk-pci,drive=disk", "-netdev", "socket,id=n0,fd=5", "-device",
                  "virtio-net-pci,netdev=n0,mac=52:54:00:77:00:02,romfile=", "-device", "virtio-serial-pci",
                  "-device", "qemu-xhci,id=usb", "-chardev", "socket,id=agent,fd=4", "-device",
                  "virtserialport,chardev=agent,name=org.qemu.guest_agent.0", "-chardev", "null,id=marker",
                  "-device", "virtserialport,chardev=marker,name=org.candor.marker.0", "-chardev",
                  "file,id=console,append=on,path=/t/serial.log", "-serial", "chardev:console", "-chardev",
                  "socket,id=qmp,fd=3", "-mon", "chardev=qmp,mode=control", "-initrd", "/i/initrd", "-S"));
}

TEST(Arguments, OfAForkDifferOnlyInSharingAndIncoming) {
  MachineConfig config = example();
  std::vector<std::string> expected = qemu_arguments(config);
  *std::find(expected.begin(), expected.end(),
             "memory-backend-file,id=ram,size=768M,mem-path=/t/ram,share=on") =
      "memory-backend-file,id=ram,size=768M,mem-path=/t/ram,share=off";
  expected.insert(expected.end() - 1, {"-incoming", "defer"});
  config.memory = Memory::fork;
  EXPECT_EQ(qemu_arguments(config), expected);
}

TEST(Arguments, OfKvmTakeTheHostsProcessor) {
  MachineConfig config = example();
  config.accelerator = Accelerator::kvm;
  EXPECT_EQ(value_of(qemu_arguments(config), "-accel"), "kvm");
  EXPECT_EQ(value_of(qemu_arguments(config), "-cpu"), "host");
}

TEST(Arguments, DoubleTheCommasOfPaths) {
  MachineConfig config = example();
  config.disk = "/a,b,readonly=on";
  EXPECT_EQ(value_of(qemu_arguments(config), "-drive"),
            "if=none,id=disk,format=qcow2,cache=unsafe,file=/a,,b,,readonly=on");
}

TEST(Arguments, LeaveOutAnInitrdThatIsNotThere) {
  MachineConfig config = example();
  config.initrd.clear();
  EXPECT_THAT(qemu_arguments(config), Not(Contains("-initrd")));
}

TEST(Launch, GivesTheChildItsThreeSocketsAndTheCallersCard) {
  auto [wire, nic] = socket_pair();
  const int number = nic.get();
  const Prepared prepared = prepare(example(), std::move(nic));
  ASSERT_EQ(prepared.process.fds.size(), 3U);
  EXPECT_THAT(prepared.process.fds, Contains(Pair(number, kNicFd)));
  EXPECT_EQ(prepared.process.fds[0].second, kQmpFd);
  EXPECT_EQ(prepared.process.fds[1].second, kAgentFd);
  EXPECT_FALSE(prepared.nic_peer);
  EXPECT_EQ(prepared.process.log, "/t/qemu.log");
}

TEST(Launch, LeavesTheCardOfAMachineOnATapToWhoStartsIt) {
  MachineConfig config = example();
  config.cable = Cable::tap;
  EXPECT_EQ(value_of(qemu_arguments(config), "-netdev"), "tap,id=n0,fd=5");
  const Prepared prepared = prepare(config);
  EXPECT_FALSE(prepared.nic_peer);
  EXPECT_THAT(prepared.process.fds, Not(Contains(Pair(_, kNicFd))));
}

TEST(Launch, HoldsTheFarEndOfACableThatLeadsNowhere) {
  const Prepared prepared = prepare(example());
  EXPECT_TRUE(prepared.nic_peer);
  EXPECT_EQ(prepared.process.fds.size(), 3U);
}

}  // namespace
}  // namespace candor::vm
