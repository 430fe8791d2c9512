#include "runtime/schema/schema.h"

namespace lathe::schema {

int RelationDescriptor::FindColumn(std::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].dropped && columns[i].name == column_name) return static_cast<int>(i);
  }
  return -1;
}

int RelationDescriptor::ColumnOfSource(uint32_t source) const {
  for (size_t i = 0; i < first_tie && i < sources.size(); ++i) {
    if (sources[i] == source) return static_cast<int>(i);
  }
  return -1;
}

std::vector<uint32_t> RelationDescriptor::LiveColumns() const {
  std::vector<uint32_t> live;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].dropped) live.push_back(static_cast<uint32_t>(i));
  }
  return live;
}

row::Layout RelationDescriptor::RowLayout() const {
  std::vector<row::FieldSpec> specs;
  for (const Column& column : columns) {
    if (!column.dropped) specs.push_back({column.type, !column.not_null});
  }
  if (has_row_id()) specs.push_back({types::Type(types::TypeId::kInt8), false});
  return row::Layout::Make(specs);
}

}  // namespace lathe::schema
