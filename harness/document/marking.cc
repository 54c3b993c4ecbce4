// SPDX-License-Identifier: Apache-2.0
#include "document/marking.h"

#include <array>

namespace candor::document {

namespace {

using Lines = std::vector<std::string_view>;

const Lines kUsAuthority = {"Classified By: {given} {family}, {post}",
                            "Derived From: {L}{L}{L} Security Classification Guide {d19}{d}-{d19}, {date}",
                            "Declassify On: 205{d}091{d}"};
const Lines kUsOriginal = {"Classified By: {given} {family}, {post}", "Reason: {reason}",
                           "Declassify On: 205{d}032{d}"};
const Lines kUkAuthority = {"Handling: {post} decides on copies; {ref}", "Originator: {agency}"};
const Lines kNatoAuthority = {"Copy No. {d19} of {d19}{d}",
                              "Originator: Allied {nature} {duty} Command, {ref}"};
const Lines kEuAuthority = {"Copy {d19} of {d19}{d}, {ref}", "Originator: {agency}",
                            "Downgrading: {date} at the earliest"};
const Lines kRussianAuthority = {"Экз. № {d19}", "п. {d19}.{d19}{d} перечня, {ref}", "{agency}"};
const Lines kChineseAuthority = {"编号：{ref}", "{agency}", "份号：{d19}{d}"};

std::vector<Marking> english_markings() {
  return {
      {"none", "", "", "", {}},
      {"us/unclassified", "UNCLASSIFIED//FOR OFFICIAL USE ONLY", "(U//FOUO)", "(U)", {}},
      {"us/confidential", "CONFIDENTIAL//NOFORN", "(C//NF)", "(U)", kUsAuthority},
      {"us/secret", "SECRET//NOFORN", "(S//NF)", "(U)", kUsAuthority},
      {"us/top-secret", "TOP SECRET//SI-QUILLFERN//ORCON/NOFORN", "(TS//SI-QLF//OC/NF)", "(S//NF)",
       kUsAuthority},
      {"us/special-access", "TOP SECRET//SI-QUILLFERN//SAR-BRASS LANTERN//ORCON/NOFORN",
       "(TS//SI-QLF//SAR-BL//OC/NF)", "(TS//SI//NF)", kUsOriginal},
      {"uk/official", "OFFICIAL", "", "", kUkAuthority},
      {"uk/official-sensitive", "OFFICIAL-SENSITIVE", "", "", kUkAuthority},
      {"uk/secret", "UK SECRET", "", "", kUkAuthority},
      {"uk/top-secret", "UK TOP SECRET - UK EYES ONLY", "", "", kUkAuthority},
      {"nato/restricted", "NATO RESTRICTED", "(NR)", "(NU)", kNatoAuthority},
      {"nato/confidential", "NATO CONFIDENTIAL", "(NC)", "(NR)", kNatoAuthority},
      {"nato/secret", "NATO SECRET", "(NS)", "(NC)", kNatoAuthority},
      {"nato/cosmic-top-secret", "COSMIC TOP SECRET", "(CTS)", "(NS)", kNatoAuthority},
      {"eu/restricted", "RESTREINT UE/EU RESTRICTED", "(R-UE/EU-R)", "", kEuAuthority},
      {"eu/confidential", "CONFIDENTIEL UE/EU CONFIDENTIAL", "(C-UE/EU-C)", "(R-UE/EU-R)", kEuAuthority},
      {"eu/secret", "SECRET UE/EU SECRET", "(S-UE/EU-S)", "(C-UE/EU-C)", kEuAuthority},
      {"eu/top-secret", "TRÈS SECRET UE/EU TOP SECRET", "(TS-UE/EU-TS)", "(S-UE/EU-S)", kEuAuthority},
  };
}

Marking foreign(Language language, std::string_view name, std::string_view banner) {
  return {.name = name,
          .banner = banner,
          .authority = language == Language::russian ? kRussianAuthority : kChineseAuthority,
          .language = language};
}

std::vector<Marking> make_markings() {
  std::vector<Marking> table = english_markings();
  table.push_back(foreign(Language::russian, "ru/official", "Для служебного пользования"));
  table.push_back(foreign(Language::russian, "ru/secret", "Секретно"));
  table.push_back(foreign(Language::russian, "ru/top-secret", "Совершенно секретно"));
  table.push_back(foreign(Language::russian, "ru/special-importance", "Особой важности"));
  table.push_back(foreign(Language::chinese, "cn/confidential", "秘密★5年"));
  table.push_back(foreign(Language::chinese, "cn/secret", "机密★10年"));
  table.push_back(foreign(Language::chinese, "cn/top-secret", "绝密★30年"));
  table.push_back({.name = "lookalike/novel", .subject = Subject::novel});
  table.push_back({.name = "lookalike/article", .subject = Subject::article});
  return table;
}

/// Bytes of the UTF-8 character that begins with `lead`; `text` is ours, hence well-formed.
std::size_t width_of(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : 3;
}

/// Letters of harmless words, taken in turn.
class Filler {
 public:
  std::string_view instead_of(std::string_view character) {
    // What is punctuation keeps its place: formats quote some of it. A letter of Latin-1 must stay one: its
    // document's charset may have no Cyrillic.
    constexpr unsigned char kFirstCyrillicLead = 0xd0;
    constexpr unsigned char kSignLead = 0xe2;       // № and the like.
    constexpr unsigned char kFullWidthLead = 0xef;  // Full-width punctuation.
    const auto lead = static_cast<unsigned char>(character[0]);
    const std::size_t width = character.size();
    if (lead == ',' || lead == kSignLead || lead == kFullWidthLead) return character;
    if (width == 2 && lead < kFirstCyrillicLead) return "é";
    const std::string_view words = kWords[width - 1];
    const std::size_t at = next_[width - 1];
    next_[width - 1] = (at + width) % words.size();
    return words.substr(at, width);
  }

 private:
  /// By the bytes of their letters.
  static constexpr std::array<std::string_view, 3> kWords = {
      "sheet-for-the-shelf-by-the-north-window-of-the-hall-", "листдлянижнейполкиусевернойстены",
      "此存放北窗书架左侧"};
  std::array<std::size_t, 3> next_ = {0, 0, 0};
};

}  // namespace

const std::vector<Marking>& all_markings() {
  static const std::vector<Marking> table = make_markings();
  return table;
}

const Marking* find_marking(std::string_view name) {
  for (const Marking& marking : all_markings())
    if (marking.name == name) return &marking;
  return nullptr;
}

std::string unmarked(std::string_view marking) {
  Filler filler;
  std::string result;
  for (std::size_t at = 0; at < marking.size();) {
    const std::size_t width = width_of(marking[at]);
    result += filler.instead_of(marking.substr(at, width));
    at += width;
  }
  return result;
}

}  // namespace candor::document
