// A short run of the fuzzer's body over random and half-right bytes, so that it is compiled and
// tried with every test run.
#include <gtest/gtest.h>

#include "storage/page/page_fuzz.cc"

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
  for (int round = 0; round < 3000; ++round) {
    const uint8_t choice = static_cast<uint8_t>(random.Next());
    base::Random layout_random(choice);
    const row::Layout layout = keyspace::RandomLayout(&layout_random, 1 + layout_random.Below(5));
    struct Sink : PageSink {
      Status OnPage(const BuiltPage& page) override {
        bytes = page.view();
        return Ok();
      }
      std::string bytes;
    } sink;
    PageBuilder builder(&layout, 1, 1 << 16, &sink);
    for (uint64_t rows = random.Below(8) + 1; rows > 0; --rows) {
      const auto values = keyspace::RandomRow(layout, &random, 12);
      const auto datums = keyspace::DatumsOf(values);
      ASSERT_TRUE(builder.AppendDatums(datums.datums.data(), datums.nulls.get()).ok());
    }
    ASSERT_TRUE(builder.Finish().ok());
    std::string input("\0\0", 2);
    input[1] = static_cast<char>(choice);
    input += sink.bytes;
    for (uint64_t flips = random.Below(4); flips > 0; --flips) {
      input[2 + random.Below(input.size() - 2)] = static_cast<char>(random.Next());
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  }
}

}  // namespace
}  // namespace lathe::page
