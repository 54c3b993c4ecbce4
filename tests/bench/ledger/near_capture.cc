// SPDX-License-Identifier: Apache-2.0
#include "near_capture.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"

namespace candor::bench {

namespace {

constexpr std::size_t kLargestFrame = 1U << 17;  // segments are put together below us

UniqueFd packet_socket(const std::string& card) {
  constexpr int kRoom = 256 << 20;
  UniqueFd made(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
  if (!made) throw errno_error("making a packet socket");
  // Beyond the limit of ordinary users only where root is the host's; else stop() tells what was lost.
  if (::setsockopt(made.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kRoom, sizeof kRoom) != 0)
    (void)::setsockopt(made.get(), SOL_SOCKET, SO_RCVBUF, &kRoom, sizeof kRoom);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(card.c_str()));
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw errno_error("binding a packet socket to " + card);
  return made;
}

}  // namespace

NearCapture::NearCapture(const std::string& card, const std::filesystem::path& file)
    : file_(file, "candor bench"), socket_(packet_socket(card)), frame_(kLargestFrame) {
  thread_ = std::jthread([this](const std::stop_token& stopped) { read_all(stopped); });
}

NearCapture::~NearCapture() = default;

bool NearCapture::read_one() {
  sockaddr_ll from{};
  socklen_t length = sizeof from;
  const ssize_t size = ::recvfrom(socket_.get(), frame_.data(), frame_.size(), MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&from), &length);
  if (size < 0) return false;
  if (static_cast<std::size_t>(size) > frame_.size())
    throw Error("a frame of " + std::to_string(size) + " bytes");
  const auto direction =
      from.sll_pkttype == PACKET_OUTGOING ? wire::Direction::from_guest : wire::Direction::to_guest;
  file_.add(direction, wall_ns(), ByteView(frame_).first(static_cast<std::size_t>(size)), {});
  return true;
}

void NearCapture::read_all(const std::stop_token& stopped) {
  constexpr int kWaitMs = 20;
  try {
    while (!stopped.stop_requested()) {
      pollfd ready{socket_.get(), POLLIN, 0};
      ::poll(&ready, 1, kWaitMs);
      while (read_one()) continue;
      file_.commit();
    }
    while (read_one()) continue;
    file_.commit();
  } catch (const Error& error) {
    problem_ = error.what();
  }
}

void NearCapture::stop() {
  thread_.request_stop();
  thread_.join();
  tpacket_stats counts{};
  socklen_t length = sizeof counts;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0)
    throw errno_error("asking for lost packets");
  if (!problem_.empty()) throw Error("the capture broke: " + problem_);
  if (counts.tp_drops > 0) throw Error(std::to_string(counts.tp_drops) + " packets were not captured");
}

}  // namespace candor::bench
