#include "runtime/exec/exec.h"

namespace lathe::exec {

row::Layout WriteLayout(const schema::RelationDescriptor& relation, WriteKind kind) {
  row::Layout layout = relation.RowLayout();
  if (kind != WriteKind::kUpdate) return layout;
  std::vector<row::FieldSpec> specs;
  for (int copy = 0; copy < 2; ++copy) {
    for (const row::Field& field : layout.fields()) {
      specs.push_back({field.type, field.null_bit >= 0});
    }
  }
  return row::Layout::Make(specs);
}

}  // namespace lathe::exec
