// Result, ByteReader and MemoryBudget: what the rest relies on without looking.
#include "runtime/base/base.h"

#include <gtest/gtest.h>

namespace lathe {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return MakeError(SqlState::kDataException, "odd", 7);
  return n / 2;
}
Result<int> Quarter(int n) {
  LATHE_ASSIGN(int half, Half(n));
  return Half(half);
}

TEST(Result, CarriesValueOrError) {
  EXPECT_EQ(*Quarter(8), 2);
  Result<int> bad = Quarter(6);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(SqlStateCode(bad.error().state), "22000");
  EXPECT_EQ(bad.error().position, 7);
}

TEST(ByteReader, StopsAtTheEnd) {
  std::string bytes;
  AppendVarint(&bytes, 300);
  AppendLittle<uint32_t>(&bytes, 42);
  AppendLengthPrefixed(&bytes, "abc");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Varint(), 300u);
  EXPECT_EQ(reader.Little<uint32_t>(), 42u);
  EXPECT_EQ(reader.LengthPrefixed(), "abc");
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_EQ(reader.Little<uint64_t>(), 0u);
  EXPECT_FALSE(reader.ok());
}

TEST(MemoryBudget, RefusesPastTheLimitAndReleasesToTheParent) {
  base::MemoryBudget server(100);
  {
    base::MemoryBudget query(80, &server);
    EXPECT_TRUE(query.TryCharge(60));
    EXPECT_FALSE(query.TryCharge(30));
    EXPECT_EQ(query.Charge(30).error().state, SqlState::kOutOfMemory);
    EXPECT_EQ(server.used_bytes(), 60u);
  }
  EXPECT_EQ(server.used_bytes(), 0u);
}

}  // namespace
}  // namespace lathe
