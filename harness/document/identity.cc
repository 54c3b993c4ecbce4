// SPDX-License-Identifier: Apache-2.0
#include "document/identity.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "base/bytes.h"

namespace candor::document {

namespace {

constexpr std::array<std::string_view, 16> kGivenNames{
    "tamsin", "gareth", "esther", "philip", "morwen", "robert", "ingrid", "walter",
    "miriam", "edmund", "harald", "sylvia", "joanna", "stefan", "leonie", "martin"};
constexpr std::array<std::string_view, 4> kMachines{"lt", "ws", "pc", "nb"};
constexpr std::string_view kConsonants = "bdfghklmnprstvwz";
constexpr std::string_view kVowels = "aeiou";

/// Takes numbers from a stream that the seed gives under a label.
class Choices {
 public:
  Choices(Seed seed, std::string label) : seed_(seed), label_(std::move(label)) {}
  std::size_t below(std::size_t bound) {
    return seed_.number(label_ + " " + std::to_string(taken_++), bound);
  }
  char letter(std::string_view letters) { return letters[below(letters.size())]; }

 private:
  Seed seed_;
  std::string label_;
  int taken_ = 0;
};

/// "dorevakin": syllables and a last consonant.
std::string word(Choices& choices, int syllables) {
  std::string text;
  for (int i = 0; i < syllables; ++i) {
    text += choices.letter(kConsonants);
    text += choices.letter(kVowels);
  }
  return text + choices.letter(kConsonants);
}

std::string user_name(Choices choices) {
  const std::string given(kGivenNames[choices.below(kGivenNames.size())]);
  return given + "." + word(choices, 4);
}

std::string host_name(Choices choices) {
  std::string name = word(choices, 3) + "-" + std::string(kMachines[choices.below(kMachines.size())]) + "-";
  for (int i = 0; i < 4; ++i) name += choices.letter("0123456789");
  return name;
}

std::string machine_id(Bytes bytes) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
  return to_hex(bytes);
}

}  // namespace

std::vector<model::Identity> identities(Seed seed, bool twin) {
  const std::string whose = twin ? "twin identity " : "identity ";
  return {{kUser, user_name(Choices(seed, whose + kUser))},
          {kHost, host_name(Choices(seed, whose + kHost))},
          {kMachineId, machine_id(seed.derive(whose + kMachineId, 16))}};
}

std::string identity_of(const model::Manifest& manifest, const std::string& kind) {
  for (const model::Identity& identity : manifest.identities)
    if (identity.kind == kind) return identity.value;
  return {};
}

}  // namespace candor::document
