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
Decoder cfb_decoder();
Decoder pdf_decoder();
Decoder chunked_decoder();
Decoder utf16le_decoder();
Decoder utf16be_decoder();
Decoder hex_decoder();
Decoder base64_decoder();
Decoder base32_decoder();
Decoder base32hex_decoder();
Decoder crockford_decoder();
Decoder zbase32_decoder();
Decoder base58_decoder();
Decoder ascii85_decoder();
Decoder z85_decoder();
Decoder base85_decoder();
Decoder decimal_decoder();
Decoder uuencode_decoder();
Decoder yenc_decoder();
Decoder encoded_word_decoder();
Decoder multipart_decoder();
Decoder protobuf_decoder();
Decoder grpc_decoder();
Decoder cbor_decoder();
Decoder msgpack_decoder();
Decoder png_decoder();
Decoder jpeg_decoder();
Decoder gif_decoder();
Decoder webp_decoder();
Decoder form_decoder();
Decoder parameter_decoder();
Decoder utf7_decoder();
Decoder utf32le_decoder();
Decoder utf32be_decoder();
Decoder http_decoder();
Decoder percent_decoder();
Decoder quoted_printable_decoder();
Decoder json_decoder();
Decoder html_decoder();
Decoder dns_decoder();

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
      cfb_decoder(),
      pdf_decoder(),
      chunked_decoder(),
      utf16le_decoder(),
      utf16be_decoder(),
      hex_decoder(),
      base64_decoder(),
      base32_decoder(),
      base32hex_decoder(),
      crockford_decoder(),
      zbase32_decoder(),
      base58_decoder(),
      ascii85_decoder(),
      z85_decoder(),
      base85_decoder(),
      decimal_decoder(),
      uuencode_decoder(),
      yenc_decoder(),
      encoded_word_decoder(),
      multipart_decoder(),
      protobuf_decoder(),
      grpc_decoder(),
      cbor_decoder(),
      msgpack_decoder(),
      png_decoder(),
      jpeg_decoder(),
      gif_decoder(),
      webp_decoder(),
      form_decoder(),
      parameter_decoder(),
      utf7_decoder(),
      utf32le_decoder(),
      utf32be_decoder(),
      http_decoder(),
      percent_decoder(),
      quoted_printable_decoder(),
      json_decoder(),
      html_decoder(),
      dns_decoder(),
  };
  return table;
}

}  // namespace candor::recognise
