#include "codegen/optimize/keys.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

/// The table's unique key is among the columns.
bool HasKey(const logical::Scan& scan, const ColumnSet& columns) {
  const schema::RelationDescriptor& relation = *scan.relation;
  if (!relation.unique || relation.key.empty()) return false;
  const std::vector<uint32_t> live = relation.LiveColumns();
  for (const schema::KeyColumn& key : relation.key) {
    if (!relation.columns[key.column].not_null) return false;
    bool found = false;
    for (size_t i = 0; i < scan.fields.size() && !found; ++i) {
      found = scan.fields[i] < live.size() && live[scan.fields[i]] == key.column &&
              columns.Has(scan.outputs[i].id);
    }
    if (!found) return false;
  }
  return true;
}

/// a = b makes each determine the other; a = constant makes a determined.
bool AddEqual(const Expr& e, bool null_extended, ColumnSet* columns) {
  if (e.kind == expr::Kind::kAnd) {
    bool grown = false;
    for (const ExprPtr& child : e.children) grown |= AddEqual(*child, null_extended, columns);
    return grown;
  }
  if (!IsComparison(e, "=")) return false;
  for (int side = 0; side < 2; ++side) {
    const Expr& column = *e.children[side];
    if (column.kind != expr::Kind::kColumn || columns->Has(column.column)) continue;
    const Expr& other = *e.children[1 - side];
    // Equal values of one type that look different (1.0 and 1.00, char(n)) are still different
    // output: one type, exact forms.
    const types::TypeId id = column.type.id;
    const bool exact = SameValues(column.type, other.type) && id != types::TypeId::kBpChar &&
                       id != types::TypeId::kFloat4 && id != types::TypeId::kFloat8 &&
                       id != types::TypeId::kInterval && id != types::TypeId::kArray &&
                       id != types::TypeId::kJsonb && !column.type.is_big_numeric();
    const bool determined = other.kind == expr::Kind::kColumn
                                ? columns->Has(other.column)
                                : !null_extended && expr::IsRuntimeConstant(other);
    if (exact && determined) {
      columns->Add(column.column);
      return true;
    }
  }
  return false;
}

bool AddAll(const Node& node, ColumnSet* columns) {
  const ColumnSet outputs = OutputSet(node);
  if (outputs.SubsetOf(*columns)) return false;
  columns->Add(outputs);
  return true;
}

/// One round; true when something was added. null_extended: an outer join above may put NULLs in
/// the place of a row, so that nothing is constant, and what is determined must be NULL where what
/// determines it is NULL for that reason.
bool Grow(const Node& node, bool null_extended, ColumnSet* columns) {
  switch (node.kind) {
    case Kind::kScan:
      return HasKey(node.As<logical::Scan>(), *columns) && AddAll(node, columns);
    case Kind::kValues:
      return !null_extended && node.As<logical::Values>().rows.size() <= 1 && AddAll(node, columns);
    case Kind::kFilter: {
      const bool grown = Grow(*node.children[0], null_extended, columns);
      return AddEqual(*node.As<logical::Filter>().predicate, null_extended, columns) || grown;
    }
    case Kind::kSort:
    case Kind::kLimit:
    case Kind::kWindow:
      return Grow(*node.children[0], null_extended, columns);
    case Kind::kProject: {
      bool grown = Grow(*node.children[0], null_extended, columns);
      const auto& project = node.As<logical::Project>();
      for (size_t i = 0; i < project.outputs.size(); ++i) {
        if (columns->Has(project.outputs[i].id) || IsVolatile(*project.expressions[i])) continue;
        if (null_extended && project.expressions[i]->kind != expr::Kind::kColumn) continue;
        if (ColumnsOf(*project.expressions[i]).SubsetOf(*columns)) {
          columns->Add(project.outputs[i].id);
          grown = true;
        }
      }
      return grown;
    }
    case Kind::kJoin: {
      const auto& join = node.As<logical::Join>();
      const JoinKind kind = join.join_kind;
      const bool full = kind == JoinKind::kFull, right = kind == JoinKind::kRight;
      bool grown = Grow(*node.children[0], null_extended || full || right, columns);
      if (kind == JoinKind::kInner || kind == JoinKind::kLeft || kind == JoinKind::kSingle ||
          full || right) {
        const bool extends = null_extended || (kind != JoinKind::kInner && !right);
        grown = Grow(*node.children[1], extends, columns) || grown;
      }
      if (kind == JoinKind::kInner) {
        grown = AddEqual(*join.predicate, null_extended, columns) || grown;
      }
      return grown;
    }
    case Kind::kAggregate: {
      // A group of NULLs is not the same as no group.
      const auto& aggregate = node.As<logical::Aggregate>();
      if (null_extended) return false;
      for (size_t i = 0; i < aggregate.groups.size(); ++i) {
        if (!columns->Has(aggregate.outputs[i].id)) return false;
      }
      return AddAll(node, columns);
    }
    default:
      return false;
  }
}

bool UniqueOver(const Node& node, const ColumnSet& columns) {
  switch (node.kind) {
    case Kind::kScan:
      return HasKey(node.As<logical::Scan>(), columns);
    case Kind::kValues:
      return node.As<logical::Values>().rows.size() <= 1;
    case Kind::kFilter:
    case Kind::kProject:
    case Kind::kSort:
    case Kind::kWindow:
      return UniqueOver(*node.children[0], columns);
    case Kind::kLimit: {
      const auto& limit = node.As<logical::Limit>();
      const bool one = limit.limit && limit.limit->kind == expr::Kind::kConst &&
                       !limit.limit->value.is_null() && limit.limit->value.AsInt64() <= 1;
      return one || UniqueOver(*node.children[0], columns);
    }
    case Kind::kJoin:
      switch (node.As<logical::Join>().join_kind) {
        case JoinKind::kInner:
        case JoinKind::kLeft:
          return UniqueOver(*node.children[0], columns) && UniqueOver(*node.children[1], columns);
        case JoinKind::kSemi:
        case JoinKind::kAnti:
        case JoinKind::kMark:
        case JoinKind::kSingle:
          return UniqueOver(*node.children[0], columns);
        default:
          return false;
      }
    case Kind::kAggregate: {
      const auto& aggregate = node.As<logical::Aggregate>();
      for (size_t i = 0; i < aggregate.groups.size(); ++i) {
        if (!columns.Has(aggregate.outputs[i].id)) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

void AddDetermined(const Node& plan, ColumnSet* columns) {
  while (Grow(plan, false, columns)) {
  }
}

bool IsUniqueOver(const Node& plan, const ColumnSet& columns) {
  ColumnSet determined = columns;
  AddDetermined(plan, &determined);
  return UniqueOver(plan, determined);
}

ColumnSet EquatedColumns(const Expr& predicate, const Node& node) {
  ColumnSet columns;
  const ColumnSet own = OutputSet(node);
  auto visit = [&](const Expr& e) {
    if (!IsComparison(e, "=")) return;
    for (int side = 0; side < 2; ++side) {
      const Expr& column = *e.children[side];
      if (column.kind == expr::Kind::kColumn && own.Has(column.column) &&
          SameValues(column.type, e.children[1 - side]->type) &&
          !ColumnsOf(*e.children[1 - side]).Intersects(own)) {
        columns.Add(column.column);
      }
    }
  };
  if (predicate.kind == expr::Kind::kAnd) {
    for (const ExprPtr& child : predicate.children) visit(*child);
  } else {
    visit(predicate);
  }
  return columns;
}

}  // namespace lathe::optimize
