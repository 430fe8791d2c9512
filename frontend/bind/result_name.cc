// Names of result columns without AS.
#include "frontend/bind/bind.h"

namespace lathe::bind {
namespace {

/// How sure PostgreSQL is of a derived name: a cast's type name gives way to a real name below it.
enum class Strength { kNone, kWeak, kStrong };

struct Named {
  std::string name;
  Strength strength = Strength::kNone;
};

Named Derive(const ast::Expr& e);

Named DeriveSubquery(const ast::Subquery& e) {
  switch (e.type) {
    case ast::Subquery::Type::kExists:
      return {"exists", Strength::kStrong};
    case ast::Subquery::Type::kArray:
      return {"array", Strength::kStrong};
    case ast::Subquery::Type::kScalar: {
      const ast::SelectStatement* query = e.query.get();
      while (query->form == ast::SelectStatement::Form::kSetOperation) query = query->left.get();
      if (query->form == ast::SelectStatement::Form::kValues) return {"column1", Strength::kStrong};
      if (query->targets.empty()) return {};
      const ast::Target& target = query->targets[0];
      if (!target.name.empty()) return {target.name, Strength::kStrong};
      return {ResultName(*target.expr), Strength::kStrong};
    }
    case ast::Subquery::Type::kIn:
    case ast::Subquery::Type::kAny:
    case ast::Subquery::Type::kAll:
      return {};
  }
  return {};
}

std::string NameOf(ast::SpecialValue::Type type) {
  using Type = ast::SpecialValue::Type;
  switch (type) {
    case Type::kCurrentDate:
      return "current_date";
    case Type::kCurrentTime:
      return "current_time";
    case Type::kCurrentTimestamp:
      return "current_timestamp";
    case Type::kLocalTime:
      return "localtime";
    case Type::kLocalTimestamp:
      return "localtimestamp";
    case Type::kCurrentRole:
      return "current_role";
    case Type::kCurrentUser:
      return "current_user";
    case Type::kUser:
      return "user";
    case Type::kSessionUser:
      return "session_user";
    case Type::kCurrentCatalog:
      return "current_catalog";
    case Type::kCurrentSchema:
      return "current_schema";
  }
  return "?column?";
}

Named Derive(const ast::Expr& e) {
  using Kind = ast::Expr::Kind;
  switch (e.kind) {
    case Kind::kColumnRef: {
      const auto& ref = e.As<ast::ColumnRef>();
      if (ref.star || ref.parts.empty()) return {};
      return {ref.parts.back(), Strength::kStrong};
    }
    case Kind::kFieldSelect: {
      const auto& select = e.As<ast::FieldSelect>();
      if (!select.star) return {select.field, Strength::kStrong};
      return Derive(*select.operand);
    }
    case Kind::kSubscript:
      return Derive(*e.As<ast::Subscript>().operand);
    case Kind::kFunctionCall:
      return {e.As<ast::FunctionCall>().name.name, Strength::kStrong};
    case Kind::kNullIf:
      return {"nullif", Strength::kStrong};
    case Kind::kCast: {
      const auto& cast = e.As<ast::Cast>();
      Named inner = Derive(*cast.operand);
      if (inner.strength == Strength::kStrong || cast.type.name.name.empty()) return inner;
      return {cast.type.name.name, Strength::kWeak};
    }
    case Kind::kCollate:
      return Derive(*e.As<ast::Collate>().operand);
    case Kind::kGrouping:
      return {"grouping", Strength::kStrong};
    case Kind::kSubquery:
      return DeriveSubquery(e.As<ast::Subquery>());
    case Kind::kCase: {
      const auto& node = e.As<ast::Case>();
      Named inner = node.otherwise ? Derive(*node.otherwise) : Named{};
      if (inner.strength == Strength::kStrong) return inner;
      return {"case", Strength::kWeak};
    }
    case Kind::kArray:
      return {"array", Strength::kStrong};
    case Kind::kRow:
      return {"row", Strength::kStrong};
    case Kind::kCoalesce:
      return {"coalesce", Strength::kStrong};
    case Kind::kGreatestLeast:
      return {e.As<ast::GreatestLeast>().greatest ? "greatest" : "least", Strength::kStrong};
    case Kind::kSpecialValue:
      return {NameOf(e.As<ast::SpecialValue>().type), Strength::kStrong};
    default:
      return {};
  }
}

}  // namespace

std::string ResultName(const ast::Expr& expr) {
  Named named = Derive(expr);
  return named.strength == Strength::kNone ? "?column?" : std::move(named.name);
}

}  // namespace lathe::bind
