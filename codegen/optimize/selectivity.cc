// Fractions of rows that conditions let pass. With statistics: most common values, then the rest
// spread evenly; ranges by histogram or by position between minimum and maximum. Without:
// PostgreSQL's defaults (selfuncs.h).
#include <algorithm>
#include <cmath>

#include "codegen/expr/evaluate.h"
#include "codegen/optimize/estimate.h"
#include "runtime/base/arena.h"
#include "runtime/func/like_prefix.h"
#include "runtime/types/fixed.h"

namespace lathe::optimize {
namespace {

constexpr double kEqualDefault = 0.005;
constexpr double kRangeDefault = 1.0 / 3;
constexpr double kLikeDefault = 0.05;
constexpr double kNullDefault = 0.005;
constexpr double kDistinctDefault = 200;
constexpr double kDayMicros = 86400e6;

double Clamp(double s) { return std::min(1.0, std::max(1e-9, s)); }

/// A position on a line in the order of the values, for interpolation; none for types where that
/// means nothing.
std::optional<double> Position(const types::Value& value) {
  using types::TypeId;
  if (value.is_null()) return std::nullopt;
  const types::Type& type = value.type();
  switch (type.id) {
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kInt8:
    case TypeId::kOid:
    case TypeId::kTimestampTz:
    case TypeId::kTimestamp:
      return static_cast<double>(value.AsInt64());
    case TypeId::kDate:  // comparable with timestamps
      return static_cast<double>(value.AsInt64()) * kDayMicros;
    case TypeId::kFloat4:
    case TypeId::kFloat8:
      return value.AsDouble();
    case TypeId::kNumeric:
      if (!type.is_fixed_numeric()) return std::nullopt;
      return types::FixedToDouble(types::FixedFromDatum(type, value.datum()), type.scale);
    case TypeId::kText:
    case TypeId::kVarchar:
    case TypeId::kBpChar:
    case TypeId::kName: {
      // The first bytes as digits of a number.
      double position = 0, unit = 1;
      const std::string_view text = value.AsString();
      for (size_t i = 0; i < std::min<size_t>(text.size(), 8); ++i) {
        unit /= 256;
        position += unit * static_cast<unsigned char>(text[i]);
      }
      return position;
    }
    default:
      return std::nullopt;
  }
}

std::string_view Unpadded(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool SameValue(const types::Value& a, const types::Value& b) {
  if (a.is_null() || b.is_null()) return false;
  if (a.type().is_string_like() && b.type().is_string_like()) {
    const bool padded =
        a.type().id == types::TypeId::kBpChar || b.type().id == types::TypeId::kBpChar;
    return padded ? Unpadded(a.AsString()) == Unpadded(b.AsString()) : a.AsString() == b.AsString();
  }
  if (SameValues(a.type(), b.type())) {
    types::Value copy = a;
    copy.set_type(b.type());
    return copy.Identical(b);
  }
  const std::optional<double> x = Position(a), y = Position(b);
  return x && y && *x == *y;
}

}  // namespace

const ColumnFacts* Estimator::FactsOf(const Expr& e) const {
  const Expr* column = &e;
  while (column->kind == expr::Kind::kCast) column = column->children[0].get();
  return column->kind == expr::Kind::kColumn ? FactsOf(column->column) : nullptr;
}

const ColumnFacts* Estimator::FactsOf(ColumnId id) const {
  auto found = facts_.find(id.value);
  return found == facts_.end() ? nullptr : &found->second;
}

std::optional<types::Value> Estimator::HintOf(const Expr& e) const {
  if (e.kind == expr::Kind::kConst) return e.value;
  if (e.kind == expr::Kind::kParam) {
    if (e.param < options_.params.size()) return options_.params[e.param];
    return std::nullopt;
  }
  if (options_.params.empty() || !expr::IsRuntimeConstant(e)) return std::nullopt;
  bool known = true;
  expr::Visit(e, [&](const Expr& part) {
    if (part.kind == expr::Kind::kParam) known &= part.param < options_.params.size();
  });
  if (!known) return std::nullopt;
  base::Arena arena;
  func::FunctionContext functions;
  functions.arena = &arena;
  expr::EvalContext context;
  context.functions = &functions;
  context.params = options_.params;
  Result<types::Value> value = expr::Evaluate(e, context);
  if (!value.ok()) return std::nullopt;
  return std::move(value).value();
}

double Estimator::BaseDistinct(const Expr& e) {
  if (const ColumnFacts* facts = FactsOf(e)) {
    if (facts->distinct > 0) return facts->distinct;
    if (facts->stats && (e.type.is_integer() || e.type.id == types::TypeId::kDate)) {
      const std::optional<double> min = Position(facts->stats->min),
                                  max = Position(facts->stats->max);
      const double unit = e.type.id == types::TypeId::kDate ? kDayMicros : 1;
      if (min && max) return std::max(1.0, std::min(facts->table_rows, (*max - *min) / unit + 1));
    }
    if (facts->table_rows > 0) return std::min(facts->table_rows, kDistinctDefault);
  }
  switch (e.kind) {
    case expr::Kind::kConst:
    case expr::Kind::kParam:
      return 1;
    case expr::Kind::kColumn:
      return kDistinctDefault;
    default: {
      if (e.type.id == types::TypeId::kBool) return 2;
      // extract(year ...) and its like have few values.
      if (e.kind == expr::Kind::kCall && e.function->inline_op == func::InlineOp::kExtract)
        return 10;
      double distinct = 1;
      bool column = false;
      for (const ExprPtr& child : e.children) {
        if (expr::IsRuntimeConstant(*child)) continue;
        distinct *= BaseDistinct(*child);
        column = true;
      }
      return column ? distinct : 1;
    }
  }
}

double Estimator::Selectivity(const Expr& e) {
  switch (e.kind) {
    case expr::Kind::kConst:
      return IsConstNotTrue(e) ? 1e-9 : 1;
    case expr::Kind::kAnd:
      return AndSelectivity(e);
    case expr::Kind::kOr: {
      double rest = 1;
      for (const ExprPtr& child : e.children) rest *= 1 - Selectivity(*child);
      return Clamp(1 - rest);
    }
    case expr::Kind::kNot:
      return Clamp(1 - Selectivity(*e.children[0]));
    case expr::Kind::kIsNull:
    case expr::Kind::kIsNotNull: {
      const ColumnFacts* facts = FactsOf(*e.children[0]);
      const double nulls = facts && facts->stats ? facts->stats->null_fraction : kNullDefault;
      return Clamp(e.kind == expr::Kind::kIsNull ? nulls : 1 - nulls);
    }
    case expr::Kind::kIsTrue:
      return Selectivity(*e.children[0]);
    case expr::Kind::kIsFalse:
      return Clamp(1 - Selectivity(*e.children[0]));
    case expr::Kind::kIsDistinct:
      return Clamp(1 - 1 / std::max(BaseDistinct(*e.children[0]), BaseDistinct(*e.children[1])));
    case expr::Kind::kInList: {
      double sum = 0;
      for (size_t i = 1; i < e.children.size(); ++i) {
        sum += EqualSelectivity(*e.children[0], *e.children[i]);
      }
      return Clamp(sum);
    }
    case expr::Kind::kCall:
      return CallSelectivity(e);
    case expr::Kind::kColumn:
      return 0.5;
    default:
      return kRangeDefault;
  }
}

/// Two ranges of one column from both sides meet in the middle; everything else is independent.
double Estimator::AndSelectivity(const Expr& e) {
  struct Range {
    const Expr* column;
    double low = 1, high = 1;
  };
  std::vector<Range> ranges;
  double selectivity = 1;
  for (const ExprPtr& child : e.children) {
    const double s = Selectivity(*child);
    bool paired = false;
    if (child->kind == expr::Kind::kCall && child->children.size() == 2 &&
        !child->function->op.empty()) {
      const std::string_view op = child->function->op;
      const bool below = op == "<" || op == "<=", above = op == ">" || op == ">=";
      if (below || above) {
        const bool first = FactsOf(*child->children[0]) != nullptr;
        const Expr* column = child->children[first ? 0 : 1].get();
        const Expr* bound = child->children[first ? 1 : 0].get();
        if (FactsOf(*column) && expr::IsRuntimeConstant(*bound)) {
          Range* range = nullptr;
          for (Range& r : ranges) {
            if (expr::Equal(*r.column, *column)) range = &r;
          }
          if (!range) {
            ranges.push_back({column});
            range = &ranges.back();
          }
          double& end = (below == first) ? range->high : range->low;
          end = std::min(end, s);
          paired = true;
        }
      }
    }
    if (!paired) selectivity *= s;
  }
  for (const Range& range : ranges) {
    if (range.low < 1 && range.high < 1) {
      const double between = range.low + range.high - 1;
      // Both unknown: PostgreSQL's default for a closed range. One unknown: it halves what the
      // other lets pass.
      const bool low_unknown = range.low == kRangeDefault,
                 high_unknown = range.high == kRangeDefault;
      if (low_unknown && high_unknown) {
        selectivity *= kEqualDefault;
      } else if (low_unknown || high_unknown) {
        selectivity *= (low_unknown ? range.high : range.low) / 2;
      } else {
        selectivity *= between <= 0 ? kEqualDefault : between;
      }
    } else {
      selectivity *= range.low * range.high;
    }
  }
  return Clamp(selectivity);
}

double Estimator::CallSelectivity(const Expr& e) {
  if (e.children.size() != 2 || e.function->op.empty()) return kRangeDefault;
  const std::string_view op = e.function->op;
  const Expr* a = e.children[0].get();
  const Expr* b = e.children[1].get();
  if (op == "=" || op == "<>") {
    double equal;
    if (expr::IsRuntimeConstant(*b)) {
      equal = EqualSelectivity(*a, *b);
    } else if (expr::IsRuntimeConstant(*a)) {
      equal = EqualSelectivity(*b, *a);
    } else {
      equal = 1 / std::max(BaseDistinct(*a), BaseDistinct(*b));
    }
    return Clamp(op == "=" ? equal : 1 - equal);
  }
  if (op == "<" || op == "<=" || op == ">" || op == ">=") {
    if (expr::IsRuntimeConstant(*b)) return RangeSelectivity(*a, *b, op);
    if (expr::IsRuntimeConstant(*a)) {
      return RangeSelectivity(*b, *a, op[0] == '<' ? ">" : "<");
    }
    return kRangeDefault;
  }
  if (op == "~~" || op == "~~*" || op == "~" || op == "~*") return LikeSelectivity(e);
  if (op == "!~~" || op == "!~~*" || op == "!~" || op == "!~*") {
    return Clamp(1 - LikeSelectivity(e));
  }
  return kRangeDefault;
}

double Estimator::EqualSelectivity(const Expr& column, const Expr& other) {
  const ColumnFacts* facts = FactsOf(column);
  const double distinct = BaseDistinct(column);
  if (!facts || !facts->stats) return facts ? 1 / distinct : kEqualDefault;
  double common = 0;
  const std::optional<types::Value> value = HintOf(other);
  for (const auto& [v, fraction] : facts->stats->most_common) {
    if (value && SameValue(*value, v)) return Clamp(fraction);
    common += fraction;
  }
  const double rest = std::max(0.0, 1 - common - facts->stats->null_fraction);
  const double others = distinct - static_cast<double>(facts->stats->most_common.size());
  // Never nothing: the value may have come since the statistics were made.
  return Clamp(std::max(rest / std::max(1.0, others), 0.5 / std::max(1.0, facts->table_rows)));
}

/// Of values spread evenly over [low, high], the part below `at`.
double Uniform(double low, double high, double at) {
  if (high <= low) return at > low ? 1 : 0;
  return std::clamp((at - low) / (high - low), 0.0, 1.0);
}

/// What the histogram says, corrected for rows that came later: where they went beyond its ends,
/// which the column's bounds tell, they are taken to be all there.
double WithNewer(const schema::ColumnStats& stats, double at, double below) {
  if (stats.newer_fraction <= 0) return below;
  const std::optional<double> min = Position(stats.min), max = Position(stats.max);
  const std::optional<double> first = Position(stats.histogram.front()),
                              last = Position(stats.histogram.back());
  if (!min || !max || !first || !last || (*min >= *first && *max <= *last)) return below;
  const double newer = Uniform(*min < *first ? *min : *last, *max > *last ? *max : *first, at);
  return below * (1 - stats.newer_fraction) + newer * stats.newer_fraction;
}

/// The part of the column's values below this one, NULLs apart; nothing where it cannot be told.
std::optional<double> Below(const schema::ColumnStats& stats, const types::Value& value) {
  const std::optional<double> at = Position(value);
  if (!at) return std::nullopt;
  double below;
  const auto& histogram = stats.histogram;
  if (histogram.size() >= 2) {
    size_t bucket = 0;
    while (bucket < histogram.size()) {
      const std::optional<double> edge = Position(histogram[bucket]);
      if (!edge) return std::nullopt;
      if (*edge > *at) break;
      ++bucket;
    }
    if (bucket == 0) {
      below = 0;
    } else if (bucket == histogram.size()) {
      below = 1;
    } else {
      const double low = *Position(histogram[bucket - 1]), high = *Position(histogram[bucket]);
      const double within = high > low ? (*at - low) / (high - low) : 0.5;
      below =
          (static_cast<double>(bucket - 1) + within) / static_cast<double>(histogram.size() - 1);
    }
    return WithNewer(stats, *at, below);
  }
  const std::optional<double> min = Position(stats.min), max = Position(stats.max);
  if (!min || !max) return std::nullopt;
  return Uniform(*min, *max, *at);
}

double Estimator::RangeSelectivity(const Expr& column, const Expr& bound, std::string_view op) {
  const ColumnFacts* facts = FactsOf(column);
  const std::optional<types::Value> value = HintOf(bound);
  if (!facts || !facts->stats || !value) return kRangeDefault;
  const std::optional<double> below = Below(*facts->stats, *value);
  if (!below) return kRangeDefault;
  // Never nothing: statistics are old the moment they are made.
  const double s = (op[0] == '<' ? *below : 1 - *below) * (1 - facts->stats->null_fraction);
  return std::min(1.0, std::max(1e-4, s));
}

std::string Estimator::LikePrefix(const Expr& pattern) const {
  const std::optional<types::Value> value = HintOf(pattern);
  if (!value || value->is_null() || !value->type().is_string_like()) return {};
  return func::LikePrefix(value->AsString());
}

/// The most common values and the bounds of the histogram are a sample of the column: the predicate
/// is evaluated on them. Nothing when there are too few, or it fails.
std::optional<double> Estimator::SampledSelectivity(const Expr& e, const Expr& column) {
  constexpr size_t kSampleMin = 50;
  const ColumnFacts* facts = FactsOf(column);
  if (!facts || !facts->stats || column.kind != expr::Kind::kColumn) return std::nullopt;
  const schema::ColumnStats& stats = *facts->stats;
  if (stats.histogram.size() < kSampleMin) return std::nullopt;
  const std::optional<types::Value> other = HintOf(*e.children[1]);
  if (!other || other->is_null()) return std::nullopt;
  ExprPtr test = e.Clone();
  test->children[1] = expr::MakeConst(*other);
  base::Arena arena;
  func::FunctionContext functions;
  functions.arena = &arena;
  expr::EvalContext context;
  context.functions = &functions;
  auto passes = [&](const types::Value& value) -> std::optional<bool> {
    test->children[0] = expr::MakeConst(value);
    Result<types::Value> answer = expr::Evaluate(*test, context);
    if (!answer.ok()) return std::nullopt;
    return !answer->is_null() && answer->AsBool();
  };
  double matches = 0;
  for (const types::Value& value : stats.histogram) {
    const std::optional<bool> pass = passes(value);
    if (!pass) return std::nullopt;
    matches += *pass;
  }
  return matches / static_cast<double>(stats.histogram.size()) * (1 - stats.null_fraction);
}

/// [NOT] LIKE and its like, as the positive form: by a sample of the column's values; few matches
/// leave it to the pattern.
double Estimator::LikeSelectivity(const Expr& e) {
  const Expr& pattern = *e.children[1];
  const bool negated = e.function->op[0] == '!';
  std::optional<double> sampled = SampledSelectivity(e, *e.children[0]);
  if (sampled && negated) sampled = 1 - *sampled;
  constexpr double kFew = 0.03;
  if (sampled && *sampled > kFew) return std::min(1.0, *sampled);
  const ColumnFacts* facts = FactsOf(*e.children[0]);
  if (e.function->op == "~~" && facts && facts->stats) {
    const std::string prefix = LikePrefix(pattern);
    if (!prefix.empty()) {
      const std::optional<double> from = Below(*facts->stats, types::Value::Text(prefix)),
                                  to = Below(*facts->stats,
                                             types::Value::Text(func::PrefixEnd(prefix)));
      // Interpolated between bounds of a histogram: shorter than a step it is a guess.
      const double least = 0.5 / std::max(1.0, facts->table_rows);
      if (from && to) return std::min(1.0, std::max(*to - *from, least));
    }
  }
  // Of a regular expression no more is known.
  if (e.function->op.find("~~") == std::string_view::npos) return sampled ? kFew / 2 : kLikeDefault;
  const std::optional<types::Value> value = HintOf(pattern);
  if (!value || value->is_null() || !value->type().is_string_like()) return kLikeDefault;
  // A fixed character is in a fifth of the places, a wildcard at the start forgives
  // (like_selectivity of PostgreSQL, flattened).
  double selectivity = 1;
  for (char c : value->AsString()) {
    if (c == '%') {
      selectivity *= 5;
    } else if (c != '_') {
      selectivity *= 0.2;
    }
  }
  selectivity = std::min(0.5, std::max(0.02, selectivity));
  return sampled ? std::min(selectivity, kFew) : selectivity;
}

}  // namespace lathe::optimize
