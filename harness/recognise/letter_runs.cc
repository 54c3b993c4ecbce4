// SPDX-License-Identifier: Apache-2.0
#include "recognise/letter_runs.h"

namespace candor::recognise {

namespace {

bool is_break(std::uint8_t c) { return c == '\n' || c == '\r'; }
bool is_indent(std::uint8_t c) { return c == ' ' || c == '\t'; }

}  // namespace

std::size_t first_line(ByteView layer, std::size_t begin, std::size_t end, std::size_t from,
                       const LetterRuns& wanted) {
  if (end - begin < wanted.line) return begin;
  std::size_t at = begin;
  while (at > from && is_indent(layer[at - 1])) --at;
  if (at == from || !is_break(layer[at - 1])) return begin;
  while (at > from && is_break(layer[at - 1])) --at;
  if (at == from || !wanted.letters.has(layer[at - 1])) return begin;
  // Only the very first line is shorter than those that are found by themselves.
  while (at > from && wanted.letters.has(layer[at - 1])) --at;
  return at;
}

std::size_t last_line(ByteView layer, std::size_t begin, std::size_t end, const LetterRuns& wanted) {
  while (end - begin >= wanted.line) {
    std::size_t at = end;
    while (at < layer.size() && is_break(layer[at])) ++at;
    if (at == end) return end;
    while (at < layer.size() && is_indent(layer[at])) ++at;
    if (at == layer.size() || !wanted.letters.has(layer[at])) return end;
    begin = at;
    while (at < layer.size() && wanted.letters.has(layer[at])) ++at;
    end = at;
  }
  return end;
}

}  // namespace candor::recognise
