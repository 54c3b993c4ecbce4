// SPDX-License-Identifier: Apache-2.0
#include "recognise/zip_extra.h"

#include "recognise/endian.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kFieldHeader = 4;

/// zip64, NTFS times, Unix times and owners (old and new), with the most they need.
bool known(const ZipExtra& field) {
  switch (field.id) {
    case 0x0001:
      return field.data.size() <= 28;
    case 0x000a:
      return field.data.size() <= 32;
    case 0x5455:
      return field.data.size() <= 13;
    case 0x5855:
      return field.data.size() <= 12;
    case 0x7855:
      return field.data.size() <= 4;
    case 0x7875:
      return field.data.size() <= 11;
    default:
      return false;
  }
}

}  // namespace

std::vector<ZipExtra> zip_extra_fields(ByteView extra) {
  std::vector<ZipExtra> fields;
  while (extra.size() >= kFieldHeader) {
    const std::size_t size = little16(extra, 2);
    if (size > extra.size() - kFieldHeader) break;
    fields.push_back({little16(extra, 0), extra.subspan(kFieldHeader, size)});
    extra = extra.subspan(kFieldHeader + size);
  }
  return fields;
}

std::size_t zip_extra_unknown(ByteView extra) {
  std::size_t unknown = extra.size();
  for (const ZipExtra& field : zip_extra_fields(extra))
    if (known(field)) unknown -= kFieldHeader + field.data.size();
  return unknown;
}

}  // namespace candor::recognise
