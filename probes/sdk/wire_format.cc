// SPDX-License-Identifier: Apache-2.0
#include "sdk/wire_format.h"

#include <sys/random.h>

#include <array>

#include "base/bytes.h"
#include "base/error.h"

namespace candor::probe {

Welcome read_welcome(const Json& body) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  constexpr std::int64_t kHour = 3'600'000;
  if (int_member(body, "proto") != kProtocol)
    throw Error("the collector chose a protocol this probe cannot speak");
  if (string_member(body, "encoding") != "json")
    throw Error("the collector chose an encoding this probe cannot speak");
  Welcome welcome;
  welcome.credit = int_member(body, "credit");
  welcome.resume_from = int_member(body, "resume_from");
  const std::int64_t heartbeat = int_member(body, "heartbeat_ms");
  const std::int64_t silence = int_member(body, "silence_ms");
  if (heartbeat < 1 || silence < heartbeat || silence > kHour)
    throw Error("WELCOME gives impossible intervals");
  welcome.heartbeat_ns = heartbeat * kMillisecond;
  welcome.silence_ns = silence * kMillisecond;
  return welcome;
}

std::string blob_member(const Piece& piece) {
  static constexpr std::array kAbout{"left", "kept", "seen", "at-rest"};
  const Json member = {{"id", piece.id},
                       {"offset", piece.offset},
                       {"last", piece.last},
                       {"about", kAbout[static_cast<std::size_t>(piece.about)]}};
  return dump_json(member);
}

std::string event_body(std::int64_t seq, std::string_view type, std::int64_t wall_ns, std::int64_t mono_ns,
                       std::string_view data, std::string_view blob) {
  std::string body;
  body.reserve(data.size() + type.size() + blob.size() + 130);
  body += R"({"seq":)";
  body += std::to_string(seq);
  body += R"(,"type":")";
  body += type;
  body += R"(","wall_ns":)";
  body += std::to_string(wall_ns);
  body += R"(,"mono_ns":)";
  body += std::to_string(mono_ns);
  body += R"(,"data":)";
  body += data;
  if (!blob.empty()) {
    body += R"(,"blob":)";
    body += blob;
  }
  body += '}';
  return body;
}

std::string make_instance() {
  Bytes random(16);
  if (getrandom(random.data(), random.size(), 0) != 16) throw errno_error("getrandom");
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0F) | 0x40);
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3F) | 0x80);
  std::string text = to_hex(random);
  for (const std::size_t place : {8U, 13U, 18U, 23U}) text.insert(place, 1, '-');
  return text;
}

}  // namespace candor::probe
