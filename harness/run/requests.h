// SPDX-License-Identifier: Apache-2.0
//
// Searches what the heads of HTTP requests say when they are put together over all requests to one host
// (capture/request_carriers.h), in the order in which the internet probe received them.
#pragma once

#include <cstdint>
#include <vector>

#include "model/evidence.h"
#include "recognise/recogniser.h"
#include "run/folder.h"

namespace candor::run {

/// Where a request stands.
struct RequestPlace {
  std::int64_t stream = 0;
  std::uint64_t offset = 0;
};

/// Adds what is found to the streams it begins in, unless they have it already, and to the losses what could
/// not be followed. Of `requests` those that stand in no stream of the evidence are left out: such a stream
/// is on record as lost. Never throws for what the run folder holds.
void search_requests(const FolderPaths& paths, const recognise::Recogniser& recogniser,
                     const std::vector<RequestPlace>& requests, model::Evidence& evidence);

}  // namespace candor::run
