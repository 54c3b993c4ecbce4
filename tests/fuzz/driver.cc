// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz entry without a fuzzing engine, so that corpora are replayed by g++ builds and ctest: every
// file named or in a folder named, and then `--mutations N` variants of each, the same ones every time. An
// input that breaks the entry breaks the process; it is left in `crash-input` in the working folder.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The file that holds the input being run, so that it is there however the process ends.
class LastInput {
 public:
  LastInput() : fd_(::open(kName, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;
  ~LastInput() {
    ::close(fd_);
    ::unlink(kName);
  }
  void run(const Input& input) const {
    const bool kept = ::ftruncate(fd_, 0) == 0 &&
                      ::pwrite(fd_, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size());
    if (!kept) std::fprintf(stderr, "%s cannot be written\n", kName);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }

 private:
  static constexpr const char* kName = "crash-input";
  int fd_;
};

// One to eight changes: a bit, a byte, a cut, a doubled or a removed stretch.
Input mutated(Input input, std::mt19937& random) {
  const auto below = [&random](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (std::size_t changes = 1 + below(8); changes > 0 && !input.empty(); --changes) {
    const std::size_t at = below(input.size());
    const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto stretch = static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(input.size() - at, 64)));
    switch (random() % 5) {
      case 0:
        input[at] = static_cast<std::uint8_t>(input[at] ^ (1U << random() % 8));
        break;
      case 1:
        input[at] = static_cast<std::uint8_t>(random());
        break;
      case 2:
        input.resize(at);
        break;
      case 3: {
        const Input copy(here, here + stretch);
        input.insert(here, copy.begin(), copy.end());
        break;
      }
      default:
        input.erase(here, here + stretch);
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  unsigned long mutations = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--mutations" && i + 1 < argc) {
      mutations = std::strtoul(argv[++i], nullptr, 10);
      continue;
    }
    const auto more = files_of(argv[i]);
    files.insert(files.end(), more.begin(), more.end());
  }
  if (files.empty()) {
    std::fprintf(stderr, "no inputs: name files or folders\n");
    return 1;
  }
  const LastInput last;
  std::mt19937 random(1);
  for (const auto& file : files) {
    const Input input = read(file);
    last.run(input);
    for (unsigned long i = 0; i < mutations; ++i) last.run(mutated(input, random));
  }
  std::printf("%zu inputs, %lu mutations of each\n", files.size(), mutations);
  return 0;
}
