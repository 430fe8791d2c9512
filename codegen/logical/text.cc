#include "codegen/logical/text.h"

namespace lathe::logical {
namespace {

constexpr size_t kRowsMax = 8;  // of Values

std::string CallText(std::string_view name, const std::vector<ExprPtr>& args, bool distinct,
                     bool star, const Namer& name_of) {
  return std::string(name) + "(" + (distinct ? "DISTINCT " : "") +
         (star ? "*" : ListText(args, name_of)) + ")";
}

std::string BoundText(const FrameBound& bound, const Namer& name_of) {
  const std::string offset = bound.offset ? expr::Print(*bound.offset, name_of) : "";
  switch (bound.kind) {
    case FrameBoundKind::kUnboundedPreceding:
      return "UNBOUNDED PRECEDING";
    case FrameBoundKind::kPreceding:
      return offset + " PRECEDING";
    case FrameBoundKind::kCurrentRow:
      return "CURRENT ROW";
    case FrameBoundKind::kFollowing:
      return offset + " FOLLOWING";
    case FrameBoundKind::kUnboundedFollowing:
      return "UNBOUNDED FOLLOWING";
  }
  return "";
}

/// Nothing for the default frame.
std::string FrameText(const Frame& frame, const Namer& name_of) {
  static constexpr const char* kModes[] = {"ROWS", "RANGE", "GROUPS"};
  static constexpr const char* kExclusions[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP",
                                                " EXCLUDE TIES"};
  const bool plain =
      frame.mode == FrameMode::kRange && frame.start.kind == FrameBoundKind::kUnboundedPreceding &&
      frame.end.kind == FrameBoundKind::kCurrentRow && frame.exclusion == FrameExclusion::kNone;
  if (plain) return "";
  return std::string(" ") + kModes[static_cast<int>(frame.mode)] + " BETWEEN " +
         BoundText(frame.start, name_of) + " AND " + BoundText(frame.end, name_of) +
         kExclusions[static_cast<int>(frame.exclusion)];
}

std::string AsText(const OutputColumn& output) {
  return " AS " + output.name + "#" + std::to_string(output.id.value);
}

}  // namespace

std::string ColumnText(ColumnId id, const Namer& name_of) {
  return name_of(id) + "#" + std::to_string(id.value);
}

std::string ListText(const std::vector<ExprPtr>& list, const Namer& name_of,
                     const char* separator) {
  std::string text;
  for (const ExprPtr& e : list) text += (text.empty() ? "" : separator) + expr::Print(*e, name_of);
  return text;
}

std::string ComputedText(const ExprPtr& e, const OutputColumn& output, const Namer& name_of) {
  if (e->kind == expr::Kind::kColumn && e->column == output.id) return expr::Print(*e, name_of);
  return expr::Print(*e, name_of) + AsText(output);
}

std::string OutputsText(const std::vector<OutputColumn>& outputs) {
  std::string text;
  for (const OutputColumn& column : outputs) {
    text += (text.empty() ? "" : ", ") + column.name + "#" + std::to_string(column.id.value);
  }
  return "[" + text + "]";
}

std::string KeysText(const std::vector<SortKey>& keys, const Namer& name_of) {
  std::string text;
  for (const SortKey& key : keys) {
    text += (text.empty() ? "" : ", ") + expr::Print(*key.expression, name_of);
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) {
      text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
  return text;
}

std::string GroupingText(const std::vector<ExprPtr>& groups,
                         const std::vector<AggregateCall>& calls,
                         const std::vector<OutputColumn>& outputs, const Namer& name_of) {
  std::string text;
  for (size_t i = 0; i < groups.size() && i < outputs.size(); ++i) {
    text += (i ? ", " : " by ") + ComputedText(groups[i], outputs[i], name_of);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    const AggregateCall& call = calls[i];
    text += i ? ", " : " compute ";
    text += CallText(call.function->name, call.args, call.distinct,
                     call.function->kind == func::AggregateKind::kCountStar, name_of);
    if (!call.order.empty()) text += " ORDER BY " + KeysText(call.order, name_of);
    if (call.filter) text += " FILTER " + expr::Print(*call.filter, name_of);
    text += AsText(call.output);
  }
  return text;
}

std::string WindowText(const std::vector<ExprPtr>& partition, const std::vector<SortKey>& order,
                       const std::vector<WindowCall>& calls, const Namer& name_of) {
  std::string text;
  if (!partition.empty()) text += " partition by " + ListText(partition, name_of);
  if (!order.empty()) text += " order by " + KeysText(order, name_of);
  for (size_t i = 0; i < calls.size(); ++i) {
    const WindowCall& call = calls[i];
    text += i ? ", " : " compute ";
    const bool star = call.aggregate && call.aggregate->kind == func::AggregateKind::kCountStar;
    text += CallText(call.function ? call.function->name : call.aggregate->name, call.args, false,
                     star, name_of);
    if (call.filter) text += " FILTER " + expr::Print(*call.filter, name_of);
    text += FrameText(call.frame, name_of) + AsText(call.output);
  }
  return text;
}

std::string TableFunctionText(const std::vector<TableFunction::Call>& calls,
                              const OutputColumn* ordinality, const Namer& name_of) {
  std::string text;
  for (const TableFunction::Call& call : calls) {
    text += (text.empty() ? " " : ", ") +
            CallText(call.function->name, call.args, false, false, name_of) + " AS " +
            OutputsText(call.outputs);
  }
  if (ordinality) text += " with ordinality#" + std::to_string(ordinality->id.value);
  return text;
}

std::string ModifyText(exec::WriteKind write, const schema::RelationDescriptor& relation,
                       const std::vector<ColumnId>& source, Modify::Repeats repeats,
                       const Namer& name_of) {
  static constexpr const char* kNames[] = {"Insert into ", "Update ", "Delete from "};
  std::string text = kNames[static_cast<int>(write)] + relation.name + " [";
  for (size_t i = 0; i < source.size(); ++i) {
    text += (i ? ", " : "") + (source[i] ? ColumnText(source[i], name_of) : std::string("none"));
  }
  text += "]";
  if (repeats == Modify::Repeats::kFirst) text += " first of repeats";
  if (repeats == Modify::Repeats::kError) text += " no repeats";
  return text;
}

std::string ValuesText(const std::vector<OutputColumn>& outputs,
                       const std::vector<std::vector<ExprPtr>>& rows, const Namer& name_of) {
  std::string text = " " + OutputsText(outputs);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i == kRowsMax) return text + ", ... " + std::to_string(rows.size() - kRowsMax) + " more";
    text += (i ? ", (" : " (") + ListText(rows[i], name_of) + ")";
  }
  return text;
}

std::string CountsText(const ExprPtr& limit, const ExprPtr& offset, const Namer& name_of) {
  std::string text;
  if (limit) text += " LIMIT " + expr::Print(*limit, name_of);
  if (offset) text += " OFFSET " + expr::Print(*offset, name_of);
  return text;
}

}  // namespace lathe::logical
