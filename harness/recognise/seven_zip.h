// SPDX-License-Identifier: Apache-2.0
//
// Encrypted 7z archives (7zFormat.txt and Methods.txt of the LZMA SDK), which libarchive does not read: with
// one of kCustomaryPasswords, and if their coders form a chain of AES-256, LZMA, LZMA2, deflate, copy,
// delta and the branch converters.
//
// Only keys without salt are derived, as 7-Zip writes them: so each is derived once in a process, and a
// stranger's bytes cannot make this slow.
#pragma once

#include "recognise/decoder.h"

namespace candor::recognise {

/// Whether the header of `archive`, of which the start header is known to be right, can be read and has no
/// numbers beyond reason; a packed header only if LZMA, LZMA2, deflate or copy packed it. libarchive believes
/// a header that announces a hundred million files, and takes memory for them.
[[nodiscard]] bool has_7z_header(ByteView archive);

/// What `archive`, of which the start header is known to be right, holds; `complete` only if a password fits
/// and all checksums hold. The reason is "encrypted 7z archive" if none fits; nothing is set if no part of it
/// is encrypted.
[[nodiscard]] Decoded read_encrypted_7z(ByteView archive, std::size_t max_output);

}  // namespace candor::recognise
