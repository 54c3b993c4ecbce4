// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace candor::yaml {

namespace {

Size size_of(const Node& node) {
  Size size{1, node.scalar.size(), 1};
  const auto add = [&size](const Node& child) {
    const Size part = size_of(child);
    size.nodes += part.nodes;
    size.bytes += part.bytes;
    size.depth = std::max(size.depth, part.depth + 1);
  };
  for (const Node& item : node.items) add(item);
  for (const Entry& entry : node.entries) {
    size.bytes += entry.key.size();
    add(entry.value);
  }
  return size;
}

std::string token_text(fy_token* token) {
  std::size_t length = 0;
  const char* text = token != nullptr ? fy_token_get_text(token, &length) : nullptr;
  return text != nullptr ? std::string(text, length) : std::string();
}

bool is_null(std::string_view plain) {
  return plain.empty() || plain == "~" || plain == "null" || plain == "Null" || plain == "NULL";
}

}  // namespace

Mark Builder::mark_of(const fy_mark* mark) {
  if (mark != nullptr) last_ = {mark->line + 1, mark->column + 1};
  return last_;
}

/// What is not written stands at its key ("key:"), or at its dash ("-"), which libfyaml does not tell: the
/// next one in the list's column.
Mark Builder::mark_of_nothing() {
  const bool later_item =
      !frames_.empty() && frames_.back().node.kind == Kind::sequence && !frames_.back().node.items.empty();
  if (!later_item) return last_;
  const auto column = static_cast<std::size_t>(frames_.back().node.mark.column);
  for (; at_ < text_.size(); ++lines_passed_) {
    const std::size_t end = std::min(text_.find_first_of("\r\n", at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    if (lines_passed_ >= last_.line && line.find_first_not_of(' ') == column - 1 && line[column - 1] == '-') {
      return last_ = {lines_passed_ + 1, frames_.back().node.mark.column};
    }
    at_ = std::min(end + (text_.substr(end, 2) == "\r\n" ? 2 : 1), text_.size());
  }
  return last_;
}

bool Builder::stop(Mark mark, std::string sentence, std::string expected) {
  diagnostics_.error(mark, std::move(sentence), std::move(expected));
  stopped_ = true;
  return false;
}

bool Builder::spend(const Size& size, Mark mark) {
  if (nodes_ + size.nodes > limits_.nodes || size.bytes > bytes_left_) {
    return stop(
        mark, "the file is too large once its aliases are followed",
        fmt::format("expected at most {} values and {} bytes of text in all", limits_.nodes, limits_.bytes));
  }
  if (static_cast<int>(frames_.size()) + size.depth > limits_.depth) {
    return stop(mark, "nested too deeply", fmt::format("expected at most {} levels", limits_.depth));
  }
  nodes_ += size.nodes;
  bytes_left_ -= size.bytes;
  return true;
}

bool Builder::remember(const std::string& anchor, const Node& node) {
  if (anchor.empty()) return true;
  const Size size = size_of(node);
  Size copy = size;
  copy.depth = 0;
  if (!spend(copy, node.mark)) return false;
  anchors_[anchor] = node;
  return true;
}

void Builder::refuse_tag(fy_token* tag) {
  if (tag == nullptr) return;
  diagnostics_.error(mark_of(fy_token_start_mark(tag)), "tags ('!…') are not supported",
                     "expected a plain value; quote text that begins with '!'");
}

bool Builder::take(const fy_event& event) {
  switch (event.type) {
    case FYET_DOCUMENT_START:
      if (++documents_ == 1) return true;
      return stop(mark_of(fy_event_start_mark(const_cast<fy_event*>(&event))),
                  "a second document begins here", "expected one document in the file");
    case FYET_MAPPING_START:
      return open(event, Kind::map, event.mapping_start.anchor, event.mapping_start.tag,
                  event.mapping_start.mapping_start);
    case FYET_SEQUENCE_START:
      return open(event, Kind::sequence, event.sequence_start.anchor, event.sequence_start.tag,
                  event.sequence_start.sequence_start);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
      return close();
    case FYET_SCALAR:
      return scalar(event);
    case FYET_ALIAS:
      return alias(event);
    default:
      return true;
  }
}

bool Builder::open(const fy_event& event, Kind kind, fy_token* anchor, fy_token* tag, fy_token* start) {
  refuse_tag(tag);
  const fy_mark* at = start != nullptr ? fy_token_start_mark(start) : nullptr;
  if (at == nullptr) at = fy_event_start_mark(const_cast<fy_event*>(&event));
  const Mark mark = mark_of(at);
  if (!spend({}, mark)) return false;
  Frame frame;
  frame.node.kind = kind;
  frame.node.mark = mark;
  frame.anchor = token_text(anchor);
  frame.is_key = wants_key();
  if (frame.is_key) {
    diagnostics_.error(mark, "a key must be plain text",
                       "expected a name; text that begins with '{' or '[' needs quotes");
  }
  if (!frame.anchor.empty()) unfinished_.insert(frame.anchor);
  frames_.push_back(std::move(frame));
  return true;
}

bool Builder::close() {
  if (frames_.empty()) throw Error("the YAML parser closed what it had not opened");
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  unfinished_.erase(frame.anchor);
  if (frame.is_key) {
    if (!frames_.empty()) frames_.back().has_key = frames_.back().drop_value = true;
    return true;
  }
  return value(std::move(frame.node), frame.anchor);
}

bool Builder::scalar(const fy_event& event) {
  const fy_event_scalar_data& data = event.scalar;
  refuse_tag(data.tag);
  Node node;
  const fy_mark* written = data.value != nullptr ? fy_token_start_mark(data.value) : nullptr;
  node.mark = written != nullptr ? mark_of(written) : mark_of_nothing();
  node.scalar = token_text(data.value);
  const fy_scalar_style style = data.value != nullptr ? fy_token_scalar_style(data.value) : FYSS_PLAIN;
  node.quoted = style != FYSS_PLAIN && style != FYSS_ANY;
  // libfyaml's marks stand behind the opening quote, and behind an alias's '*'.
  if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) --node.mark.column;
  if (!spend({1, node.scalar.size(), 1}, node.mark)) return false;
  if (wants_key()) {
    Node anchored = node;
    anchored.kind = Kind::scalar;
    return remember(token_text(data.anchor), anchored) &&
           key(std::move(node.scalar), !node.quoted, node.mark);
  }
  node.kind = !node.quoted && is_null(node.scalar) ? Kind::null : Kind::scalar;
  if (node.kind == Kind::null) node.scalar.clear();
  return value(std::move(node), token_text(data.anchor));
}

bool Builder::alias(const fy_event& event) {
  const std::string name = token_text(event.alias.anchor);
  Mark mark = mark_of(event.alias.anchor != nullptr ? fy_token_start_mark(event.alias.anchor) : nullptr);
  --mark.column;
  if (wants_key()) {
    diagnostics_.error(mark, fmt::format("the alias '*{}' stands for a key", name),
                       "expected the key itself");
    frames_.back().has_key = frames_.back().drop_value = true;
    return true;
  }
  if (unfinished_.contains(name)) {
    diagnostics_.error(mark, fmt::format("the alias '*{}' stands inside what it stands for", name),
                       "expected an alias of something complete");
    return value({}, {});
  }
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    std::vector<std::string> names;
    for (const auto& [anchor, node] : anchors_) names.push_back(anchor);
    const std::optional<std::string> near = nearest(name, names);
    diagnostics_.error(
        mark, fmt::format("the alias '*{}' has no anchor '&{}' before it", name, name),
        near ? fmt::format("did you mean '*{}'?", *near) : "expected an anchor in an earlier place");
    return value({}, {});
  }
  if (!spend(size_of(found->second), mark)) return false;
  return value(found->second, {});
}

bool Builder::key(std::string text, bool plain, Mark mark) {
  Frame& frame = frames_.back();
  frame.has_key = true;
  frame.drop_value = true;
  if (plain && text == "<<") {
    diagnostics_.error(mark, "merge keys ('<<') are not supported", "expected the keys themselves");
    return true;
  }
  if (text.empty()) {
    diagnostics_.error(mark, "a key is empty", "expected a name before the ':'");
    return true;
  }
  if (!frame.keys.insert(text).second) {
    const auto first = std::find_if(frame.node.entries.begin(), frame.node.entries.end(),
                                    [&](const Entry& entry) { return entry.key == text; });
    diagnostics_.error(mark, fmt::format("duplicate key '{}'", text),
                       fmt::format("expected each key once; the first is in line {}", first->key_mark.line));
    return true;
  }
  frame.drop_value = false;
  frame.node.entries.push_back({std::move(text), mark, {}});
  return true;
}

bool Builder::value(Node node, const std::string& anchor) {
  if (!remember(anchor, node)) return false;
  if (frames_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == Kind::sequence) {
    frame.node.items.push_back(std::move(node));
    return true;
  }
  if (!frame.drop_value) frame.node.entries.back().value = std::move(node);
  frame.has_key = frame.drop_value = false;
  return true;
}

std::string Builder::open_container() const {
  if (frames_.empty()) return {};
  const Node& node = frames_.back().node;
  return fmt::format("inside the {} that begins at {}:{}", node.kind == Kind::map ? "map" : "list",
                     node.mark.line, node.mark.column);
}

}  // namespace candor::yaml
