// Proofs that integer and fixed-point values are small: from the bounds of table columns, of
// constants and of types, by interval arithmetic. Arithmetic that is proved to fit 64 bits needs
// neither 128 bits nor checks.
#include "codegen/emit/emitter.h"
#include "runtime/types/fixed.h"

namespace lathe::emit {

using expr::Kind;
using func::InlineOp;
using types::int128;

std::optional<pipeline::Range> Emitter::RangeOfType(const types::Type& type) {
  if (type.is_fixed_numeric()) {
    const int128 bound = types::PowerOf10(type.precision) - 1;
    return Range{-bound, bound};
  }
  switch (type.id) {
    case types::TypeId::kInt2:
      return Range{INT16_MIN, INT16_MAX};
    case types::TypeId::kInt4:
    case types::TypeId::kDate:
      return Range{INT32_MIN, INT32_MAX};
    case types::TypeId::kInt8:
      return Range{INT64_MIN, INT64_MAX};
    default:
      return std::nullopt;
  }
}

namespace {

using Range = pipeline::Range;

std::optional<Range> Multiply(const Range& a, const Range& b) {
  int128 products[4];
  const int128 pairs[4][2] = {{a.min, b.min}, {a.min, b.max}, {a.max, b.min}, {a.max, b.max}};
  for (int i = 0; i < 4; ++i) {
    if (__builtin_mul_overflow(pairs[i][0], pairs[i][1], &products[i])) return std::nullopt;
  }
  return Range{*std::min_element(products, products + 4),
               *std::max_element(products, products + 4)};
}

std::optional<Range> Add(const Range& a, const Range& b) {
  Range sum;
  if (__builtin_add_overflow(a.min, b.min, &sum.min) ||
      __builtin_add_overflow(a.max, b.max, &sum.max))
    return std::nullopt;
  return sum;
}

/// In units of another scale.
std::optional<Range> Rescale(std::optional<Range> r, int digits) {
  if (!r || digits == 0) return r;
  if (digits < 0) return std::nullopt;
  const int128 factor = types::PowerOf10(digits);
  return Multiply(*r, Range{factor, factor});
}

int ScaleOf(const types::Type& type) { return type.is_fixed_numeric() ? type.scale : 0; }

}  // namespace

std::optional<pipeline::Range> Emitter::RangeOf(const Expr& e) const {
  const std::optional<Range> whole = RangeOfType(e.type);
  if (!whole) return std::nullopt;
  auto within = [&](std::optional<Range> r) -> std::optional<Range> {
    if (!r) return whole;
    return Range{std::max(r->min, whole->min), std::min(r->max, whole->max)};
  };
  auto constant = program_.constant_of.find(&e);
  if (constant != program_.constant_of.end()) {
    if (options_.constant_bounds == nullptr) return whole;
    const int128 bound = (*options_.constant_bounds)[constant->second];
    return bound < 0 ? whole : within(Range{-bound, bound});
  }
  switch (e.kind) {
    case Kind::kConst: {
      if (e.value.is_null()) return Range{0, 0};
      const int128 v = e.type.is_fixed_numeric() ? types::FixedFromDatum(e.type, e.value.datum())
                                                 : static_cast<int128>(e.value.AsInt64());
      return Range{v, v};
    }
    case Kind::kColumn: {
      auto computed = ranges_.find(e.column);
      if (computed != ranges_.end()) return within(computed->second);
      auto stored = program_.ranges.find(e.column);
      return options_.columns_are_bounded && stored != program_.ranges.end()
                 ? within(stored->second)
                 : whole;
    }
    case Kind::kCast: {
      const types::Type& from = e.children[0]->type;
      if (!RangeOfType(from)) return whole;
      return within(Rescale(RangeOf(*e.children[0]), ScaleOf(e.type) - ScaleOf(from)));
    }
    case Kind::kCall:
      break;
    default:
      return whole;
  }
  if (!CanInlineArithmetic(e)) return whole;
  std::optional<Range> a = RangeOf(*e.children[0]);
  const InlineOp op = e.function->inline_op;
  if (op == InlineOp::kNegate) return a ? within(Range{-a->max, -a->min}) : whole;
  if (e.children.size() < 2) return whole;
  std::optional<Range> b = RangeOf(*e.children[1]);
  if (!a || !b) return whole;
  if (op == InlineOp::kMultiply) return within(Multiply(*a, *b));
  if (op != InlineOp::kAdd && op != InlineOp::kSubtract) return whole;
  a = Rescale(a, ScaleOf(e.type) - ScaleOf(e.children[0]->type));
  b = Rescale(b, ScaleOf(e.type) - ScaleOf(e.children[1]->type));
  if (!a || !b) return whole;
  if (op == InlineOp::kSubtract) b = Range{-b->max, -b->min};
  return within(Add(*a, *b));
}

}  // namespace lathe::emit
