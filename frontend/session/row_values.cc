#include "frontend/session/row_values.h"

#include "runtime/types/codec.h"

namespace lathe::session {

RowValues::RowValues(const schema::RelationDescriptor& table, const row::Layout& layout,
                     size_t first_field, const func::FunctionContext& context)
    : table_(table), layout_(layout), field_of_(table.columns.size(), 0), context_(context) {
  size_t field = first_field;
  for (uint32_t column : table.LiveColumns()) field_of_[column] = field++;
  context_.arena = &arena_;
  eval_.functions = &context_;
  eval_.column = [this](expr::ColumnId id) -> Result<types::Value> { return Column(id.value - 1); };
}

types::Value RowValues::Column(uint32_t column) const {
  const types::Type& type = table_.columns[column].type;
  const size_t field = field_of_[column];
  if (layout_.IsNull(row_, field)) return types::Value::Null(type);
  return types::Value::FromDatum(type, row::ReadField(layout_, page_, row_, field));
}

Result<types::Value> RowValues::Evaluate(const expr::Expr& e) {
  arena_.Reset();
  return expr::Evaluate(e, eval_);
}

std::string RowValues::Describe() const {
  std::vector<types::Value> values;
  for (uint32_t column : table_.LiveColumns()) values.push_back(Column(column));
  return DescribeRow(values, context_.format_or_default());
}

std::string DescribeRow(const std::vector<types::Value>& values,
                        const types::FormatContext& format) {
  constexpr size_t kBytesMax = 64;
  std::string text = "(";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    std::string one = "null";
    if (!values[i].is_null()) {
      one.clear();
      types::AppendText(values[i].type(), values[i].datum(), format, &one);
    }
    if (one.size() > kBytesMax) {
      size_t end = kBytesMax;
      while (end > 0 && (static_cast<unsigned char>(one[end]) & 0xc0) == 0x80) --end;
      one.resize(end);
      one += "...";
    }
    text += one;
  }
  return text + ")";
}

}  // namespace lathe::session
