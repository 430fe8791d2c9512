// What a type made by the user consists of: the labels of an enum, the fields of a composite type
// or of an anonymous row. Equal shapes are one object that lives for ever, so that a Type can
// point to it and be compared by it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/types/type.h"

namespace lathe::types {

struct Shape {
  enum class Kind : uint8_t { kRecord, kEnum };
  struct Label {
    int64_t value = 0;  // what is stored; in the labels' order
    std::string text;
    bool operator==(const Label&) const = default;
  };
  struct Field {
    std::string name;
    Type type;
    bool operator==(const Field&) const = default;
  };

  Kind kind = Kind::kRecord;
  uint32_t oid = 0, array_oid = 0;  // 0: an anonymous row
  std::string name;                 // in pg_type; empty: an anonymous row
  std::vector<Label> labels;        // of an enum, in order
  std::vector<Field> fields;        // of a row

  bool operator==(const Shape&) const = default;
  /// Null when there is none.
  const Label* FindLabel(std::string_view text) const;
  const Label* FindLabel(int64_t value) const;
  /// Index into fields; -1 = none.
  int FindField(std::string_view name) const;
};

/// The one object that equals the shape. Thread-safe.
const Shape* InternShape(Shape shape);

/// The type of rows with these fields, of an enum.
Type RecordType(Shape shape);
Type EnumType(Shape shape);

/// A type as bytes, its shape included; and back. A damaged form gives a reader that is not ok().
void AppendType(const Type& type, std::string* out);
Type ReadType(ByteReader* in);

}  // namespace lathe::types
