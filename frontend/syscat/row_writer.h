// Writes the rows of a virtual table by column name. Private to this folder.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/row/row_buffer.h"
#include "runtime/schema/schema.h"

namespace lathe::syscat {

/// Takes values column by column and appends rows. What is not set is NULL, or in a column that is
/// never NULL zero, false, the empty text or the empty array. Naming a column that the table has
/// not, or giving it a value of another kind, is a bug and checked.
class RowWriter {
 public:
  /// Both outlive the writer; buffer has the relation's RowLayout().
  RowWriter(const schema::RelationDescriptor& relation, row::RowBuffer* buffer);

  /// Integers of any width, oids, bool, "char" (as character), timestamps.
  template <std::integral T>
  RowWriter& Set(std::string_view column, T value) {
    return SetInteger(column, static_cast<int64_t>(value));
  }
  template <class Tag, class Rep>
  RowWriter& Set(std::string_view column, StrongId<Tag, Rep> id) {
    return SetInteger(column, static_cast<int64_t>(id.value));
  }
  RowWriter& Set(std::string_view column, double value);
  /// Text, varchar and name.
  RowWriter& Set(std::string_view column, std::string_view text);
  RowWriter& Set(std::string_view column, const std::string& text) {
    return Set(column, std::string_view(text));
  }
  RowWriter& Set(std::string_view column, const char* text) {
    return Set(column, std::string_view(text));
  }
  /// Arrays of integers or oids, and of text.
  RowWriter& Set(std::string_view column, const std::vector<int64_t>& elements);
  RowWriter& Set(std::string_view column, const std::vector<std::string>& elements);

  /// Appends the row and starts the next one.
  void EndRow();
  /// False once memory for a row was refused; later rows are dropped.
  bool ok() const { return ok_; }

 private:
  RowWriter& SetInteger(std::string_view column, int64_t value);
  RowWriter& SetBytes(size_t i, std::string_view bytes);
  size_t IndexOf(std::string_view column);
  void ClearRow();

  const std::vector<schema::Column>& columns_;
  row::RowBuffer* const buffer_;
  size_t next_ = 0;  // where the next column is looked for first: mostly they come in order
  bool ok_ = true;
  std::vector<types::Datum> datums_;
  std::unique_ptr<bool[]> nulls_;
  std::vector<std::string> strings_;  // what string datums point to
};

}  // namespace lathe::syscat
