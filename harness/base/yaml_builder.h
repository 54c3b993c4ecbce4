// SPDX-License-Identifier: Apache-2.0
//
// Internal to yaml.cc: libfyaml's events become Nodes under Limits. libfyaml's documents are
// not used: building and resolving them follows aliases without a bound and stops at the first duplicate key.
//
// An anchor's node is kept, and an alias gets a copy; both are paid for from one budget of nodes and one of
// bytes before they are made, so a file cannot grow by more than a constant factor in memory or time.
#pragma once

#include <libfyaml.h>

#include <map>
#include <set>

#include "base/yaml.h"

namespace candor::yaml {

/// A subtree's price.
struct Size {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  int depth = 1;
};

/// One pass over the events. stopped() once reading on makes no sense.
class Builder {
 public:
  Builder(std::string_view text, Diagnostics& diagnostics, const Limits& limits)
      : text_(text), diagnostics_(diagnostics), limits_(limits), bytes_left_(limits.bytes) {}

  /// False once it has stopped.
  bool take(const fy_event& event);
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] Node take_root() { return std::move(root_); }
  /// "inside the list that begins at 3:8", for errors that are seen only at the end of the file.
  [[nodiscard]] std::string open_container() const;

 private:
  struct Frame {
    Node node;
    std::string anchor;
    std::set<std::string> keys;
    bool is_key = false;      ///< This container stands where a key should: read over, then dropped.
    bool has_key = false;     ///< A map: the last entry still waits for its value.
    bool drop_value = false;  ///< Its key was refused.
  };

  bool open(const fy_event& event, Kind kind, fy_token* anchor, fy_token* tag, fy_token* start);
  bool close();
  bool scalar(const fy_event& event);
  bool alias(const fy_event& event);
  bool key(std::string text, bool plain, Mark mark);
  bool value(Node node, const std::string& anchor);
  bool remember(const std::string& anchor, const Node& node);
  bool spend(const Size& size, Mark mark);
  void refuse_tag(fy_token* tag);
  bool stop(Mark mark, std::string sentence, std::string expected);
  [[nodiscard]] bool wants_key() const {
    return !frames_.empty() && frames_.back().node.kind == Kind::map && !frames_.back().has_key;
  }
  Mark mark_of(const fy_mark* mark);
  Mark mark_of_nothing();

  std::string_view text_;
  Diagnostics& diagnostics_;
  Limits limits_;
  std::size_t nodes_ = 0;
  std::size_t bytes_left_;
  std::vector<Frame> frames_;
  std::map<std::string, Node> anchors_;
  std::set<std::string> unfinished_;  ///< Anchors of open containers.
  Node root_;
  Mark last_;
  std::size_t at_ = 0;    ///< mark_of_nothing: where it looks for dashes,
  int lines_passed_ = 0;  ///< behind so many lines.
  int documents_ = 0;
  bool stopped_ = false;
};

}  // namespace candor::yaml
