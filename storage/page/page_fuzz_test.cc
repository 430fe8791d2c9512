// A short run of the fuzzer's body over random and half-right bytes, so that it is compiled and
// tried with every test run.
#include <gtest/gtest.h>

#include "storage/page/page_fuzz.cc"  // NOLINT(bugprone-suspicious-include)

namespace lathe::page {
namespace {

TEST(PageFuzz, HoldsForRandomBytes) {
  base::Random random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string input(2 + random.Below(random.OneIn(4) ? 400 : 130), '\0');
    // Mostly zeros and small numbers: lengths and offsets that lead somewhere.
    for (char& c : input) {
      if (random.OneIn(3)) c = static_cast<char>(random.OneIn(2) ? random.Below(8) : random.Next());
    }
    input[0] = static_cast<char>(round);
    input[1] = static_cast<char>(random.Next());
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
}

TEST(PageFuzz, HoldsForDamagedPages) {
  base::Random random(2);
  for (int round = 0; round < 5000; ++round) {
    std::string input(2 + 3 * random.Below(5), '\0');
    for (char& c : input) c = static_cast<char>(random.OneIn(3) ? random.Below(8) : random.Next());
    input[0] = static_cast<char>(kDamaged + random.Below(128));
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
}

TEST(PageFuzz, WhatItDamagesIsValid) {
  for (int choice = 0; choice < 256; ++choice) {
    const Setting& setting = SettingFor(static_cast<uint8_t>(choice));
    EXPECT_TRUE(ValidatePage(setting.page, setting.layout, 1).ok());
    EXPECT_TRUE(ValidateRowImage(setting.image, setting.layout).ok());
  }
}

}  // namespace
}  // namespace lathe::page
