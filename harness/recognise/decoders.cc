// SPDX-License-Identifier: Apache-2.0
//
// The table of decoders: to add one, write decode_NAME.cc and add its line in both lists.
#include "recognise/decoder.h"

namespace candor::recognise {

Decoder gzip_decoder();
Decoder zlib_decoder();
Decoder zip_decoder();
Decoder zip_directory_decoder();
Decoder deflate_decoder();
Decoder bzip2_decoder();
Decoder xz_decoder();
Decoder lzma_decoder();
Decoder lzip_decoder();
Decoder zstd_decoder();
Decoder lz4_decoder();
Decoder lz4_legacy_decoder();
Decoder brotli_decoder();
Decoder tar_decoder();
Decoder seven_zip_decoder();
Decoder cab_decoder();
Decoder rar_decoder();
Decoder pdf_decoder();
Decoder chunked_decoder();
Decoder utf16le_decoder();
Decoder utf16be_decoder();
Decoder hex_decoder();
Decoder base64_decoder();
Decoder percent_decoder();
Decoder quoted_printable_decoder();
Decoder json_decoder();
Decoder html_decoder();

const std::vector<Decoder>& decoders() {
  static const std::vector<Decoder> table = {
      gzip_decoder(),
      zlib_decoder(),
      zip_decoder(),
      zip_directory_decoder(),
      deflate_decoder(),
      bzip2_decoder(),
      xz_decoder(),
      lzma_decoder(),
      lzip_decoder(),
      zstd_decoder(),
      lz4_decoder(),
      lz4_legacy_decoder(),
      brotli_decoder(),
      tar_decoder(),
      seven_zip_decoder(),
      cab_decoder(),
      rar_decoder(),
      pdf_decoder(),
      chunked_decoder(),
      utf16le_decoder(),
      utf16be_decoder(),
      hex_decoder(),
      base64_decoder(),
      percent_decoder(),
      quoted_printable_decoder(),
      json_decoder(),
      html_decoder(),
  };
  return table;
}

}  // namespace candor::recognise
