// Names and facts of types.
#include "runtime/types/type.h"

#include <gtest/gtest.h>

namespace lathe::types {
namespace {

TEST(Type, NumericColumns) {
  EXPECT_EQ(ReprOf(Type::NumericColumn(15, 2)), Repr::kI64);
  EXPECT_EQ(ReprOf(Type::NumericColumn(38, 10)), Repr::kI128);
  EXPECT_TRUE(Type::NumericColumn(40, 2).is_big_numeric());
  EXPECT_TRUE(Type::NumericColumn(5, -2).is_big_numeric());
  EXPECT_EQ(FormatType(Type::NumericColumn(15, 2)), "numeric(15,2)");
  EXPECT_EQ(FormatType(Type::NumericColumn(5, -2)), "numeric(5,-2)");
}

TEST(Type, Names) {
  Type type;
  EXPECT_TRUE(TypeFromName("int", &type) && type == Type(TypeId::kInt4));
  EXPECT_TRUE(TypeFromName("_text", &type) && type == Type::ArrayOf(TypeId::kText));
  EXPECT_FALSE(TypeFromName("nosuch", &type));
  EXPECT_EQ(FormatType(Type(TypeId::kVarchar, 14)), "character varying(10)");
  EXPECT_EQ(FormatType(Type(TypeId::kTimestampTz, 3)), "timestamp(3) with time zone");
  EXPECT_EQ(FormatType(Type::ArrayOf(TypeId::kInt4)), "integer[]");
}

TEST(Type, Oids) {
  Type type;
  EXPECT_EQ(OidOf(Type(TypeId::kInt4)).value, 23u);
  EXPECT_EQ(OidOf(Type::ArrayOf(TypeId::kInt4)).value, 1007u);
  EXPECT_TRUE(TypeFromOid(Oid(1009), &type) && type == Type::ArrayOf(TypeId::kText));
  EXPECT_FALSE(TypeFromOid(Oid(600), &type));
}

}  // namespace
}  // namespace lathe::types
