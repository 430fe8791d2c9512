// The second pipeline of a join that keeps its build side, over the rows collected there:
//
//   if (row->matched == wanted) { probe side's columns = NULL; steps; }
#include "codegen/emit/emitter.h"
#include "runtime/state/join_table.h"

namespace lathe::emit {

void Emitter::EmitFlagged(const Step& step, size_t index) {
  const bool wanted = step.join.build == pipeline::JoinRule::Build::kMatched;
  const uint32_t offset = program_.objects[step.object].kind == pipeline::ObjectKind::kJoinTable
                              ? state::kJoinMatchedOffset
                              : 0;
  llvm::Value* flag = code_.Load(code_.I8(), code_.At(row_, offset), "matched");
  for (const logical::OutputColumn& column : step.null_columns) {
    if (columns_.bound(column.id)) continue;
    columns_.Bind(column.id, [this, type = column.type] { return code_.Null(type); });
  }
  If(b_.CreateICmp(wanted ? llvm::CmpInst::ICMP_NE : llvm::CmpInst::ICMP_EQ, flag, b_.getInt8(0)),
     wanted ? "matched_row" : "unmatched_row", [&] { EmitSteps(index + 1); });
}

}  // namespace lathe::emit
