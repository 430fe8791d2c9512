// Rows as values (Repr::kString): the fields with their types. Little-endian, no padding:
//   uint32 count | count x { uint8 TypeId | uint8 element TypeId | uint32 bytes (0xffffffff = NULL)
//   | the field's datum bytes }
// Numeric fields are in the big form.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/types/codec.h"
#include "runtime/types/shape.h"
#include "runtime/types/value.h"

namespace lathe::types {

/// Builds a row value.
class RecordBuilder {
 public:
  RecordBuilder() { AppendLittle<uint32_t>(&bytes_, 0); }
  void Add(const Type& type, const Datum& datum);
  void AddNull(const Type& type);
  Datum ToDatum(base::Arena* arena);

 private:
  void Begin(const Type& type);
  uint32_t count_ = 0;
  std::string bytes_;
};

/// Reads a row value from its front.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : reader_(bytes) {
    count_ = reader_.Little<uint32_t>();
    if (!reader_.ok()) count_ = 0;
  }
  uint32_t count() const { return count_; }
  /// The next field and its type (without modifier and shape); false when it is NULL. At most
  /// count() calls.
  bool Next(Type* type, Datum* datum);

 private:
  ByteReader reader_;
  uint32_t count_ = 0;
};

/// Field i; false when it is NULL or there is none.
bool RecordField(std::string_view record, uint32_t i, Datum* field);

/// Field by field, NULLs equal and last; then by the number of fields.
int CompareRecords(std::string_view a, std::string_view b);
uint64_t HashRecord(std::string_view record);

/// PostgreSQL's record_in (of a type with fields) and record_out.
Status ParseRecordText(const Type& type, std::string_view text, const FormatContext& context,
                       base::Arena* arena, Datum* datum);
void AppendRecordText(const Type& type, const Datum& datum, const FormatContext& context,
                      std::string* out);
void AppendRecordBinary(const Type& type, const Datum& datum, std::string* out);

/// The type of field i of rows of this type as text forms need it: its own where the shape knows
/// it, else what the value says.
Type FieldType(const Type& record, uint32_t i, const Type& stored);

}  // namespace lathe::types
