// SPDX-License-Identifier: Apache-2.0
//
// The few messages of SMB 2 and NTLM that are understood or made here (MS-SMB2, MS-NLMP). Pure functions over
// hostile bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace candor::internet {

inline constexpr std::size_t kSmbHeader = 64;

enum class SmbStatus : std::uint32_t {
  success = 0,
  more_processing_required = 0xC000'0016,
  not_supported = 0xC000'00BB,
  logon_failure = 0xC000'006D,
  user_session_deleted = 0xC000'0203,
};

/// A number at an offset, little-endian; 0 beyond the end.
[[nodiscard]] std::uint32_t smb_number(std::string_view message, std::size_t at, std::size_t size);
/// "NEGOTIATE", "COMMAND 77".
[[nodiscard]] std::string smb_command(unsigned command);

/// The answer to a message with that header: its header, and `body`. Without NetBIOS's length.
[[nodiscard]] std::string smb_answer(std::string_view request, SmbStatus status, const std::string& body);
[[nodiscard]] std::string smb_error_body();
[[nodiscard]] std::string smb_negotiate_body(unsigned dialect);
/// With a challenge of NTLM's.
[[nodiscard]] std::string smb_challenge_body();
/// The highest dialect of a NEGOTIATE that is known here; 0 if there is none.
[[nodiscard]] unsigned smb_dialect(std::string_view negotiate);

/// Who logs in, from NTLM's last message, in UTF-8; empty where it does not say.
struct NtlmLogin {
  unsigned type = 0;  ///< Of NTLM's message: 1, 3; 0 if there is none.
  std::string domain;
  std::string user;
  std::string workstation;
};
[[nodiscard]] NtlmLogin ntlm_login(std::string_view message);

}  // namespace candor::internet
