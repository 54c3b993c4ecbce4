// SPDX-License-Identifier: Apache-2.0
#include "run/requests.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "capture/request_carriers.h"
#include "judge/words.h"

namespace candor::run {

namespace {

/// The request that stands there; false if none does.
bool add_request(capture::RequestCarriers& carriers, const model::Stream& stream, std::size_t id,
                 ByteView rest) {
  bool there = false;
  capture::for_each_request(rest, [&](const capture::HttpRequest& request) {
    carriers.add(judge::host_of(stream), id, request);
    there = true;
    return false;
  });
  return there;
}

bool same(const model::Hit& a, const model::Hit& b) {
  return a.kind == b.kind && a.document == b.document && a.what == b.what;
}

}  // namespace

void search_requests(const FolderPaths& paths, const recognise::Recogniser& recogniser,
                     const std::vector<RequestPlace>& requests, model::Evidence& evidence) {
  std::map<std::int64_t, std::size_t> by_number;
  for (std::size_t i = 0; i < evidence.streams.size(); ++i)
    if (evidence.streams[i].ended && evidence.streams[i].bytes > 0) by_number[evidence.streams[i].number] = i;
  capture::RequestCarriers carriers([&](ByteView bytes) { return recogniser.search(bytes); },
                                    [&](ByteView bytes) { return recogniser.search_as_it_stands(bytes); });
  for (const RequestPlace& place : requests) {
    const auto known = by_number.find(place.stream);
    if (known == by_number.end()) continue;
    const model::Stream& stream = evidence.streams[known->second];
    bool there = false;
    try {
      const MappedFile file(paths.streams() / stream.sha256);
      there = place.offset < file.bytes().size() &&
              add_request(carriers, stream, known->second, file.bytes().subspan(place.offset));
    } catch (const Error&) {
      continue;  // whoever searched the stream said so
    }
    if (!there)
      evidence.losses.push_back("no request stands where one was reported in stream " +
                                std::to_string(stream.number));
  }
  for (capture::RequestFinding& found : carriers.finish()) {
    std::vector<model::Hit>& hits = evidence.streams[found.id].found.hits;
    const bool known =
        std::any_of(hits.begin(), hits.end(), [&](const auto& hit) { return same(hit, found.hit); });
    if (!known) hits.push_back(std::move(found.hit));
  }
  if (!carriers.complete())
    evidence.losses.push_back("too many kinds of requests to put all of their heads together");
  if (!carriers.problem().empty()) evidence.losses.push_back(carriers.problem());
}

}  // namespace candor::run
