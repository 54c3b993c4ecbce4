// SPDX-License-Identifier: Apache-2.0
//
// A server's side of SASL (RFC 4422) that lets everybody in: PLAIN, LOGIN, CRAM-MD5, XOAUTH2, OAUTHBEARER.
// Only says what is to be asked next; what the peer answers is in its stream.
#pragma once

#include <string>
#include <string_view>

namespace candor::internet {

class Sasl {
 public:
  enum class Step {
    challenge,  ///< Ask challenge(), in base64, and give the answer to answered().
    accepted,
    cancelled,  ///< By the peer.
    unknown,    ///< No such mechanism.
  };

  /// Mechanisms as servers list them.
  static constexpr std::string_view kMechanisms = "PLAIN LOGIN CRAM-MD5 XOAUTH2";

  /// `arguments`: the mechanism, and perhaps the first answer.
  [[nodiscard]] Step begin(std::string_view arguments);
  [[nodiscard]] Step answered(std::string_view line);
  [[nodiscard]] const std::string& challenge() const { return challenge_; }
  [[nodiscard]] bool running() const { return answers_left_ > 0; }

 private:
  std::string challenge_;
  int answers_left_ = 0;
};

}  // namespace candor::internet
