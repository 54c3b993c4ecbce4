// SPDX-License-Identifier: Apache-2.0
#include "internet/ftp_conversation.h"

#include "conversation_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor::internet;
  return fuzz_conversation(data, size, [] { return std::make_unique<FtpConversation>(fuzz_start()); });
}
