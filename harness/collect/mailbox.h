// SPDX-License-Identifier: Apache-2.0
//
// The one door into the collector's thread: closures put in by any thread, run by that thread in order. Once
// shut, closures are refused, and those that were not run are destroyed, which breaks the promises they hold.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "base/fd.h"

namespace candor::collect {

class Mailbox {
 public:
  using Work = std::function<void()>;

  Mailbox();
  /// False, and `work` is dropped, once shut.
  bool post(Work work);
  /// Runs all that is there, then throws the first exception any of it threw; on the collector's thread only.
  void run();
  void shut();
  /// Readable while work waits.
  [[nodiscard]] int fd() const { return wake_.get(); }

 private:
  [[nodiscard]] std::deque<Work> take();

  UniqueFd wake_;
  std::mutex mutex_;
  std::deque<Work> works_;
  bool shut_ = false;
};

}  // namespace candor::collect
