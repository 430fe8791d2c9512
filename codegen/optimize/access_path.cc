// Access paths: bounds of the key that orders a table's rows, and pages that need not be read.
// Bounds are exact and replace the conjuncts that they express; skip ranges are hints beside them.
// Only expressions without columns qualify, so that a plan serves any parameter values.
#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

using types::TypeId;

constexpr size_t kInListMax = 100;  // items whose least and greatest are worth computing

/// The bound in the column's type, when every value keeps its meaning there; null otherwise.
ExprPtr InTypeOf(const Expr& bound, const types::Type& column) {
  types::Type plain = column;
  plain.typmod = -1;
  const types::Type& from = bound.type;
  if (SameValues(from, column)) return bound.Clone();
  bool widens = false;
  switch (func::InlineCastFor(from, plain)) {
    case func::InlineCast::kSame:
    case func::InlineCast::kIntWiden:
      widens = true;
      break;
    case func::InlineCast::kFixedToFixed:
      widens = column.scale >= from.scale &&
               column.precision - column.scale >= from.precision - from.scale;
      break;
    default:
      break;
  }
  const func::Cast* cast = widens ? func::FindCast(from.id, column.id) : nullptr;
  if (!cast) return nullptr;
  auto result = std::make_unique<Expr>(expr::Kind::kCast, plain);
  result->cast = cast;
  result->children.push_back(bound.Clone());
  return result;
}

/// A date column against a timestamp: the day of the bound is an end that keeps all rows that may
/// qualify, though not exact.
ExprPtr DayOf(const Expr& bound, const types::Type& column) {
  if (column.id != TypeId::kDate || bound.type.id != TypeId::kTimestamp) return nullptr;
  return MakeCast(bound.Clone(), types::Type(TypeId::kDate));
}

/// Looks through casts that change nothing (varchar to text).
const Expr* Bare(const Expr* e) {
  while (e->kind == expr::Kind::kCast) {
    const func::InlineCast cast = func::InlineCastFor(e->children[0]->type, e->type);
    if (cast != func::InlineCast::kSame && cast != func::InlineCast::kDateToTimestamp) break;
    e = e->children[0].get();
  }
  return e;
}

enum class Op : uint8_t { kNone, kEq, kLt, kLe, kGt, kGe };

Op Flip(Op op) {
  switch (op) {
    case Op::kLt:
      return Op::kGt;
    case Op::kLe:
      return Op::kGe;
    case Op::kGt:
      return Op::kLt;
    case Op::kGe:
      return Op::kLe;
    default:
      return op;
  }
}

/// column op bound.
struct Restriction {
  size_t conjunct;
  uint32_t field;
  Op op;
  ExprPtr bound;
  bool exact = true;     // false: only good for skipping
  bool complete = true;  // false: the conjunct says more than this
  bool bounds = false;   // in the key's bounds already
};

class AccessPath {
 public:
  AccessPath(physical::TableScan* scan, std::vector<ExprPtr>* conjuncts,
             const std::vector<OutputColumn>& columns, const std::vector<uint32_t>& fields)
      : scan_(scan), conjuncts_(conjuncts), columns_(columns), fields_(fields) {}

  void Choose() {
    for (size_t i = 0; i < conjuncts_->size(); ++i) Read(*(*conjuncts_)[i], i);
    if (restrictions_.empty()) return;
    used_.resize(conjuncts_->size());
    if (!scan_->relation->key.empty() && scan_->relation->kind != schema::RelationKind::kVirtual) {
      ChooseBounds();
    }
    ChooseSkips();
    size_t kept = 0;
    for (size_t i = 0; i < conjuncts_->size(); ++i) {
      if (!used_[i]) {
        if (kept != i) (*conjuncts_)[kept] = std::move((*conjuncts_)[i]);
        ++kept;
      }
    }
    conjuncts_->resize(kept);
  }

 private:
  /// column IN (...): the least and the greatest item bound the key, and skip pages; the condition
  /// itself stays.
  void ReadInList(const Expr& e, size_t conjunct) {
    const Expr* column = Bare(e.children[0].get());
    if (column->kind != expr::Kind::kColumn || !OrderedByBytes(column->type)) return;
    const types::TypeId id = column->type.id;
    const func::Function* less = nullptr;
    for (const func::Function* f : func::OperatorsNamed("<", 2)) {
      if (f->args[0].id == id && f->args[1].id == id) less = f;
    }
    const func::Function* greater = nullptr;
    for (const func::Function* f : func::OperatorsNamed(">", 2)) {
      if (f->args[0].id == id && f->args[1].id == id) greater = f;
    }
    if (!less || !greater || e.children.size() < 2 || e.children.size() > kInListMax) return;
    auto end = [&](expr::Kind kind, const func::Function* function) -> ExprPtr {
      auto result = std::make_unique<Expr>(kind, column->type);
      result->function = function;
      for (size_t i = 1; i < e.children.size(); ++i) {
        ExprPtr item;
        if (expr::IsRuntimeConstant(*e.children[i]))
          item = InTypeOf(*Bare(e.children[i].get()), column->type);
        if (!item) return nullptr;
        result->children.push_back(std::move(item));
      }
      return result;
    };
    ExprPtr low = end(expr::Kind::kLeast, less), high = end(expr::Kind::kGreatest, greater);
    if (!low || !high) return;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].id != column->column) continue;
      restrictions_.push_back({conjunct, fields_[i], Op::kGe, std::move(low), true, false});
      restrictions_.push_back({conjunct, fields_[i], Op::kLe, std::move(high), true, false});
      return;
    }
  }

  void Read(const Expr& e, size_t conjunct) {
    if (e.kind == expr::Kind::kInList) return ReadInList(e, conjunct);
    if (e.kind != expr::Kind::kCall || e.children.size() != 2) return;
    const std::string_view symbol = e.function->op;
    Op op = symbol == "="    ? Op::kEq
            : symbol == "<"  ? Op::kLt
            : symbol == "<=" ? Op::kLe
            : symbol == ">"  ? Op::kGt
            : symbol == ">=" ? Op::kGe
                             : Op::kNone;
    if (op == Op::kNone) return;
    const Expr* column = Bare(e.children[0].get());
    const Expr* bound = e.children[1].get();
    if (column->kind != expr::Kind::kColumn) {
      column = Bare(e.children[1].get());
      bound = e.children[0].get();
      op = Flip(op);
    }
    if (column->kind != expr::Kind::kColumn || !expr::IsRuntimeConstant(*bound)) return;
    if (!OrderedByBytes(column->type)) return;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].id != column->column) continue;
      ExprPtr value = InTypeOf(*Bare(bound), column->type);
      if (!value) value = InTypeOf(*bound, column->type);
      const bool exact = value != nullptr;
      if (!exact) value = DayOf(*bound, column->type);
      if (value) restrictions_.push_back({conjunct, fields_[i], op, std::move(value), exact});
      return;
    }
  }

  Restriction* Find(uint32_t field, std::initializer_list<Op> ops) {
    for (Restriction& r : restrictions_) {
      for (Op op : ops) {
        if (r.field == field && r.op == op && r.exact) return &r;
      }
    }
    return nullptr;
  }

  void ChooseBounds() {
    const schema::RelationDescriptor& relation = *scan_->relation;
    const std::vector<uint32_t> live = relation.LiveColumns();
    for (const schema::KeyColumn& key : relation.key) {
      uint32_t field = 0;
      while (field < live.size() && live[field] != key.column) ++field;
      if (field == live.size()) return;
      if (Restriction* equal = Find(field, {Op::kEq})) {
        scan_->lower.values.push_back(equal->bound->Clone());
        scan_->upper.values.push_back(equal->bound->Clone());
        used_[equal->conjunct] = true;
        continue;
      }
      // A range over this column ends the prefix. NULLs would lie beyond an open end.
      if (!relation.columns[key.column].not_null) return;
      Restriction* from = Find(field, {Op::kGt, Op::kGe});
      Restriction* to = Find(field, {Op::kLt, Op::kLe});
      if (key.descending) std::swap(from, to);
      if (from) AddEnd(&scan_->lower, *from);
      if (to) AddEnd(&scan_->upper, *to);
      return;
    }
  }

  void AddEnd(physical::KeyBoundExprs* end, Restriction& r) {
    r.bounds = true;
    end->values.push_back(r.bound->Clone());
    end->inclusive = r.op == Op::kGe || r.op == Op::kLe;
    if (r.complete) used_[r.conjunct] = true;
  }

  void ChooseSkips() {
    for (Restriction& r : restrictions_) {
      if (used_[r.conjunct] || r.bounds) continue;
      physical::SkipRangeExprs* range = nullptr;
      for (physical::SkipRangeExprs& s : scan_->skip) {
        const bool free = (r.op == Op::kEq && !s.min && !s.max) ||
                          ((r.op == Op::kGt || r.op == Op::kGe) && !s.min) ||
                          ((r.op == Op::kLt || r.op == Op::kLe) && !s.max);
        if (s.field == r.field && free) range = &s;
      }
      if (!range) {
        scan_->skip.push_back({r.field, nullptr, nullptr});
        range = &scan_->skip.back();
      }
      if (r.op == Op::kEq || r.op == Op::kGt || r.op == Op::kGe) range->min = r.bound->Clone();
      if (r.op == Op::kEq || r.op == Op::kLt || r.op == Op::kLe) range->max = r.bound->Clone();
    }
  }

  physical::TableScan* scan_;
  std::vector<ExprPtr>* conjuncts_;
  const std::vector<OutputColumn>& columns_;
  const std::vector<uint32_t>& fields_;
  std::vector<Restriction> restrictions_;
  std::vector<bool> used_;
};

}  // namespace

bool OrderedByBytes(const types::Type& type) {
  switch (type.id) {
    case TypeId::kBool:
    case TypeId::kChar:
    case TypeId::kName:
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kInt8:
    case TypeId::kOid:
    case TypeId::kText:
    case TypeId::kVarchar:
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTime:
    case TypeId::kTimeTz:
    case TypeId::kUuid:
    case TypeId::kBytea:
      return true;
    case TypeId::kNumeric:
      return type.is_fixed_numeric();
    default:
      return false;
  }
}

void ChooseAccessPath(physical::TableScan* scan, std::vector<ExprPtr>* conjuncts,
                      const std::vector<OutputColumn>& columns,
                      const std::vector<uint32_t>& fields) {
  AccessPath(scan, conjuncts, columns, fields).Choose();
}

}  // namespace lathe::optimize
