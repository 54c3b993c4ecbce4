// SPDX-License-Identifier: Apache-2.0
//
// What a reader sees of a PDF (ISO 32000-1): the text of its pages, strings of its dictionaries (title,
// author, form fields, annotations), and streams behind other filters than zlib's, which is found without
// this. Objects are looked for in the bytes, not by the cross-reference table, so that a file that is cut off
// gives what it holds, and old versions of objects count too.
//
// It is a second look at the file: it explains none of its bytes.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "recognise/decoder.h"
#include "recognise/pdf_filter.h"
#include "recognise/pdf_lexer.h"
#include "recognise/pdf_text.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

using Kind = PdfToken::Kind;

constexpr std::string_view kMagic = "%PDF-";
constexpr std::size_t kMostObjects = 1U << 18;
constexpr std::size_t kMostCodes = 1U << 20;  ///< Of all fonts together.
constexpr std::size_t kMostReadings = 4;      ///< Of a content stream, if pages give a name to several fonts.

struct Object {
  long number = 0;
  std::string_view value;  ///< Without the stream.
  ByteView stream;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// The number of the object whose keyword "obj" stands at `at`; -1 if that is not one.
long number_before(std::string_view file, std::size_t at) {
  const auto back_over = [&](auto&& is_one) {
    const std::size_t end = at;
    while (at > 0 && end - at < 12 && is_one(file[at - 1])) --at;
    return end - at;
  };
  back_over(is_blank);
  if (back_over(is_digit) == 0 || back_over(is_blank) == 0) return -1;
  if (back_over(is_digit) == 0) return -1;
  return std::strtol(std::string(file.substr(at, 12)).c_str(), nullptr, 10);
}

/// Looks for a word from places further and further on, at each byte once.
class Keyword {
 public:
  explicit Keyword(std::string_view word) : word_(word) {}
  /// Where it stands next, or the file's end.
  std::size_t next(std::string_view file, std::size_t from) {
    if (!looked_ || found_ < from) found_ = std::min(file.find(word_, from), file.size());
    looked_ = true;
    return found_;
  }

 private:
  std::string_view word_;
  std::size_t found_ = 0;
  bool looked_ = false;
};

class Reader {
 public:
  Reader(std::string_view file, std::size_t max_output)
      : file_(file), budget_(max_output), output_(max_output) {}

  Decoded run() {
    find_objects();
    for (std::size_t i = 0; i < objects_.size(); ++i) open_stream(objects_[i]);
    find_fonts();
    add_member("text", [this] { add_pages(); });
    add_member("strings", [this] { add_strings(); });
    for (const Object& object : objects_) add_stream(object);
    result_.consumed = file_.size();
    if (is_encrypted_) result_.reason = "encrypted pdf";
    if (output_.full()) result_.reason = reason(StreamEnd::budget);
    result_.bytes = output_.copy();
    return std::move(result_);
  }

 private:
  void find_objects() {
    is_encrypted_ = file_.find("/Encrypt ") != file_.npos;
    std::size_t at = file_.find("obj");
    while (at != file_.npos && objects_.size() < kMostObjects) {
      const long number = number_before(file_, at);
      at += 3;
      if (number >= 0) at = read_object(number, at);
      at = file_.find("obj", at);
    }
  }

  /// The end of the object whose value begins at `begin`.
  std::size_t read_object(long number, std::size_t begin) {
    const std::size_t end = endobj_.next(file_, begin);
    const std::size_t stream = stream_.next(file_, begin);
    if (stream >= end) {
      objects_.push_back({number, file_.substr(begin, end - begin), {}});
      return end;
    }
    std::size_t data = stream + 6;
    if (data < file_.size() && file_[data] == '\r') ++data;
    if (data < file_.size() && file_[data] == '\n') ++data;
    const std::string_view value = file_.substr(begin, stream - begin);
    const std::size_t size = stream_size(value, data);
    objects_.push_back({number, value, as_bytes(file_.substr(data, size))});
    return data + size;
  }

  std::size_t stream_size(std::string_view value, std::size_t data) {
    const std::string_view length = pdf_entry(value, "Length");
    if (!length.empty() && pdf_reference(length) < 0) {
      const std::size_t size = std::strtoul(std::string(length).c_str(), nullptr, 10);
      if (size <= file_.size() - data && file_.substr(data + size, 20).find("endstream") != file_.npos)
        return size;
    }
    return endstream_.next(file_, data) - data;
  }

  [[nodiscard]] static bool is_binary(std::string_view value) {
    for (const std::string_view key : {"Length1", "Length2", "Length3"})
      if (!pdf_entry(value, key).empty()) return true;
    const std::string_view subtype = pdf_entry(value, "Subtype");
    return subtype == "/Image" || subtype == "/CIDFontType0C" || subtype == "/Type1C" ||
           subtype == "/OpenType";
  }

  /// Undoes the filters of a stream that may be of text; object streams give further objects.
  void open_stream(const Object object) {
    if (object.stream.empty() || is_encrypted_ || budget_ == 0 || is_binary(object.value)) return;
    opened_.push_back(undo_pdf_filters(object.value, object.stream, std::min(budget_, output_.max())));
    const std::string_view content = as_text(opened_.back());
    budget_ -= content.size();
    contents_[object.stream.data()] = content;
    if (pdf_entry(object.value, "Type") == "/ObjStm") read_object_stream(object.value, content);
  }

  void read_object_stream(std::string_view value, std::string_view content) {
    const std::size_t first = std::strtoul(std::string(pdf_entry(value, "First")).c_str(), nullptr, 10);
    PdfLexer header(content.substr(0, std::min(first, content.size())));
    long number = -1;
    std::size_t begin = 0;
    while (objects_.size() < kMostObjects) {
      const PdfToken next_number = header.next();
      const PdfToken offset = header.next();
      const bool ends = next_number.kind != Kind::number || offset.kind != Kind::number;
      const std::size_t end =
          ends ? content.size()
               : std::min(first + std::strtoul(offset.value.c_str(), nullptr, 10), content.size());
      if (number >= 0 && end > begin) objects_.push_back({number, content.substr(begin, end - begin), {}});
      if (ends) return;
      number = std::strtol(next_number.value.c_str(), nullptr, 10);
      begin = end;
    }
  }

  [[nodiscard]] std::string_view content_of(const Object& object) const {
    const auto found = contents_.find(object.stream.data());
    return object.stream.empty() || found == contents_.end() ? std::string_view{} : found->second;
  }

  /// Fonts with their maps, and the names resources give them.
  void find_fonts() {
    std::map<long, std::string_view> maps;
    for (const Object& object : objects_)
      if (const std::string_view content = content_of(object); content.find("beginbf") != content.npos)
        maps[object.number] = content;
    std::size_t codes = kMostCodes;
    for (const auto& [number, cmap] : maps) codes_.try_emplace(number, cmap, codes);
    for (const Object& object : objects_)
      if (const auto map = codes_.find(pdf_reference(pdf_entry(object.value, "ToUnicode")));
          map != codes_.end())
        fonts_[object.number] = &map->second;
    for (const Object& object : objects_) name_fonts(object.value);
  }

  /// Takes every "/Name 12 0 R" where 12 is a font for its name.
  void name_fonts(std::string_view value) {
    if (fonts_.empty()) return;
    PdfLexer lexer(value);
    std::string name;
    std::string number;
    for (PdfToken token = lexer.next(); token.kind != Kind::end; token = lexer.next()) {
      if (token.kind == Kind::name) name = token.value;
      if (token.kind == Kind::number && number.empty()) number = token.value;
      if (token.kind == Kind::name || token.kind == Kind::open || token.kind == Kind::close) number.clear();
      if (!token.is_word("R")) continue;
      const auto font = fonts_.find(std::strtol(number.c_str(), nullptr, 10));
      if (font != fonts_.end() && !name.empty()) note_name(name, font->second);
      number.clear();
    }
  }

  void note_name(const std::string& name, const PdfFont* font) {
    for (PdfFonts& reading : readings_)
      if (const auto [known, is_new] = reading.try_emplace(name, font); is_new || known->second == font)
        return;
    if (readings_.size() < kMostReadings) readings_.push_back({{name, font}});
  }

  /// A reading knows its own fonts, and of other names those of the first.
  [[nodiscard]] PdfFonts fonts_of_reading(std::size_t index) const {
    PdfFonts fonts = readings_.empty() ? PdfFonts{} : readings_[index];
    if (index > 0) fonts.insert(readings_[0].begin(), readings_[0].end());
    return fonts;
  }

  void add_pages() {
    for (std::size_t reading = 0; reading < std::max<std::size_t>(1, readings_.size()); ++reading) {
      const PdfFonts fonts = fonts_of_reading(reading);
      for (const Object& object : objects_) {
        const std::string_view content = content_of(object);
        if (content.find("Tj") == content.npos && content.find("TJ") == content.npos) continue;
        const std::string joined = pdf_text(content, fonts, false, output_.max());
        const std::string parted = pdf_text(content, fonts, true, output_.max());
        output_.append(as_bytes(joined));
        output_.append(as_bytes("\n"));
        if (parted != joined) output_.append(as_bytes(parted + "\n"));
      }
    }
  }

  void add_strings() {
    for (const Object& object : objects_) {
      PdfLexer lexer(object.value);
      for (PdfToken token = lexer.next(); token.kind != Kind::end; token = lexer.next())
        if (token.kind == Kind::string && token.value.size() > 3)
          output_.append(as_bytes(pdf_text_string(token.value) + "\n"));
    }
  }

  void add_stream(const Object& object) {
    const std::string_view content = content_of(object);
    if (pdf_entry(object.value, "Type") == "/XRef") return;
    if (content.empty() || is_plain_flate(object.value) || pdf_entry(object.value, "Filter").empty()) return;
    add_member("stream " + std::to_string(object.number) + " at " +
                   std::to_string(as_text(object.stream).data() - file_.data()),
               [&] { output_.append(as_bytes(content)); });
  }

  template <typename Write>
  void add_member(std::string name, Write&& write) {
    const std::size_t begin = output_.size();
    write();
    if (output_.size() > begin) result_.members.push_back({std::move(name), begin, output_.size() - begin});
  }

  std::string_view file_;
  std::size_t budget_;  ///< For all streams together.
  Output output_;
  Decoded result_;
  std::vector<Object> objects_;
  std::deque<Bytes> opened_;
  std::map<const std::uint8_t*, std::string_view> contents_;  ///< Of streams, by where they begin.
  std::map<long, PdfFont> codes_;                             ///< By the object of the map.
  std::map<long, const PdfFont*> fonts_;                      ///< By the object of the font.
  std::vector<PdfFonts> readings_;
  bool is_encrypted_ = false;
  Keyword endobj_{"endobj"};
  Keyword stream_{"stream"};
  Keyword endstream_{"endstream"};
};

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::size_t at = trigger_end - kMagic.size() - 2;
  return as_text(layer.subspan(at)).starts_with(kMagic) ? std::optional(at) : std::nullopt;
}

Decoded decode(ByteView region, std::size_t max_output) {
  if (!as_text(region).starts_with(kMagic)) return {};
  // Up to the next file: each of many is read once.
  const std::string_view file = as_text(region).substr(0, as_text(region).find(kMagic, kMagic.size()));
  return Reader(file, max_output).run();
}

}  // namespace

Decoder pdf_decoder() {
  return {.name = "pdf",
          .about = "text and strings of PDF files, and their streams behind unusual filters",
          .nature = Nature::container,
          .trigger = "%PDF-[12]\\.",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
