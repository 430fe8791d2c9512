// A short run of the fuzzer's body, so that it is compiled and tried with every test run.
#include <gtest/gtest.h>

#include "storage/keyspace/key_fuzz.cc"  // NOLINT(bugprone-suspicious-include)

namespace lathe::keyspace {
namespace {

TEST(KeyFuzz, HoldsForRandomBytes) {
  base::Random random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string input(1 + random.Below(24), '\0');
    for (char& c : input) c = static_cast<char>(random.OneIn(2) ? random.Below(8) : random.Next());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
}

}  // namespace
}  // namespace lathe::keyspace
