// SPDX-License-Identifier: Apache-2.0
#include "collect/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <utility>

#include "base/error.h"

namespace candor::collect {

Mailbox::Mailbox() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw errno_error("making an eventfd");
}

bool Mailbox::post(Work work) {
  const std::lock_guard lock(mutex_);
  if (shut_) return false;
  works_.push_back(std::move(work));
  const std::uint64_t one = 1;
  // The counter cannot overflow, so the write cannot fail.
  if (write(wake_.get(), &one, sizeof one) != sizeof one) throw errno_error("waking the collector");
  return true;
}

std::deque<Mailbox::Work> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  // Empty (EAGAIN) is as good as read: the queue says what there is to do.
  [[maybe_unused]] const ssize_t got = read(wake_.get(), &count, sizeof count);
  return std::exchange(works_, {});
}

void Mailbox::run() {
  std::exception_ptr first;
  for (Work& work : take()) {
    try {
      work();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

void Mailbox::shut() {
  std::deque<Work> dropped;
  const std::lock_guard lock(mutex_);
  shut_ = true;
  dropped.swap(works_);
}

}  // namespace candor::collect
