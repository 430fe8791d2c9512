// Text and binary forms of bytea, uuid, time, timetz, json, jsonb and arrays: what PostgreSQL 15
// says of given texts, and round trips of random values.
#include <gtest/gtest.h>

#include "runtime/base/random.h"
#include "runtime/types/types.h"

namespace lathe::types {
namespace {

std::string Reformat(const Type& type, std::string_view text) {
  Result<Value> value = ValueFromText(type, text);
  if (!value.ok()) {
    return std::string(SqlStateCode(value.error().state)) + " " + value.error().message +
           (value.error().detail.empty() ? "" : " | " + value.error().detail);
  }
  return value->ToString();
}

struct Case {
  Type type;
  const char* text;
  const char* expected;
};

TEST(Forms, AsPostgreSql) {
  const Type bytea(TypeId::kBytea), uuid(TypeId::kUuid), time(TypeId::kTime),
      timetz(TypeId::kTimeTz), json(TypeId::kJson), jsonb(TypeId::kJsonb),
      ints = Type::ArrayOf(TypeId::kInt4), texts = Type::ArrayOf(TypeId::kText);
  const Case cases[] = {
      {bytea, "\\xDEAD beef", "\\xdeadbeef"},
      {bytea, "a\\\\b\\001", "\\x615c6201"},
      {bytea, "\\xabc", "22023 invalid hexadecimal data: odd number of digits"},
      {bytea, "\\xzz", "22023 invalid hexadecimal digit: \"z\""},
      {bytea, "\\9", "22P02 invalid input syntax for type bytea"},
      {uuid, "{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {uuid, "a0eebc999c0b4ef8bb6d6bb9bd380a1",
       "22P02 invalid input syntax for type uuid: \"a0eebc999c0b4ef8bb6d6bb9bd380a1\""},
      {time, "04:05:06.789", "04:05:06.789"},
      {time, "040506", "04:05:06"},
      {time, "04:05 PM", "16:05:00"},
      {time, "24:00", "24:00:00"},
      {time, "24:00:01", "22008 date/time field value out of range: \"24:00:01\""},
      {time, "2003-03-07 15:36:39 America/New_York", "15:36:39"},
      {time, "nonsense", "22007 invalid input syntax for type time: \"nonsense\""},
      {timetz, "04:05:06-08:00", "04:05:06-08"},
      {timetz, "04:05:06.1+05:30", "04:05:06.1+05:30"},
      {timetz, "allballs", "00:00:00+00"},
      {json, " {\"a\" : [1, 2.50]} ", " {\"a\" : [1, 2.50]} "},
      {json, "{\"a\":x}", "22P02 invalid input syntax for type json | Token \"x\" is invalid."},
      {json, "[1,",
       "22P02 invalid input syntax for type json | The input string ended unexpectedly."},
      {json, "{\"a\" 1}",
       "22P02 invalid input syntax for type json | Expected \":\", but found \"1\"."},
      {json, "01", "22P02 invalid input syntax for type json | Token \"01\" is invalid."},
      {jsonb, "{\"bb\":1,\"a\":2.50,\"a\":1e2}", "{\"a\": 100, \"bb\": 1}"},
      {jsonb, "[null,true,\"\\u00e9\\n\"]", "[null, true, \"\u00e9\\n\"]"},
      {jsonb, "\"\\u0000\"",
       "22P05 unsupported Unicode escape sequence | \\u0000 cannot be converted to text."},
      {ints, " { 1 , NULL , 3 } ", "{1,NULL,3}"},
      {ints, "{{1,2},{3,4}}", "{{1,2},{3,4}}"},
      {ints, "[0:1]={1,2}", "[0:1]={1,2}"},
      {ints, "[2][1]={{1},{2}}", "{{1},{2}}"},
      {ints, "{{1,2},{3}}",
       "22P02 malformed array literal: \"{{1,2},{3}}\" | Multidimensional arrays must have "
       "sub-arrays with matching dimensions."},
      {ints, "{1,2", "22P02 malformed array literal: \"{1,2\" | Unexpected end of input."},
      {texts, "{\"a b\",\"\",\"NULL\",null,c\\,d}", "{\"a b\",\"\",\"NULL\",NULL,\"c,d\"}"},
      {texts, "{{},{}}",
       "22P02 malformed array literal: \"{{},{}}\" | Unexpected \"}\" character."},
      {texts, "{{a},b}", "22P02 malformed array literal: \"{{a},b}\" | Unexpected array element."},
      {texts, "{a,}", "22P02 malformed array literal: \"{a,}\" | Unexpected \"}\" character."},
      {texts, "{a\"b\"}",
       "22P02 malformed array literal: \"{a\"b\"}\" | Unexpected array element."},
      {ints, "[1:2]={1}",
       "22P02 malformed array literal: \"[1:2]={1}\" | Specified array dimensions do not match "
       "array contents."},
      {texts, "{a}b", "22P02 malformed array literal: \"{a}b\" | Junk after closing right brace."},
      {texts, "{{1,{2}},{2,3}}",
       "22P02 malformed array literal: \"{{1,{2}},{2,3}}\" | Unexpected \"{\" character."},
  };
  for (const Case& c : cases) EXPECT_EQ(Reformat(c.type, c.text), c.expected) << c.text;
}

Value RandomOf(const Type& type, base::Random* random) {
  Datum datum;
  std::string bytes;
  switch (type.id) {
    case TypeId::kBytea:
      for (uint64_t i = random->Below(20); i > 0; --i)
        bytes.push_back(static_cast<char>(random->Next()));
      break;
    case TypeId::kText:
      for (uint64_t i = random->Below(8); i > 0; --i)
        bytes.push_back("a\"\\{}, \n"[random->Below(8)]);
      break;
    case TypeId::kUuid:
      datum.i128 = static_cast<int128>(random->Next()) << 64 | random->Next();
      break;
    case TypeId::kTime:
      datum.i64 = random->Between(0, kMicrosPerDay);
      break;
    case TypeId::kTimeTz:
      datum.i64 = PackTimeTz({random->Between(0, kMicrosPerDay),
                              static_cast<int32_t>(random->Between(-57599, 57599))});
      break;
    case TypeId::kInt4:
      datum.i32 = static_cast<int32_t>(random->Next());
      break;
    case TypeId::kJsonb: {
      JsonNode node = JsonNode::Object();
      for (uint64_t i = random->Below(5); i > 0; --i) {
        JsonNode item = JsonNode::Array();
        item.items.push_back(JsonNode::Number(std::to_string(random->Between(-9, 9)) + ".50"));
        item.items.push_back(JsonNode::Bool(random->OneIn(2)));
        node.AddMember(std::string(random->Below(4), 'k'), std::move(item));
      }
      bytes = *EncodeJsonb(node);
      EXPECT_EQ(CheckJsonb(bytes), nullptr);
      break;
    }
    case TypeId::kArray: {
      ArrayBuilder builder(type.element);
      const auto rows = static_cast<int32_t>(random->Below(3));
      const ArrayDimension dimensions[2] = {{rows, 1},
                                            {2, static_cast<int32_t>(random->Between(0, 1))}};
      for (int32_t i = 0; i < rows * 2; ++i) {
        if (random->OneIn(4)) {
          builder.AddNull();
        } else {
          builder.Add(RandomOf(Type(type.element), random).datum());
        }
      }
      bytes = builder.Finish(dimensions);
      break;
    }
    default:
      ADD_FAILURE();
  }
  if (ReprOf(type) == Repr::kString) datum.string = {bytes.data(), bytes.size()};
  return Value::FromDatum(type, datum);
}

TEST(Forms, RoundTrips) {
  base::Random random(7);
  std::vector<Type> all;
  for (TypeId id : {TypeId::kBytea, TypeId::kUuid, TypeId::kTime, TypeId::kTimeTz, TypeId::kJsonb,
                    TypeId::kText, TypeId::kInt4}) {
    all.emplace_back(id);
    all.push_back(Type::ArrayOf(id));
  }
  for (int i = 0; i < 3000; ++i) {
    const Type& type = all[random.Below(all.size())];
    const Value value = RandomOf(type, &random);
    std::string text, binary;
    AppendText(type, value.datum(), FormatContext(), &text);
    AppendBinary(type, value.datum(), &binary);
    Result<Value> from_text = ValueFromText(type, text);
    Result<Value> from_binary = ValueFromBinary(type, binary);
    ASSERT_TRUE(from_text.ok()) << text << from_text.error().ToString();
    ASSERT_TRUE(from_binary.ok()) << text << from_binary.error().ToString();
    EXPECT_TRUE(value.Identical(*from_text)) << FormatType(type) << " " << text;
    EXPECT_TRUE(value.Identical(*from_binary)) << FormatType(type) << " " << text;
    EXPECT_EQ(CompareByType(type, value.datum(), from_text->datum()), 0);
    EXPECT_EQ(HashByType(type, value.datum()), HashByType(type, from_text->datum()));
  }
}

/// Bytes that are cut off or changed never crash the readers.
TEST(Forms, BrokenBinary) {
  base::Random random(8);
  for (int i = 0; i < 2000; ++i) {
    const Type type =
        random.OneIn(2) ? Type::ArrayOf(TypeId::kJsonb) : Type::ArrayOf(TypeId::kUuid);
    const Value value = RandomOf(type, &random);
    std::string binary;
    AppendBinary(type, value.datum(), &binary);
    if (random.OneIn(2)) binary.resize(random.Below(binary.size() + 1));
    if (!binary.empty()) binary[random.Below(binary.size())] = static_cast<char>(random.Next());
    static_cast<void>(ValueFromBinary(type, binary));
    std::string form(value.AsString());
    form[random.Below(form.size())] = static_cast<char>(random.Next());
    static_cast<void>(CheckJsonb(form));
  }
}

TEST(Order, TimeTzAndJsonb) {
  auto order = [](const Type& type, const char* a, const char* b) {
    return CompareByType(type, ValueFromText(type, a)->datum(), ValueFromText(type, b)->datum());
  };
  const Type timetz(TypeId::kTimeTz), jsonb(TypeId::kJsonb), uuid(TypeId::kUuid);
  EXPECT_EQ(order(timetz, "12:00+00", "13:00+02"), 1);
  EXPECT_EQ(order(timetz, "12:00+00", "14:00+02"), 1);  // the same instant: west is greater
  EXPECT_EQ(order(timetz, "12:00+00", "12:00+00"), 0);
  EXPECT_EQ(
      order(uuid, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
      -1);
  const char* ascending[] = {
      "[]",   "null", "\"a\"",  "\"b\"", "1",          "2.0",        "false",
      "true", "[1]",  "[1, 2]", "{}",    "{\"a\": 1}", "{\"a\": 2}", "{\"a\": 1, \"b\": 1}"};
  for (size_t i = 0; i < std::size(ascending); ++i) {
    for (size_t k = 0; k < std::size(ascending); ++k) {
      EXPECT_EQ(order(jsonb, ascending[i], ascending[k]), i < k   ? -1
                                                          : i > k ? 1
                                                                  : 0)
          << ascending[i] << " " << ascending[k];
    }
  }
  EXPECT_EQ(order(jsonb, "1.0", "1.00"), 0);
}

}  // namespace
}  // namespace lathe::types
