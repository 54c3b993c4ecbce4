// SPDX-License-Identifier: Apache-2.0
#include "internet/sasl.h"

#include "base/bytes.h"
#include "internet/line_conversation.h"

namespace candor::internet {

Sasl::Step Sasl::begin(std::string_view arguments) {
  std::string_view initial;
  const std::string mechanism = command_word(arguments, initial);
  challenge_.clear();
  if (mechanism == "LOGIN") {
    answers_left_ = 2;
    challenge_ = "VXNlcm5hbWU6";  // "Username:"
  } else if (mechanism == "CRAM-MD5") {
    answers_left_ = 1;
    challenge_ = to_base64(as_bytes(std::string_view("<1896.697170952@mail>")));  // RFC 2195's form
    return Step::challenge;
  } else if (mechanism == "PLAIN" || mechanism == "XOAUTH2" || mechanism == "OAUTHBEARER") {
    answers_left_ = 1;
  } else {
    answers_left_ = 0;
    return Step::unknown;
  }
  return initial.empty() ? Step::challenge : answered(initial);
}

Sasl::Step Sasl::answered(std::string_view line) {
  if (line == "*") {
    answers_left_ = 0;
    return Step::cancelled;
  }
  if (--answers_left_ <= 0) return Step::accepted;
  challenge_ = "UGFzc3dvcmQ6";  // "Password:"
  return Step::challenge;
}

}  // namespace candor::internet
