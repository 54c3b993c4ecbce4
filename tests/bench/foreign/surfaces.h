// SPDX-License-Identifier: Apache-2.0
//
// Foreign bytes for the recogniser, none twice: files and packages of this machine, and what is made of a
// seed. One surface is in memory at a time. The same machine, seed and size give the same surfaces.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"

namespace candor::bench {

/// Files alone are a surface each; the others, and mutated ones, stand one after the other in large surfaces.
enum class Sort { package, alone, file, mutated, random, base64, hex };
inline constexpr std::array kSorts = {Sort::package, Sort::alone,  Sort::file, Sort::mutated,
                                      Sort::random,  Sort::base64, Sort::hex};
[[nodiscard]] const char* text(Sort sort);

struct Surface {
  Sort sort = Sort::file;
  std::string name;  ///< Where the bytes are from: path and offset, or seed and number.
  ByteView bytes;
};

struct Wanted {
  std::uint64_t bytes = 0;  ///< In all.
  std::uint64_t seed = 0;
  std::size_t largest = 64U << 20;  ///< Surface; longer files are several.
};

/// What reading and hashing took, in seconds of this thread's processor time, and how many bytes that were.
struct ReadingCost {
  double seconds = 0;
  std::uint64_t bytes = 0;
};

/// Gives surfaces until there are as many bytes as wanted: packages a tenth, files six tenths (one in a
/// hundred alone), mutated files a tenth, the rest generated; of what there is too little, more is mutated
/// and generated.
ReadingCost for_each_surface(const Wanted& wanted, const std::function<void(const Surface&)>& on_surface);

/// Processor time of this thread so far.
[[nodiscard]] double thread_seconds();

}  // namespace candor::bench
