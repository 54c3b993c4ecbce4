// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_marks.h"

namespace candor::recognise {

namespace {

using namespace std::string_view_literals;

/// Enough bytes each to be told from chance once a key is chosen to fit the first.
constexpr Mark kMarks[] = {{"\x1f\x8b\x08\x00"sv},
                           {"\x1f\x8b\x08\x08"sv},
                           {"PK\x03\x04"sv},
                           {"PK\x01\x02"sv},
                           {"BZh91AY&SY"sv, "   x"sv},
                           {"\xfd"
                            "7zXZ\0"sv},
                           {"\x28\xb5\x2f\xfd"sv},
                           {"\x04\x22\x4d\x18"sv},
                           {"\x02\x21\x4c\x18"sv},
                           {"7z\xbc\xaf\x27\x1c"sv},
                           {"MSCF\0\0\0\0"sv},
                           {"Rar!\x1a\x07"sv},
                           {"LZIP\x01"sv},
                           {"\x89PNG\r\n\x1a\n"sv},
                           {"%PDF-1."sv},
                           {"\xd0\xcf\x11\xe0"sv},
                           {"ustar"sv},
                           {"=ybegin "sv},
                           {" HTTP/1."sv},
                           {"HTTP/1."sv},
                           {"\nbegin 6"sv},
                           {"=?utf-8?"sv},
                           {"=?UTF-8?"sv},
                           {"=?iso-8859-"sv},
                           {"=?ISO-8859-"sv},
                           {"-----BEGIN "sv},
                           {"Content-Type: "sv},
                           // LZMA: properties, the dictionary's size, the size of what it holds.
                           {"\x5d\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"sv, "   xx"sv},
                           {"\x5d\0\0\0\0\0\0\0\0\0\0\0\0"sv, "   xxxxxxx"sv}};

MarksByDifference sorted_marks(Way way) {
  MarksByDifference all;
  for (const Mark& mark : kMarks) all[difference(mark, way)].push_back(&mark);
  return all;
}

}  // namespace

bool stands(const Mark& mark, ByteView bytes, std::uint8_t key, Way way) {
  if (mark.bytes.size() > bytes.size()) return false;
  for (std::size_t i = 0; i < mark.bytes.size(); ++i) {
    if (i < mark.any.size() && mark.any[i] == 'x') continue;
    if (without_key(bytes[i], key, way) != static_cast<std::uint8_t>(mark.bytes[i])) return false;
  }
  return true;
}

std::uint8_t difference(const Mark& mark, Way way) {
  const auto first = static_cast<std::uint8_t>(mark.bytes[0]);
  const auto second = static_cast<std::uint8_t>(mark.bytes[1]);
  // What key 0 makes of a byte undoes itself in every way.
  return difference(without_key(first, 0, way), without_key(second, 0, way), way);
}

const MarksByDifference& marks_by_difference(Way way) {
  static const std::array<MarksByDifference, kWays> all = {sorted_marks(Way::xored), sorted_marks(Way::added),
                                                           sorted_marks(Way::added_to_swapped),
                                                           sorted_marks(Way::added_to_inverted)};
  return all[static_cast<std::size_t>(way)];
}

}  // namespace candor::recognise
