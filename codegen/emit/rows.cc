// Sinks that keep rows: result, materialised rows, sort, join build.
//
//   row = append_row(local, bytes of strings);  if (!row) return out_of_memory();
//   row->nulls = ...; row->field = value; ...
//   join build also: row->hash = some key is NULL ? 0 : hash(keys) | 1 << 58
#include "codegen/emit/emitter.h"
#include "runtime/state/join_table.h"

namespace lathe::emit {

using pipeline::SinkKind;

void Emitter::EmitRowSink(const Sink& sink) {
  const bool result = sink.kind == SinkKind::kResult;
  const row::Layout& layout =
      result ? program_.result_layout : program_.objects[sink.object].row_layout();
  std::vector<SqlValue> values;
  for (size_t i = 0; i < sink.fields.size(); ++i) {
    const row::Field& field = layout.field(i);
    SqlValue v;
    if (sink.fields[i] == nullptr) {
      v.type = field.type;
      v.repr = field.repr;
      v.value = llvm::Constant::getNullValue(code_.TypeOf(field.repr));
      if (v.repr == Repr::kString) v.size = code_.Int64(0);
    } else {
      v = code_.Decode(Coerce(Emit(*sink.fields[i]), field.type));
    }
    if (v.null != nullptr && field.null_bit < 0) {
      std::string message = "null value in a column that cannot be null";
      SqlState state = SqlState::kInternalError;
      if (sink.node != nullptr && sink.node->kind == physical::Kind::kModify) {
        const schema::RelationDescriptor& relation = *sink.node->As<physical::Modify>().relation;
        std::vector<uint32_t> live = relation.LiveColumns();
        const size_t position = i % (live.size() + (relation.has_row_id() ? 1 : 0));
        const std::string column =
            position < live.size() ? relation.columns[live[position]].name : "";
        message = "null value in column \"" + column + "\" of relation \"" + relation.name +
                  "\" violates not-null constraint";
        state = SqlState::kNotNullViolation;
      }
      code_.FailIf(v.null, state, message);
      v.null = nullptr;
    }
    values.push_back(v);
  }
  llvm::Value* hash = nullptr;
  if (sink.kind == SinkKind::kJoinBuild) {
    hash = code_.UInt64(abi::kHashSeed);
    llvm::Value* key_is_null = nullptr;
    for (uint32_t i = 0; i < sink.key_count; ++i) {
      hash = Hash(hash, values[i]);
      if (!sink.null_equal[i]) key_is_null = code_.OrNull(key_is_null, values[i].null);
    }
    hash = b_.CreateOr(hash, code_.UInt64(uint64_t{1} << 58), "hash");
    if (key_is_null != nullptr) hash = b_.CreateSelect(key_is_null, code_.Int64(0), hash);
  }
  llvm::Value* local = Local(result ? ResultLocal(program_) : sink.object);
  llvm::Value* heap_bytes = layout.has_strings() ? code_.HeapBytes(values) : code_.Int64(0);
  llvm::Value* row = code_.Call(Abi::lathe_append_row, {local, heap_bytes}, "new_row");
  code_.If(
      b_.CreateIsNull(row), "no_memory",
      [&] { b_.CreateRet(code_.Call(Abi::lathe_out_of_memory, {code_.worker()})); }, {},
      Code::Hint::kUnlikely);
  if (hash != nullptr) code_.Store(hash, code_.At(row, state::kJoinHashOffset));
  code_.StoreFields(layout, 0, values, row, local);
}

}  // namespace lathe::emit
