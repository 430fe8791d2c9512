// One walk over the statement: each literal that may be lifted is replaced by a Parameter in its
// place. Numbers continue after the statement's own parameters, so those are looked for first.
#include "frontend/ast/lift.h"

#include <algorithm>
#include <map>

#include "frontend/ast/print.h"
#include "frontend/ast/walk.h"

namespace lathe::ast {
namespace {

/// The protocol's limit; larger numbers are errors of the binder.
constexpr int32_t kParametersMax = 65535;

struct FindLargestParameter {
  int32_t largest = 0;
  size_t literals = 0;

  void operator()(ExprPtr& e) {
    if (e->kind == Expr::Kind::kParameter) largest = std::max(largest, e->As<Parameter>().number);
    literals += e->kind == Expr::Kind::kLiteral;
    VisitChildren(*e, *this);
  }
  void operator()(SelectStatement& s) { VisitChildren(s, *this); }
  void operator()(TableRef& t) { VisitChildren(t, *this); }
};

/// Whether an INSERT names its arbiter index by expressions: those must match the index's as
/// written.
bool NamesIndexByExpression(const InsertStatement& insert) {
  if (insert.on_conflict == nullptr) return false;
  if (insert.on_conflict->target_where != nullptr) return true;
  return std::any_of(insert.on_conflict->target.begin(), insert.on_conflict->target.end(),
                     [](const OnConflict::Element& element) {
                       return element.expr->kind != Expr::Kind::kColumnRef;
                     });
}

const WithClause* WithOf(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::kSelect:
      return statement.As<SelectStatement>().with.get();
    case Statement::Kind::kInsert:
      return statement.As<InsertStatement>().with.get();
    case Statement::Kind::kUpdate:
      return statement.As<UpdateStatement>().with.get();
    case Statement::Kind::kDelete:
      return statement.As<DeleteStatement>().with.get();
    case Statement::Kind::kMerge:
      return statement.As<MergeStatement>().with.get();
    default:
      return nullptr;
  }
}

/// Whether the statement, or one in its WITH (deeper ones are not allowed), is such an INSERT.
bool HasIndexExpressions(const Statement& statement) {
  if (statement.kind == Statement::Kind::kInsert &&
      NamesIndexByExpression(statement.As<InsertStatement>())) {
    return true;
  }
  const WithClause* with = WithOf(statement);
  if (with == nullptr) return false;
  return std::any_of(with->items.begin(), with->items.end(), [](const CommonTableExpr& item) {
    return item.query->kind == Statement::Kind::kInsert &&
           NamesIndexByExpression(item.query->As<InsertStatement>());
  });
}

/// What a plan may depend on of a LIKE pattern: where its wildcards are.
std::string_view PatternClass(std::string_view pattern) {
  if (pattern.find_first_of("\\_") != std::string_view::npos) return "like:general";
  const size_t first = pattern.find('%');
  if (first == std::string_view::npos) return "like:exact";
  const size_t last = pattern.rfind('%');
  const bool inside = std::count(pattern.begin(), pattern.end(), '%') > 2;
  if (inside) return "like:general";
  if (first == last) {
    if (first + 1 == pattern.size()) return "like:prefix";
    if (first == 0) return "like:suffix";
    return "like:general";
  }
  return first == 0 && last + 1 == pattern.size() ? "like:contains" : "like:general";
}

std::string ClassOf(const Literal& literal) {
  switch (literal.type) {
    case Literal::Type::kInteger:
      return literal.integer >= INT32_MIN && literal.integer <= INT32_MAX ? "int4" : "int8";
    case Literal::Type::kDecimal: {
      if (literal.text.find_first_of("eE") != std::string::npos)
        return "numeric(" + literal.text + ")";
      const size_t point = literal.text.find('.');
      const size_t scale = point == std::string::npos ? 0 : literal.text.size() - point - 1;
      const size_t digits =
          literal.text.size() - (point != std::string::npos) - (literal.text[0] == '-');
      return "numeric(" + std::to_string(digits) + "," + std::to_string(scale) + ")";
    }
    default:
      return "unknown";
  }
}

class Lifter {
 public:
  explicit Lifter(int32_t next) : next_(next) {}

  void operator()(ExprPtr& e) {
    if (e->kind == Expr::Kind::kLiteral) {
      Lift(e, "");
      return;
    }
    if (e->kind == Expr::Kind::kFunctionCall) {
      auto& call = e->As<FunctionCall>();
      // EXTRACT's field decides the type of its result; NORMALIZE's form is a keyword.
      const bool keep_first = call.sql_syntax && call.name.name == "extract";
      const bool keep_second =
          call.sql_syntax && (call.name.name == "normalize" || call.name.name == "is_normalized");
      for (size_t i = 0; i < call.args.size(); ++i) {
        if ((i == 0 && keep_first) || (i == 1 && keep_second)) continue;
        (*this)(call.args[i]);
      }
      Sort(call.order_by);
      VisitOne(call.filter, *this);
      if (call.over != nullptr) Window(*call.over);
      return;
    }
    if (e->kind == Expr::Kind::kLike) {
      auto& like = e->As<Like>();
      VisitOne(like.operand, *this);
      if (like.pattern->kind == Expr::Kind::kLiteral &&
          like.pattern->As<Literal>().type == Literal::Type::kString) {
        const bool plain = like.type == Like::Type::kLike && like.escape == nullptr;
        Lift(like.pattern, plain ? PatternClass(like.pattern->As<Literal>().text) : "like:general");
      } else {
        VisitOne(like.pattern, *this);
      }
      VisitOne(like.escape, *this);
      return;
    }
    VisitChildren(*e, *this);
  }

  void operator()(TableRef& table) { VisitChildren(table, *this); }

  void operator()(SelectStatement& select) {
    VisitAll(select.with.get(), *this);
    KeepOrdinals(select.distinct_on);
    VisitAll(select.targets, *this);
    VisitAll(select.from, *this);
    VisitOne(select.where, *this);
    Group(select.group_by);
    VisitOne(select.having, *this);
    for (WindowDefinition& window : select.windows) Window(window);
    for (ExprList& row : select.rows) VisitAll(row, *this);
    if (select.left != nullptr) (*this)(*select.left);
    if (select.right != nullptr) (*this)(*select.right);
    Sort(select.order_by);
    VisitOne(select.limit, *this);
    VisitOne(select.offset, *this);
  }

  std::vector<LiftedLiteral> Take() { return std::move(literals_); }

 private:
  /// In ORDER BY, GROUP BY and DISTINCT ON a bare constant means an output column, or is an error:
  /// it stays.
  void KeepOrdinal(ExprPtr& e) {
    if (e != nullptr && e->kind != Expr::Kind::kLiteral) (*this)(e);
  }
  void KeepOrdinals(ExprList& exprs) {
    for (ExprPtr& e : exprs) KeepOrdinal(e);
  }
  void Sort(SortList& items) {
    for (SortItem& item : items) KeepOrdinal(item.expr);
  }
  void Group(std::vector<GroupItem>& items) {
    for (GroupItem& item : items) {
      if (item.expr != nullptr && item.expr->kind == Expr::Kind::kRow &&
          !item.expr->As<Row>().explicit_row) {
        KeepOrdinals(item.expr->As<Row>().items);
      } else {
        KeepOrdinal(item.expr);
      }
      Group(item.items);
    }
  }
  void Window(WindowDefinition& window) {
    KeepOrdinals(window.partition_by);
    Sort(window.order_by);
    VisitOne(window.start.offset, *this);
    VisitOne(window.end.offset, *this);
  }

  void Lift(ExprPtr& e, std::string_view pattern_class) {
    const auto& literal = e->As<Literal>();
    if (literal.type == Literal::Type::kNull || literal.type == Literal::Type::kBoolean ||
        literal.type == Literal::Type::kBitString) {
      return;
    }
    std::string klass = pattern_class.empty() ? ClassOf(literal) : std::string(pattern_class);
    std::string value =
        literal.type == Literal::Type::kInteger ? std::to_string(literal.integer) : literal.text;
    auto [found, added] = numbers_.try_emplace({klass, value}, next_);
    if (added) {
      literals_.push_back(
          LiftedLiteral{literal.type, literal.integer, literal.text, literal.location, next_++});
    }
    auto parameter = std::make_unique<Parameter>();
    parameter->location = literal.location;
    parameter->number = found->second;
    parameter->lifted = literal.type;
    parameter->lifted_class = std::move(klass);
    e = std::move(parameter);
  }

  int32_t next_;
  std::map<std::pair<std::string, std::string>, int32_t> numbers_;  // by class and value
  std::vector<LiftedLiteral> literals_;
};

}  // namespace

std::optional<LiftedStatement> LiftLiterals(Statement& statement, size_t literals_max) {
  switch (statement.kind) {
    case Statement::Kind::kSelect:
    case Statement::Kind::kInsert:
    case Statement::Kind::kUpdate:
    case Statement::Kind::kDelete:
    case Statement::Kind::kMerge:
      break;
    default:
      return std::nullopt;
  }
  if (HasIndexExpressions(statement)) return std::nullopt;
  FindLargestParameter find;
  VisitChildren(statement, find);
  if (find.literals > literals_max || find.largest > kParametersMax) return std::nullopt;
  Lifter lifter(find.largest + 1);
  if (statement.kind == Statement::Kind::kSelect) {
    lifter(statement.As<SelectStatement>());
  } else {
    VisitChildren(statement, lifter);
  }
  LiftedStatement lifted;
  lifted.literals = lifter.Take();
  lifted.fingerprint = Print(statement, PrintOptions{.fingerprint = true});
  return lifted;
}

}  // namespace lathe::ast
