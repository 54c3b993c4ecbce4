// SPDX-License-Identifier: Apache-2.0
#include "recognise/text_models.h"

#include <string_view>

namespace candor::recognise {

namespace {

using namespace std::string_view_literals;

/// By byte: its weight in one model.
using TextModel = std::array<std::int16_t, 256>;

constexpr int kNever = -14 * kBit;  ///< Rare enough to be told from, common enough for a slip.

constexpr void put(TextModel& model, std::string_view bytes, double bits) {
  for (const char c : bytes) model[static_cast<std::uint8_t>(c)] = static_cast<std::int16_t>(-bits * kBit);
}

constexpr TextModel none() {
  TextModel model{};
  for (std::int16_t& each : model) each = kNever;
  return model;
}

constexpr TextModel evenly(std::string_view letters, double bits, std::string_view between,
                           double between_bits = 9) {
  TextModel model = none();
  put(model, "\r\n=", 9);
  put(model, between, between_bits);
  put(model, letters, bits);
  return model;
}

constexpr auto kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"sv;
constexpr auto kSmall = "abcdefghijklmnopqrstuvwxyz"sv;
constexpr auto kDigits = "0123456789"sv;

constexpr TextModel base64() {
  TextModel model = evenly(kCapitals, 6, "-_+/");
  put(model, kSmall, 6);
  put(model, kDigits, 6);
  put(model, "+/", 6.5);
  return model;
}

/// All letters from one to another.
constexpr TextModel range(int first, int last, double bits) {
  TextModel model = none();
  for (int c = first; c <= last; ++c)
    model[static_cast<std::size_t>(c)] = static_cast<std::int16_t>(-bits * kBit);
  put(model, "\r\n", 9);
  return model;
}

constexpr TextModel letters_and(std::string_view marks) {
  TextModel model = evenly(kCapitals, 6.4, "");
  put(model, kSmall, 6.4);
  put(model, kDigits, 6.4);
  put(model, marks, 6.4);
  return model;
}

/// Words of a language, with what programs and forms put between them.
constexpr TextModel prose() {
  TextModel model = range(0x21, 0x7e, 6.5);
  put(model, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", 9);
  put(model, kSmall, 6);
  put(model, "etaoinsrhl", 4);
  put(model, kCapitals, 8);
  put(model, kDigits, 7.5);
  put(model, " ", 3);
  put(model, "\n-.,", 7);
  put(model, "\r\t", 9);
  return model;
}

/// Wide characters.
constexpr TextModel wide() {
  TextModel model = prose();
  put(model, "\0"sv, 0.8);
  return model;
}

/// Bytes written in decimal, octal or hexadecimal, each with a mark before it: "%41", "&#65;", "\u0041".
constexpr TextModel escapes() {
  TextModel model = none();
  put(model, kSmall, 11);
  put(model, "abcdefABCDEF", 6);
  put(model, kDigits, 4);
  put(model, "=%\\&#;x,{}u \r\nU+", 4.5);
  return model;
}

constexpr std::array<TextModel, kTextModels> models() {
  return {
      prose(),
      wide(),
      base64(),
      range('!', 'u', 6.4),                    // Ascii85
      letters_and(".-:+=^!/*?&<>()[]{}@%$#"),  // Z85
      letters_and("!#$%&()*+-;<=>?@^_`{|}~"),  // base85 (RFC 1924)
      range(' ', '`', 6),                      // uuencode
      escapes(),
      evenly("0123456789abcdef", 4.5, "\r\n :,-x", 3.5),
      evenly("0123456789ABCDEF", 4.5, "\r\n :,-x", 3.5),
      evenly("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 5.3, " ,:-\r\n", 3.5),
      evenly("abcdefghijklmnopqrstuvwxyz0123456789", 5.3, " ,:-\r\n", 3.5),
  };
}

constexpr std::array<TextWeights, 256> weights() {
  std::array<TextWeights, 256> all{};
  const std::array<TextModel, kTextModels> each = models();
  for (std::size_t byte = 0; byte < all.size(); ++byte)
    for (std::size_t model = 0; model < all[byte].size(); ++model)
      all[byte][model] = model < kTextModels ? each[model][byte] : static_cast<std::int16_t>(kNever);
  return all;
}

static_assert(-kNever * static_cast<int>(kLongestWindow) <= 32767);

}  // namespace

const std::array<TextWeights, 256>& text_weights() {
  alignas(64) static constexpr std::array<TextWeights, 256> all = weights();
  return all;
}

TextWeights text_likelihoods(ByteView window) {
  const std::array<TextWeights, 256>& of = text_weights();
  TextWeights sums{};
  for (const std::uint8_t byte : window) add_weights(sums, of[byte]);
  return sums;
}

}  // namespace candor::recognise
