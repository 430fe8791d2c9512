// Random values, layouts and rows for tests and fuzzers of storage: small ranges and special
// values, so that equal, neighbouring and extreme values come often.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/row/row_buffer.h"
#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/numeric.h"
#include "runtime/types/value.h"

namespace lathe::keyspace {

/// Every type that can be part of a key.
inline std::vector<types::Type> KeyTypes() {
  using types::Type;
  using types::TypeId;
  std::vector<Type> types;
  for (TypeId id : {TypeId::kBool, TypeId::kChar, TypeId::kName, TypeId::kInt8, TypeId::kInt2,
                    TypeId::kInt4, TypeId::kText, TypeId::kOid, TypeId::kFloat4, TypeId::kFloat8,
                    TypeId::kVarchar, TypeId::kDate, TypeId::kTimestamp, TypeId::kTimestampTz,
                    TypeId::kInterval, TypeId::kNumeric, TypeId::kRegclass}) {
    types.push_back(Type(id));
  }
  types.push_back(Type::FixedNumeric(9, 2));
  types.push_back(Type::FixedNumeric(30, 5));
  types.push_back(Type(TypeId::kBpChar, 4 + 6));
  for (TypeId id : {TypeId::kBytea, TypeId::kUuid, TypeId::kTime, TypeId::kTimeTz, TypeId::kJsonb})
    types.push_back(Type(id));
  for (TypeId id : {TypeId::kInt4, TypeId::kText, TypeId::kNumeric, TypeId::kFloat8, TypeId::kUuid,
                    TypeId::kJsonb}) {
    types.push_back(Type::ArrayOf(id));
  }
  return types;
}

inline std::string RandomText(base::Random* random, size_t length_max) {
  static constexpr char kAlphabet[] = {'\0', '\1', '\2', ' ', 'a', 'b', '\x7f', '\x80', '\xff'};
  std::string text(random->Below(length_max + 1), ' ');
  for (char& c : text) c = kAlphabet[random->Below(sizeof kAlphabet)];
  return text;
}

inline int64_t RandomInteger(base::Random* random, int64_t min, int64_t max) {
  switch (random->Below(4)) {
    case 0:
      return random->Between(-3, 3);
    case 1:
      return random->OneIn(2) ? min : max;
    case 2:
      return random->Between(-300, 300) * 256;
    default:
      return random->Between(min, max);
  }
}

inline double RandomDouble(base::Random* random) {
  static const double kSpecial[] = {0.0,
                                    -0.0,
                                    1.0,
                                    -1.0,
                                    std::numeric_limits<double>::infinity(),
                                    -std::numeric_limits<double>::infinity(),
                                    std::numeric_limits<double>::quiet_NaN(),
                                    -std::numeric_limits<double>::quiet_NaN(),
                                    std::numeric_limits<double>::denorm_min(),
                                    1e300,
                                    -1e300};
  if (random->OneIn(2)) return kSpecial[random->Below(std::size(kSpecial))];
  return static_cast<double>(random->Between(-1000, 1000)) / 8;
}

inline types::Numeric RandomNumeric(base::Random* random) {
  switch (random->Below(8)) {
    case 0:
      return types::Numeric::NaN();
    case 1:
      return types::Numeric::Infinity(random->OneIn(2));
    case 2:
      return types::Numeric::FromInt64(random->Between(-3, 3));
    case 3: {
      std::string text = random->OneIn(2) ? "-" : "";
      for (uint64_t i = random->Below(40) + 1; i > 0; --i) {
        text += static_cast<char>('0' + (random->OneIn(2) ? 0 : random->Below(10)));
      }
      text += '.';
      for (uint64_t i = random->Below(30) + 1; i > 0; --i) {
        text += static_cast<char>('0' + (random->OneIn(2) ? 0 : random->Below(10)));
      }
      return *types::Numeric::Parse(text);
    }
    default:
      return types::Numeric::FromFixed(random->Between(-100000, 100000),
                                       static_cast<int>(random->Below(8)));
  }
}

inline types::JsonNode RandomJson(base::Random* random, int depth) {
  switch (random->Below(depth > 2 ? 4 : 6)) {
    case 0:
      return types::JsonNode();
    case 1:
      return types::JsonNode::Bool(random->OneIn(2));
    case 2:
      return types::JsonNode::String(RandomText(random, 4));
    case 3: {
      const types::Numeric number = RandomNumeric(random);
      return types::JsonNode::Number(number.is_finite() ? number.ToText() : "1.50");
    }
    default: {
      const bool object = random->OneIn(2);
      types::JsonNode node = object ? types::JsonNode::Object() : types::JsonNode::Array();
      for (uint64_t i = random->Below(4); i > 0; --i) {
        if (object) {
          node.AddMember(RandomText(random, 2), RandomJson(random, depth + 1));
        } else {
          node.items.push_back(RandomJson(random, depth + 1));
        }
      }
      return node;
    }
  }
}

inline types::Value RandomValue(const types::Type& type, base::Random* random,
                                size_t text_bytes_max = 6);

/// The bytes of an array of up to three elements in each of up to two dimensions.
inline std::string RandomArray(types::TypeId element, base::Random* random) {
  std::vector<types::ArrayDimension> dimensions;
  uint64_t count = 1;
  for (uint64_t i = random->Below(3); i > 0; --i) {
    const auto length = static_cast<int32_t>(random->Below(3) + 1);
    dimensions.push_back(
        {length, random->OneIn(3) ? static_cast<int32_t>(random->Between(-2, 2)) : 1});
    count *= static_cast<uint64_t>(length);
  }
  types::ArrayBuilder builder(element);
  for (uint64_t i = dimensions.empty() ? 0 : count; i > 0; --i) {
    if (random->OneIn(5)) {
      builder.AddNull();
    } else {
      builder.Add(RandomValue(types::Type(element), random).datum());
    }
  }
  return builder.Finish(dimensions);
}

/// Never NULL.
inline types::Value RandomValue(const types::Type& type, base::Random* random,
                                size_t text_bytes_max) {
  types::Datum datum;
  std::string bytes;
  switch (types::ReprOf(type)) {
    case types::Repr::kBool:
      datum.b = random->OneIn(2);
      break;
    case types::Repr::kI8:
      datum.i8 = static_cast<int8_t>(random->Next());
      break;
    case types::Repr::kI16:
      datum.i16 = static_cast<int16_t>(RandomInteger(random, INT16_MIN, INT16_MAX));
      break;
    case types::Repr::kI32:
      datum.i32 = static_cast<int32_t>(RandomInteger(random, INT32_MIN, INT32_MAX));
      break;
    case types::Repr::kI64:
      datum.i64 = RandomInteger(random, INT64_MIN, INT64_MAX);
      break;
    case types::Repr::kI128:
      datum.i128 = static_cast<types::int128>(RandomInteger(random, INT64_MIN, INT64_MAX)) *
                       (random->OneIn(2) ? 1 : 1000000007) +
                   random->Between(-2, 2);
      break;
    case types::Repr::kF32:
      datum.f32 = static_cast<float>(RandomDouble(random));
      break;
    case types::Repr::kF64:
      datum.f64 = RandomDouble(random);
      break;
    case types::Repr::kInterval:
      datum.interval.months = static_cast<int32_t>(RandomInteger(random, INT32_MIN, INT32_MAX));
      datum.interval.days = static_cast<int32_t>(RandomInteger(random, INT32_MIN, INT32_MAX));
      datum.interval.micros = RandomInteger(random, INT64_MIN, INT64_MAX);
      if (random->OneIn(2)) {
        datum.interval = {random->Between(-2, 2) * 86'400'000'000,
                          static_cast<int32_t>(random->Between(-60, 60)),
                          static_cast<int32_t>(random->Between(-2, 2))};
      }
      break;
    case types::Repr::kString:
      if (type.id == types::TypeId::kNumeric) {
        bytes = RandomNumeric(random).Encode();
      } else if (type.id == types::TypeId::kArray) {
        bytes = RandomArray(type.element, random);
      } else if (type.id == types::TypeId::kJsonb) {
        bytes = *types::EncodeJsonb(RandomJson(random, 0));
      } else {
        bytes = RandomText(random, text_bytes_max);
      }
      datum.string = {bytes.data(), bytes.size()};
      break;
  }
  return types::Value::FromDatum(type, datum);
}

/// Fields of random types, some nullable.
inline row::Layout RandomLayout(base::Random* random, size_t fields) {
  const std::vector<types::Type> types = KeyTypes();
  std::vector<row::FieldSpec> specs;
  for (size_t i = 0; i < fields; ++i) {
    specs.push_back({types[random->Below(types.size())], random->OneIn(2)});
  }
  return row::Layout::Make(specs);
}

/// A row as values; NULL where the field allows it, now and then.
inline std::vector<types::Value> RandomRow(const row::Layout& layout, base::Random* random,
                                           size_t text_bytes_max = 6) {
  std::vector<types::Value> values;
  for (const row::Field& field : layout.fields()) {
    const bool null = field.null_bit >= 0 && random->OneIn(4);
    values.push_back(null ? types::Value::Null(field.type)
                          : RandomValue(field.type, random, text_bytes_max));
  }
  return values;
}

/// Values as PageBuilder and RowBuffer take them; views into the values.
struct RowDatums {
  std::vector<types::Datum> datums;
  std::unique_ptr<bool[]> nulls;
};
inline RowDatums DatumsOf(const std::vector<types::Value>& values) {
  RowDatums row;
  row.datums.resize(values.size());
  row.nulls = std::make_unique<bool[]>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    row.nulls[i] = values[i].is_null();
    if (!values[i].is_null()) row.datums[i] = values[i].datum();
  }
  return row;
}

/// Appends rows of values to a buffer.
inline void AppendValues(const std::vector<types::Value>& values, row::RowBuffer* buffer) {
  const RowDatums row = DatumsOf(values);
  LATHE_CHECK(buffer->AppendRow(row.datums.data(), row.nulls.get()));
}

}  // namespace lathe::keyspace
