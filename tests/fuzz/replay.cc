// The main of a fuzz target built without libFuzzer: runs every seed and a fixed number of
// mutations of the seeds. The same arguments give the same inputs. An input that ends the process
// is written to crash-PROGRAM first.
//
//   fuzz_NAME [--mutations N] [--seed S] FILE_OR_FOLDER...
#include <fcntl.h>
#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace lathe {
namespace {

constexpr size_t kInputBytesMax = 4096;

std::string current;     // the input that runs
std::string crash_path;  // where it goes when it ends the process

void OnCrash(int signal) {
  int fd = open(crash_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd >= 0) {
    if (write(fd, current.data(), current.size()) < 0) _exit(3);
    close(fd);
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void Run(std::string input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
}

/// One small change: a bit, a byte, an interesting number, a part doubled, removed or taken from
/// another seed.
void MutateOnce(const std::vector<std::string>& seeds, base::Random* random, std::string* input) {
  static constexpr uint32_t kNumbers[] = {0,          1,          0x7f,       0xff,
                                          0x7fff,     0xffff,     0x7fffffff, 0xffffffff,
                                          0x80000000, 0x01000000, 0x00010000, 4};
  if (input->empty()) {
    input->push_back(static_cast<char>(random->Next()));
    return;
  }
  const size_t at = random->Below(input->size());
  const size_t length = 1 + random->Below(std::min<size_t>(input->size() - at, 32));
  switch (random->Below(8)) {
    case 0:
      (*input)[at] = static_cast<char>((*input)[at] ^ (1 << random->Below(8)));
      break;
    case 1:
      (*input)[at] = static_cast<char>(random->Next());
      break;
    case 2:
      input->erase(at, length);
      break;
    case 3:
      input->insert(at, input->substr(at, length));
      break;
    case 4:
      input->insert(at, 1, "\0\n\r\t\"'\\.,$;()-/*%eE09"[random->Below(22)]);
      break;
    case 5: {
      const uint32_t number = kNumbers[random->Below(std::size(kNumbers))];
      for (size_t i = 0; i < 4 && at + i < input->size(); ++i) {
        (*input)[at + i] = static_cast<char>(number >> (8 * i));
      }
      break;
    }
    case 6:
      input->resize(at);
      break;
    default: {
      const std::string& other = seeds[random->Below(seeds.size())];
      if (other.empty()) break;
      const size_t from = random->Below(other.size());
      input->insert(at, other, from, 1 + random->Below(64));
    }
  }
  if (input->size() > kInputBytesMax) input->resize(kInputBytesMax);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int Main(int argc, char** argv) {
  uint64_t mutations = 0, seed = 1;
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if ((argument == "--mutations" || argument == "--seed") && i + 1 < argc) {
      (argument == "--seed" ? seed : mutations) = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::directory_iterator(argument))
        paths.push_back(entry.path());
    } else {
      paths.emplace_back(argument);
    }
  }
  std::sort(paths.begin(), paths.end());
  crash_path = "crash-" + std::filesystem::path(argv[0]).filename().string();
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) std::signal(signal, OnCrash);

  std::vector<std::string> seeds;
  for (const std::filesystem::path& path : paths) seeds.push_back(ReadFile(path));
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds\n");
    return 2;
  }
  for (const std::string& input : seeds) Run(input);
  base::Random random(seed);
  for (uint64_t i = 0; i < mutations; ++i) {
    std::string input = seeds[random.Below(seeds.size())];
    const uint64_t changes = 1 + random.Below(6);
    for (uint64_t c = 0; c < changes; ++c) MutateOnce(seeds, &random, &input);
    Run(std::move(input));
  }
  std::printf("%zu seeds, %llu mutations\n", seeds.size(),
              static_cast<unsigned long long>(mutations));
  return 0;
}

}  // namespace
}  // namespace lathe

int main(int argc, char** argv) { return lathe::Main(argc, argv); }
