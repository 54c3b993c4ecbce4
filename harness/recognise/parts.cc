// SPDX-License-Identifier: Apache-2.0
#include "recognise/parts.h"

#include <algorithm>

#include "recognise/decoder.h"
#include "recognise/matcher.h"

namespace candor::recognise {

namespace {

constexpr int kDeepest = 2;
constexpr std::size_t kMostMembers = 1000;         ///< Of one document.
constexpr std::size_t kLargestOutput = 32U << 20;  ///< Of one container.

class Opener {
 public:
  Opener(Parts& parts, DocumentParts& document) : parts_(parts), document_(document) {}

  void open(ByteView bytes, const std::string& inside, int depth) {
    static const Triggers triggers;
    Matcher::Scratch scratch(triggers.matcher);
    std::vector<std::pair<std::size_t, std::size_t>> begins;  // With the decoder.
    triggers.matcher.scan(bytes, scratch, [&](std::size_t id, std::size_t end) {
      const Decoder& decoder = decoders()[triggers.decoders[id]];
      if (const auto start = decoder.start(bytes, end)) begins.emplace_back(*start, triggers.decoders[id]);
    });
    std::sort(begins.begin(), begins.end());
    std::size_t done = 0;
    for (const auto& [begin, decoder] : begins) {
      if (begin < done) continue;
      Decoded decoded = decoders()[decoder].decode(bytes.subspan(begin), kLargestOutput);
      if (!decoded.complete || decoders()[decoder].transparent) continue;
      done = begin + decoded.consumed;
      keep(std::move(decoded), inside, depth);
    }
  }

 private:
  struct Triggers {
    std::vector<std::size_t> decoders = [] {
      std::vector<std::size_t> indices;
      for (std::size_t i = 0; i < recognise::decoders().size(); ++i)
        if (recognise::decoders()[i].trigger != nullptr &&
            recognise::decoders()[i].nature == Nature::container)
          indices.push_back(i);
      return indices;
    }();
    Matcher matcher = Matcher([this] {
      std::vector<Matcher::Pattern> patterns;
      for (const std::size_t decoder : decoders)
        patterns.push_back({.regex = recognise::decoders()[decoder].trigger});
      return patterns;
    }());
  };

  void keep(Decoded decoded, const std::string& inside, int depth) {
    if (decoded.bytes.empty()) return;
    parts_.owned.push_back(std::move(decoded.bytes));
    const ByteView bytes = parts_.owned.back();
    if (decoded.members.empty()) decoded.members = {{decoded.detail, 0, bytes.size()}};
    for (const Member& member : decoded.members) {
      if (document_.members.size() >= kMostMembers) return;
      const ByteView content = bytes.subspan(member.begin, member.size);
      const std::string name = inside + member.name;
      document_.members.push_back({name, content});
      if (depth < kDeepest) open(content, name.empty() ? name : name + "!", depth + 1);
    }
  }

  Parts& parts_;
  DocumentParts& document_;
};

}  // namespace

Parts take_apart(const model::Manifest& manifest, const std::vector<PlantedContent>& files) {
  Parts parts;
  for (const PlantedContent& file : files) {
    DocumentParts& document = parts.documents.emplace_back(
        DocumentParts{.document = file.document, .content = file.content, .text = file.text});
    const auto found = std::find_if(manifest.documents.begin(), manifest.documents.end(),
                                    [&](const model::Document& each) { return each.id == file.document; });
    if (found != manifest.documents.end()) {
      document.name = found->name;
      document.path = found->path;
    }
    Opener(parts, document).open(file.content, "", 1);
  }
  return parts;
}

}  // namespace candor::recognise
