// SPDX-License-Identifier: Apache-2.0
//
// Documents that are planted, and the canaries in them. A Manifest is the sealed list the recogniser
// compares everything with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace candor::model {

/// What a scenario asks for: `count` files of one format and marking in one guest folder.
struct DocumentSpec {
  std::string id;                     ///< The scenario's name for it: "memo".
  std::string format = "txt";         ///< One of document::formats().
  std::string marking = "none";       ///< One of document::markings().
  std::string charset = "utf-8";      ///< One of document::charsets(), where the format leaves a choice.
  std::string password = "infected";  ///< Where the format is encrypted.
  std::string folder;                 ///< Absolute folder in the guest; {canary} stands for a token.
  std::string name;                   ///< File name pattern; empty: made up, with the name's canary in it.
  int count = 1;
  int line = 0;  ///< Where the scenario says so.
};

/// Where a canary stands in its document.
enum class CanaryPlace { body, header, name, property, folder, attachment, comment, attribute, image };

struct Canary {
  std::string token;  ///< 26 letters of a-z2-7: 128 bits of base32 without padding (RFC 4648, lower case).
  CanaryPlace place = CanaryPlace::body;
  int page = 0;              ///< From 1 in bodies; 0 elsewhere.
  std::int64_t offset = -1;  ///< Of its first byte in the file, where it stands there as it is; or -1.
  /// Otherwise the member that holds it as it is, "word/document.xml" or "memo.docx!word/document.xml"; or
  /// "", if only a reader of the format sees it, or if it stands outside the file.
  std::string member;
};

/// One file as it was planted.
struct Document {
  std::string id;    ///< "memo-2": the spec's id and a number.
  std::string spec;  ///< "memo"; "control" for control documents.
  std::string format;
  std::string marking;
  std::string path;       ///< Absolute path in the guest.
  std::string name;       ///< Its last component.
  std::string file;       ///< Its copy in the run folder: "documents/NAME".
  std::string text_file;  ///< Its text in UTF-8, in the same folder; or "".
  std::uint64_t size = 0;
  std::string sha256;                             ///< Of the file, hex.
  std::string password;                           ///< What opens it; or "".
  std::map<std::string, std::string> attributes;  ///< Extended attributes it is to have, by name.
  std::vector<Canary> canaries;
  [[nodiscard]] bool control() const { return spec == "control"; }
};

/// Something that names the guest or who uses it.
struct Identity {
  std::string kind;  ///< "user", "host", "machine id".
  std::string value;
};

struct Manifest {
  std::uint64_t seed = 0;
  std::vector<Document> documents;
  std::vector<Identity> identities;
};

[[nodiscard]] const char* text(CanaryPlace place);
[[nodiscard]] Json to_json(const Manifest& manifest);
/// Throws Error naming what is missing or mistyped.
[[nodiscard]] Manifest manifest_from_json(const Json& json);

}  // namespace candor::model
