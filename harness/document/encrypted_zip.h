// SPDX-License-Identifier: Apache-2.0
//
// Encrypted zip archives. libzip and libarchive write them with salts from the system's random generator;
// here the salt is given, so that the same parts give the same bytes.
#pragma once

#include <string>

#include "base/bytes.h"
#include "document/draft.h"

namespace candor::document {

enum class ZipCipher {
  traditional,  ///< PKWARE's own stream cipher (APPNOTE 6.1). Broken, and what everybody's unzip opens.
  aes256,       ///< WinZip's AE-2: AES-256 in counter mode, PBKDF2 of 1000 rounds, HMAC-SHA1.
};

/// Deflated and encrypted parts, in this order. All that should be random comes from `salt_seed`: never use
/// this to keep a secret.
[[nodiscard]] Bytes encrypted_zip(const Parts& parts, const std::string& comment, const std::string& password,
                                  ZipCipher cipher, const std::string& salt_seed);

}  // namespace candor::document
