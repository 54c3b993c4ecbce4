// SPDX-License-Identifier: Apache-2.0
//
// The parser: what libfyaml would pass over in silence is refused first, its events go to the Builder, and
// its complaints become Diagnostics. libfyaml itself prints nothing.
#include "base/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/yaml_builder.h"

namespace candor::yaml {

namespace {

struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct EventDeleter {
  fy_parser* parser = nullptr;
  void operator()(fy_event* event) const { fy_parser_event_free(parser, event); }
};
using Event = std::unique_ptr<fy_event, EventDeleter>;

/// Bytes YAML does not allow, each line's first named: libfyaml ends the file at them without a word.
bool check_bytes(std::string_view text, Diagnostics& diagnostics) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    diagnostics.error({1, 1}, "the file is in UTF-16", "expected UTF-8");
    return false;
  }
  const std::size_t before = diagnostics.count();
  Mark mark{1, 1};
  bool line_named = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    const bool broken = byte >= 0x80 && !is_utf8_text(as_bytes(text.substr(i, length)));
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if ((broken || control) && !line_named) {
      diagnostics.error(
          mark,
          broken ? fmt::format("the byte 0x{:02x} is not UTF-8", byte)
                 : fmt::format("the control character U+{:04X} is not allowed", byte),
          broken ? "expected UTF-8 text" : "expected text; in double quotes, \\x… stands for such a byte");
      line_named = true;
    }
    if (broken) length = 1;
    const bool ends_line = byte == '\n' || (byte == '\r' && !(i + 1 < text.size() && text[i + 1] == '\n'));
    i += length;
    ++mark.column;
    if (!ends_line) continue;
    mark = {mark.line + 1, 1};
    line_named = false;
  }
  return diagnostics.count() == before;
}

/// The commonest reason for a syntax error, which no parser names: a tab in the indentation near it.
void point_out_tab(std::string_view text, int near_line, Diagnostics& diagnostics) {
  int line = 1;
  std::size_t begin = 0;
  while (begin < text.size() && line <= near_line + 1) {
    const std::size_t content = text.find_first_not_of(" \t", begin);
    const std::size_t tab = text.find('\t', begin);
    if (line >= near_line - 1 && tab < content && content != std::string_view::npos) {
      diagnostics.error({line, static_cast<int>(tab - begin) + 1}, "a tab in the indentation",
                        "expected spaces");
      return;
    }
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return;
    begin = end + 1;
    ++line;
  }
}

/// libfyaml's own words go to `user`, a string, and nowhere else.
void keep_output(fy_diag* /*diag*/, void* user, const char* text, std::size_t length) {
  auto& kept = *static_cast<std::string*>(user);
  if (kept.size() < 1000) kept.append(text, std::min<std::size_t>(length, 1000));
}

std::unique_ptr<fy_diag, DiagDeleter> make_diag(std::string& output) {
  fy_diag_cfg config{};
  fy_diag_cfg_default(&config);
  config.fp = nullptr;
  config.output_fn = keep_output;
  config.user = &output;
  config.level = FYET_ERROR;
  config.colorize = false;
  std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&config));
  if (!diag) throw Error("creating the YAML parser: out of memory");
  fy_diag_set_collect_errors(diag.get(), true);
  return diag;
}

/// Moves what libfyaml found to `diagnostics`.
void report_syntax(fy_diag* diag, std::string output, std::string_view text, const Builder& builder,
                   Diagnostics& diagnostics) {
  void* position = nullptr;
  int first_line = 0;
  bool tab_named = false;
  while (const fy_diag_error* error = fy_diag_errors_iterate(diag, &position)) {
    if (first_line == 0) first_line = error->line;
    const std::string sentence = error->msg != nullptr ? error->msg : "not YAML";
    tab_named = tab_named || sentence.find("tab") != std::string::npos;
    diagnostics.error({error->line, error->column}, sentence, builder.open_container());
  }
  if (first_line > 0) {
    if (!tab_named) point_out_tab(text, first_line, diagnostics);
    return;
  }
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (output.starts_with("[ERR]: ")) output.erase(0, 7);
  diagnostics.error({1, 1}, output.empty() ? "not YAML" : output);
}

}  // namespace

std::optional<Node> parse(std::string_view text, Diagnostics& diagnostics, Limits limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > limits.bytes) {
    diagnostics.error({}, fmt::format("the file has {} bytes", text.size()),
                      fmt::format("expected at most {}", limits.bytes));
    return std::nullopt;
  }
  if (!check_bytes(text, diagnostics)) return std::nullopt;

  std::string output;
  const std::unique_ptr<fy_diag, DiagDeleter> diag = make_diag(output);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
  config.diag = diag.get();
  const std::unique_ptr<fy_parser, ParserDeleter> parser(fy_parser_create(&config));
  if (!parser || fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) {
    throw Error("creating the YAML parser: out of memory");
  }
  const std::size_t before = diagnostics.count();
  Builder builder(text, diagnostics, limits);
  bool ended = text.empty();
  while (!ended && !builder.stopped()) {
    const Event event(fy_parser_parse(parser.get()), EventDeleter{parser.get()});
    if (!event) break;
    builder.take(*event);
    ended = event->type == FYET_STREAM_END;
  }
  const bool complained = fy_diag_got_error(diag.get()) || fy_parser_get_stream_error(parser.get());
  if (!builder.stopped() && (!ended || complained || !output.empty())) {
    report_syntax(diag.get(), std::move(output), text, builder, diagnostics);
  }
  if (diagnostics.count() != before) return std::nullopt;
  return builder.take_root();
}

}  // namespace candor::yaml
