// Access paths: which key a table is read by (its own or an index's), which part of it, in which
// order, and pages that need not be read. Bounds and points are exact and replace the conjuncts
// that they express; skip ranges are hints beside them. Only expressions without columns qualify,
// so that a plan serves any parameter values.
#include <algorithm>
#include <limits>

#include "codegen/optimize/choose.h"
#include "runtime/schema/index_parts.h"

namespace lathe::optimize {
namespace {

using types::TypeId;

constexpr size_t kInListMax = 100;   // items whose least and greatest are worth computing
constexpr size_t kPointsMax = 2000;  // items that are worth looking up one by one
// Expressions of indexes count as fields from here on.
constexpr uint32_t kExpressionFields = 1u << 30;

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

/// kIsNull: NULLs are what is looked for; kNotNull: all that is no NULL.
enum class Op : uint8_t { kNone, kEq, kLt, kLe, kGt, kGe, kIn, kIsNull, kNotNull };

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

/// column op bound; kIn: column is one of the items.
struct Restriction {
  size_t conjunct;
  uint32_t field;
  Op op;
  ExprPtr bound;
  bool exact = true;     // false: only good for skipping
  bool complete = true;  // false: the conjunct says more than this
  bool bounds = false;   // in the key's bounds already
  bool weighs = true;    // the conjunct's selectivity tells how much lies within
  std::vector<ExprPtr> items = {};
};

// Costs in units of one sequentially read row.
constexpr double kSeekCost = 40;         // of finding where a range begins
constexpr double kLookupCost = 120;      // of finding the row of an entry
constexpr double kReverseCost = 1.5;     // of a row that is handed out by itself
constexpr double kWorthwhileRows = 100;  // smaller tables are read whole

/// A part of a key, in terms of the table.
struct Part {
  uint32_t field;
  uint32_t column;
  bool descending, nulls_first, nullable;
  bool null_keys;  // the key has a form for NULL
};

/// One way to read the table.
struct Path {
  schema::RelationPtr index;  // null = by its own key
  bool index_only = false;
  std::vector<Restriction*> equal;  // of the first parts
  Restriction* items = nullptr;     // of the part behind them
  Restriction* from = nullptr;      // or a range, in key order
  Restriction* to = nullptr;
  std::vector<bool> used;  // conjuncts that need no check any more
  bool partial = false;    // the index has the wanted rows only
  double rows = 0, cost = 0;
  bool single = false;    // one row at most
  bool has_null = false;  // among equal
  bool ordered = false, reverse = false;
  bool bounded() const { return partial || !equal.empty() || items || from || to; }
};

class AccessPath {
 public:
  AccessPath(physical::TableScan* scan, const PathContext& context)
      : scan_(scan),
        context_(context),
        relation_(*scan->relation),
        live_(relation_.LiveColumns()),
        own_key_(!relation_.key.empty() && relation_.kind != schema::RelationKind::kVirtual) {}

  void Choose() {
    static std::vector<ExprPtr> none;
    std::vector<ExprPtr>& conjuncts = context_.conjuncts ? *context_.conjuncts : none;
    CollectSpecial();
    for (size_t i = 0; i < conjuncts.size(); ++i) Read(*conjuncts[i], i);
    table_rows_ = context_.estimator->Rows(*context_.scan);
    passing_ = table_rows_;
    for (const ExprPtr& e : conjuncts) passing_ *= context_.estimator->Selectivity(*e);
    Path best = OwnPath(true);
    if (own_key_ && HasItems()) Keep(OwnPath(false), &best);
    if (table_rows_ > kWorthwhileRows || context_.order != nullptr) {
      for (RelationId id : relation_.indexes) {
        if (context_.catalog == nullptr) break;
        schema::RelationPtr index = context_.catalog->GetRelation(id);
        if (index == nullptr) continue;
        Keep(IndexPath(index, true), &best);
        if (HasItems()) Keep(IndexPath(index, false), &best);
      }
      for (const Special& special : special_) {
        std::vector<bool> implied(conjuncts.size());
        if (!Implied(special, conjuncts, &implied)) continue;
        Keep(IndexPath(special.index, true, &special, &implied), &best);
        if (HasItems()) Keep(IndexPath(special.index, false, &special, &implied), &best);
      }
    }
    Apply(best, &conjuncts);
  }

 private:
  /// An index on expressions or on some rows, in terms of the scan.
  struct Special {
    schema::RelationPtr index;
    std::vector<uint32_t> fields;     // of its expression columns, in order
    std::vector<ExprPtr> predicates;  // conjuncts
    std::shared_ptr<const void> owner;
  };

  void CollectSpecial() {
    if (context_.catalog == nullptr || !context_.options->special_index) return;
    for (RelationId id : relation_.indexes) {
      SpecialIndex found = context_.options->special_index(id);
      if (found.index == nullptr) continue;
      Special special{found.index, {}, {}, found.owner};
      bool known = true;
      for (const Expr* e : found.expressions) {
        ExprPtr here = OverScan(*e);
        known &= here != nullptr;
        size_t at = 0;
        while (here && at < expressions_.size() && !expr::Equal(*expressions_[at], *here)) ++at;
        special.fields.push_back(kExpressionFields + static_cast<uint32_t>(at));
        if (here && at == expressions_.size()) expressions_.push_back(std::move(here));
      }
      if (found.predicate != nullptr) {
        for (ExprPtr& conjunct : expr::SplitConjuncts(found.predicate->Clone())) {
          ExprPtr here = OverScan(*conjunct);
          known &= here != nullptr;
          special.predicates.push_back(std::move(here));
        }
      }
      // Where the scan does not read its columns, no condition speaks of them.
      if (known) special_.push_back(std::move(special));
    }
  }

  /// An expression over the table's row with the scan's columns; null when it lacks one.
  ExprPtr OverScan(const Expr& e) const {
    bool all = true;
    ExprPtr here = expr::Rewrite(e.Clone(), [&](ExprPtr node) {
      if (node->kind != expr::Kind::kColumn) return node;
      const auto field =
          std::find(live_.begin(), live_.end(), node->column.value - 1) - live_.begin();
      const auto& fields = context_.scan->fields;
      const auto output = std::find(fields.begin(), fields.end(), field) - fields.begin();
      all &= static_cast<size_t>(output) < fields.size();
      if (static_cast<size_t>(output) < fields.size()) {
        node->column = context_.scan->outputs[static_cast<size_t>(output)].id;
      }
      return node;
    });
    return all ? std::move(here) : nullptr;
  }

  /// Do the conditions say what the index's does? Those that say no more are marked.
  bool Implied(const Special& special, const std::vector<ExprPtr>& conjuncts,
               std::vector<bool>* same) const {
    for (const ExprPtr& predicate : special.predicates) {
      bool found = false;
      for (size_t i = 0; i < conjuncts.size(); ++i) {
        if (!expr::Equal(*conjuncts[i], *predicate)) continue;
        (*same)[i] = found = true;
      }
      if (!found && predicate->kind == expr::Kind::kIsNotNull &&
          predicate->children[0]->kind == expr::Kind::kColumn) {
        // A comparison holds for no NULL.
        const int field = FieldOf(*predicate->children[0]);
        for (const Restriction& r : restrictions_) {
          found |= static_cast<int>(r.field) == field && r.op != Op::kIsNull;
        }
      }
      if (!found) return false;
    }
    return true;
  }

  /// The column or the expression of an index, as a field; -1 = neither.
  int Target(const Expr& e) const {
    if (e.kind == expr::Kind::kColumn) return FieldOf(e);
    for (size_t i = 0; i < expressions_.size(); ++i) {
      if (expr::Equal(*expressions_[i], e)) return static_cast<int>(kExpressionFields + i);
    }
    return -1;
  }

  bool HasItems() const {
    for (const Restriction& r : restrictions_) {
      if (r.op == Op::kIn) return true;
    }
    return false;
  }

  // --- What the conjuncts say of single columns

  int FieldOf(const Expr& column) const {
    const auto& outputs = context_.scan->outputs;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].id == column.column) return static_cast<int>(context_.scan->fields[i]);
    }
    return -1;
  }

  /// column IN (...): the items as points of a key; the least and the greatest item bound the key,
  /// and skip pages, where the condition itself stays.
  void ReadInList(const Expr& e, size_t conjunct) {
    const Expr* column = Bare(e.children[0].get());
    const int field = Target(*column);
    if (field < 0 || !OrderedByBytes(column->type)) return;
    if (e.children.size() < 2 || e.children.size() > kPointsMax) return;
    Restriction in{conjunct, static_cast<uint32_t>(field), Op::kIn, nullptr};
    for (size_t i = 1; i < e.children.size(); ++i) {
      ExprPtr item;
      if (expr::IsRuntimeConstant(*e.children[i])) {
        item = InTypeOf(*Bare(e.children[i].get()), column->type);
      }
      if (!item) return;
      in.items.push_back(std::move(item));
    }
    if (e.children.size() <= kInListMax) {
      ExprPtr low = End(expr::Kind::kLeast, "<", in.items, column->type);
      ExprPtr high = End(expr::Kind::kGreatest, ">", in.items, column->type);
      if (low && high) {
        // The ends of a list say little about what lies between.
        for (auto* end : {&low, &high}) {
          const Op op = end == &low ? Op::kGe : Op::kLe;
          restrictions_.push_back({conjunct, in.field, op, std::move(*end), true, false});
          restrictions_.back().weighs = false;
        }
      }
    }
    restrictions_.push_back(std::move(in));
  }

  static ExprPtr End(expr::Kind kind, std::string_view op, const std::vector<ExprPtr>& items,
                     const types::Type& type) {
    const func::Function* function = nullptr;
    for (const func::Function* f : func::OperatorsNamed(op, 2)) {
      if (f->args[0].id == type.id && f->args[1].id == type.id) function = f;
    }
    if (!function) return nullptr;
    auto result = std::make_unique<Expr>(kind, type);
    result->function = function;
    for (const ExprPtr& item : items) result->children.push_back(item->Clone());
    return result;
  }

  /// column IS [NOT] NULL.
  void ReadNullTest(const Expr& e, size_t conjunct) {
    const Expr& column = *e.children[0];
    const int field = Target(column);
    if (field < 0) return;
    const Op op = e.kind == expr::Kind::kIsNull ? Op::kIsNull : Op::kNotNull;
    restrictions_.push_back({conjunct, static_cast<uint32_t>(field), op,
                             expr::MakeConst(types::Value::Null(column.type))});
  }

  /// column LIKE pattern: what matches begins with what the pattern begins with.
  void ReadLike(const Expr& e, size_t conjunct) {
    const Expr* column = Bare(e.children[0].get());
    if (!expr::IsRuntimeConstant(*e.children[1])) return;
    if (column->type.id != TypeId::kText && column->type.id != TypeId::kVarchar) return;
    if (e.children[1]->type.id != TypeId::kText) return;
    const int field = Target(*column);
    if (field < 0 || context_.estimator->LikePrefix(*e.children[1]).empty()) return;
    for (const bool end : {false, true}) {
      const func::Function* function = func::FunctionsNamed(end ? "like_end" : "like_start")[0];
      std::vector<ExprPtr> args;
      args.push_back(e.children[1]->Clone());
      restrictions_.push_back(
          {conjunct, static_cast<uint32_t>(field), end ? Op::kLt : Op::kGe,
           expr::MakeCall(function, types::Type(TypeId::kText), std::move(args)), true, false});
    }
  }

  void Read(const Expr& e, size_t conjunct) {
    if (e.kind == expr::Kind::kInList) return ReadInList(e, conjunct);
    if (e.kind == expr::Kind::kIsNull || e.kind == expr::Kind::kIsNotNull) {
      return ReadNullTest(e, conjunct);
    }
    if (IsComparison(e, "~~")) return ReadLike(e, conjunct);
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
    int field = Target(*column);
    if (field < 0) {
      column = Bare(e.children[1].get());
      bound = e.children[0].get();
      op = Flip(op);
      field = Target(*column);
    }
    if (field < 0 || !expr::IsRuntimeConstant(*bound)) return;
    if (!OrderedByBytes(column->type)) return;
    ExprPtr value = InTypeOf(*Bare(bound), column->type);
    if (!value) value = InTypeOf(*bound, column->type);
    const bool exact = value != nullptr;
    if (!exact) value = DayOf(*bound, column->type);
    if (value) {
      restrictions_.push_back(
          {conjunct, static_cast<uint32_t>(field), op, std::move(value), exact});
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

  // --- Paths

  Part MakePart(uint32_t column, const schema::KeyColumn& key) const {
    const auto field = std::find(live_.begin(), live_.end(), column) - live_.begin();
    return {static_cast<uint32_t>(field),
            column,
            key.descending,
            key.nulls_first,
            !relation_.columns[column].not_null,
            !relation_.columns[column].not_null};
  }

  std::vector<Part> PartsOf(const schema::RelationDescriptor* index,
                            const Special* special = nullptr) const {
    std::vector<Part> parts;
    size_t expression = 0;
    if (index == nullptr) {
      if (!own_key_) return parts;
      for (const schema::KeyColumn& key : relation_.key) parts.push_back(MakePart(key.column, key));
      return parts;
    }
    for (const schema::KeyColumn& key : index->key) {
      const uint32_t source = index->sources[key.column];
      if (key.column >= index->first_tie || source == schema::kRowIdSource) break;
      if (source == schema::kExpressionSource) {
        const uint32_t field = special->fields[expression++];
        parts.push_back({field, field, key.descending, key.nulls_first, true, true});
        continue;
      }
      parts.push_back(MakePart(source, key));
      parts.back().null_keys &= !index->columns[key.column].not_null;
    }
    return parts;
  }

  /// Fills in what the restrictions say of the first parts.
  void Match(const std::vector<Part>& parts, bool items, Path* path) {
    const size_t conjuncts = context_.conjuncts ? context_.conjuncts->size() : 0;
    path->used.assign(conjuncts, false);
    for (const Part& part : parts) {
      if (Restriction* equal = Find(part.field, {Op::kEq})) {
        path->equal.push_back(equal);
        path->used[equal->conjunct] = true;
        continue;
      }
      if (Restriction* null = part.null_keys ? Find(part.field, {Op::kIsNull}) : nullptr) {
        path->equal.push_back(null);
        path->used[null->conjunct] = true;
        path->has_null = true;
        continue;
      }
      if (items && !path->has_null) {
        path->items = Find(part.field, {Op::kIn});
        if (path->items) {
          path->used[path->items->conjunct] = true;
          return;
        }
      }
      // A range over this column ends the prefix.
      path->from = Find(part.field, {Op::kGt, Op::kGe});
      path->to = Find(part.field, {Op::kLt, Op::kLe});
      if (part.descending) std::swap(path->from, path->to);
      if (Restriction* rest = part.null_keys ? Find(part.field, {Op::kNotNull}) : nullptr) {
        Restriction*& end = part.nulls_first ? path->from : path->to;
        if (end == nullptr) end = rest;
        path->used[rest->conjunct] = true;
      }
      // NULLs may lie beyond an open end: then the conditions stay.
      const bool has_nulls = part.nullable && !(part.nulls_first ? path->from : path->to);
      for (Restriction* end : {path->from, path->to}) {
        if (end && end->complete && !has_nulls) path->used[end->conjunct] = true;
      }
      return;
    }
  }

  double RowsOf(const Path& path) const {
    std::vector<bool> counted(context_.conjuncts ? context_.conjuncts->size() : 0);
    double selectivity = 1;
    auto count = [&](const Restriction* r) {
      if (!r || !r->weighs || counted[r->conjunct]) return;
      counted[r->conjunct] = true;
      selectivity *= context_.estimator->Selectivity(*(*context_.conjuncts)[r->conjunct]);
    };
    for (const Restriction* r : path.equal) count(r);
    count(path.items);
    if (path.from && path.to && path.from->weighs && path.to->weighs &&
        path.from->conjunct != path.to->conjunct) {
      std::vector<ExprPtr> both;
      both.push_back((*context_.conjuncts)[path.from->conjunct]->Clone());
      both.push_back((*context_.conjuncts)[path.to->conjunct]->Clone());
      selectivity *= context_.estimator->Selectivity(*expr::MakeAnd(std::move(both)));
    } else {
      count(path.from);
      count(path.to);
    }
    return std::max(1.0, table_rows_ * selectivity);
  }

  Path OwnPath(bool bounds) {
    Path path;
    const std::vector<Part> parts = PartsOf(nullptr);
    Match(parts, !bounds, &path);
    if (!bounds && !path.items) {
      path.cost = std::numeric_limits<double>::infinity();
      return path;
    }
    path.rows = table_rows_;
    path.cost = table_rows_;
    if (path.bounded()) {
      path.single = relation_.unique && path.equal.size() == parts.size() && !path.has_null;
      path.rows = path.single ? 1 : RowsOf(path);
      path.cost = (path.items ? kSeekCost * static_cast<double>(path.items->items.size())
                              : std::min(kSeekCost, table_rows_ / 2)) +
                  path.rows;
    }
    Order(parts, relation_.unique, &path);
    return path;
  }

  /// special: for an index that is not plain, with the conjuncts that its condition implies.
  Path IndexPath(const schema::RelationPtr& index, bool bounds, const Special* special = nullptr,
                 const std::vector<bool>* implied = nullptr) {
    Path path;
    path.index = index;
    const std::vector<Part> parts = PartsOf(index.get(), special);
    Match(parts, !bounds, &path);
    double share = 1;  // of the rows, that the index has
    for (size_t i = 0; implied != nullptr && i < implied->size(); ++i) {
      if (!(*implied)[i]) continue;
      if (!path.used[i]) share *= context_.estimator->Selectivity(*(*context_.conjuncts)[i]);
      path.used[i] = path.partial = true;
    }
    path.cost = std::numeric_limits<double>::infinity();
    if (!bounds && !path.items) return path;
    path.index_only = HasAll(*index, path);
    path.rows = table_rows_;
    double seeks = 1;
    if (path.bounded()) {
      path.single = index->unique && path.equal.size() >= index->key_columns && !path.has_null;
      path.rows = path.single ? 1 : std::max(1.0, RowsOf(path) * share);
      if (path.items) seeks = static_cast<double>(path.items->items.size());
    } else if (context_.order == nullptr) {
      return path;
    }
    path.cost = seeks * kSeekCost + path.rows * (path.index_only ? 1 : kLookupCost);
    // Ties are not in the order that a user sees.
    const bool total = index->first_tie == index->columns.size() &&
                       (index->unique || parts.size() == index->key.size());
    Order(parts, total, &path);
    if (!path.bounded() && !path.ordered) path.cost = std::numeric_limits<double>::infinity();
    return path;
  }

  /// The index has every column that is read.
  bool HasAll(const schema::RelationDescriptor& index, const Path& path) const {
    ColumnSet needed = context_.required;
    for (size_t i = 0; context_.conjuncts && i < context_.conjuncts->size(); ++i) {
      if (!path.used[i]) AddColumns(*(*context_.conjuncts)[i], &needed);
    }
    for (size_t i = 0; i < context_.scan->outputs.size(); ++i) {
      if (!needed.Has(context_.scan->outputs[i].id)) continue;
      if (index.ColumnOfSource(SourceOf(context_.scan->fields[i])) < 0) return false;
    }
    return true;
  }

  uint32_t SourceOf(uint32_t field) const {
    return field < live_.size() ? live_[field] : schema::kRowIdSource;
  }

  /// Sees whether the path gives the wanted order, and what that is worth. total: no two rows are
  /// equal in all parts.
  void Order(const std::vector<Part>& parts, bool total, Path* path) const {
    const WantedOrder* order = context_.order;
    if (order == nullptr) return;
    for (const bool reverse : {false, true}) {
      if (!path->single && !Gives(parts, total, reverse, *path)) continue;
      path->ordered = true;
      path->reverse = reverse;
      const double fraction =
          std::min(1.0, order->rows_wanted / std::max(1.0, std::min(passing_, path->rows)));
      path->cost = kSeekCost + (path->cost - kSeekCost) * fraction * (reverse ? kReverseCost : 1);
      return;
    }
    path->cost += order->sort_cost;
  }

  bool Gives(const std::vector<Part>& parts, bool total, bool reverse, const Path& path) const {
    const std::vector<WantedOrder::Key>& keys = context_.order->keys;
    auto fixed = [&](uint32_t field) {
      for (const Restriction& r : restrictions_) {
        if (r.field == field && (r.op == Op::kEq || r.op == Op::kIsNull) && r.exact) return true;
      }
      return false;
    };
    size_t next = 0;
    auto skip_fixed = [&] {
      while (next < keys.size() && fixed(keys[next].field)) ++next;
    };
    skip_fixed();
    for (size_t i = 0; i < parts.size() && next < keys.size(); ++i) {
      const Part& part = parts[i];
      if (keys[next].field != part.field) {
        if (fixed(part.field)) continue;
        return false;
      }
      if (!OrderedByBytes(relation_.columns[part.column].type)) return false;
      if (keys[next].descending == (part.descending != reverse) &&
          (!part.nullable || keys[next].nulls_first == (part.nulls_first != reverse))) {
        ++next;
        skip_fixed();
        continue;
      }
      return false;
    }
    return next == keys.size() || (total && !parts.empty());
  }

  static void Keep(Path path, Path* best) {
    if (path.cost < best->cost) *best = std::move(path);
  }

  // --- The choice

  void Apply(const Path& path, std::vector<ExprPtr>* conjuncts) {
    scan_->index = path.index;
    scan_->index_only = path.index_only;
    scan_->key_order = path.ordered;
    scan_->reverse = path.ordered && path.reverse;
    scan_->estimated_rows = path.rows;
    scan_->estimated_cost = path.cost;
    if (context_.order != nullptr) context_.order->satisfied = path.ordered;
    used_ = path.used;
    if (path.items) {
      for (const ExprPtr& item : path.items->items) {
        std::vector<ExprPtr> point;
        for (const Restriction* r : path.equal) point.push_back(r->bound->Clone());
        point.push_back(item->Clone());
        scan_->points.push_back(std::move(point));
      }
    } else {
      for (const Restriction* r : path.equal) {
        for (physical::KeyBoundExprs* end : {&scan_->lower, &scan_->upper}) {
          if (r->op == Op::kIsNull) end->null_parts |= uint64_t{1} << end->values.size();
          end->values.push_back(r->bound->Clone());
        }
      }
      AddEnd(&scan_->lower, path.from);
      AddEnd(&scan_->upper, path.to);
    }
    if (path.index == nullptr) ChooseSkips();
    size_t kept = 0;
    for (size_t i = 0; i < conjuncts->size(); ++i) {
      if (!used_[i]) {
        if (kept != i) (*conjuncts)[kept] = std::move((*conjuncts)[i]);
        ++kept;
      }
    }
    conjuncts->resize(kept);
    ColumnSet needed = context_.required;
    for (const ExprPtr& e : *conjuncts) AddColumns(*e, &needed);
    for (size_t i = 0; i < context_.scan->outputs.size(); ++i) {
      if (!needed.Has(context_.scan->outputs[i].id)) continue;
      const uint32_t field = context_.scan->fields[i];
      scan_->fields.push_back(
          path.index_only ? static_cast<uint32_t>(path.index->ColumnOfSource(SourceOf(field)))
                          : field);
      scan_->outputs.push_back(context_.scan->outputs[i]);
    }
  }

  static void AddEnd(physical::KeyBoundExprs* end, Restriction* r) {
    if (!r) return;
    r->bounds = true;
    if (r->op == Op::kNotNull) end->null_parts |= uint64_t{1} << end->values.size();
    end->values.push_back(r->bound->Clone());
    end->inclusive = r->op == Op::kGe || r->op == Op::kLe;
  }

  void ChooseSkips() {
    for (Restriction& r : restrictions_) {
      if (used_[r.conjunct] || r.bounds || r.op >= Op::kIn) continue;
      if (r.field >= kExpressionFields) continue;
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
  const PathContext& context_;
  const schema::RelationDescriptor& relation_;
  const std::vector<uint32_t> live_;
  const bool own_key_;
  double table_rows_ = 0;
  double passing_ = 0;  // rows that pass all conjuncts
  std::vector<Restriction> restrictions_;
  std::vector<bool> used_;
  std::vector<ExprPtr> expressions_;  // of indexes: field kExpressionFields + i
  std::vector<Special> special_;
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
    case TypeId::kEnum:
      return true;
    case TypeId::kNumeric:
      return type.is_fixed_numeric();
    default:
      return false;
  }
}

void ChooseAccessPath(physical::TableScan* scan, const PathContext& context) {
  AccessPath(scan, context).Choose();
}

}  // namespace lathe::optimize
