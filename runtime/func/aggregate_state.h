// What the states of aggregates are made of, private to this folder. States are plain memory that
// is dropped without a call: what grows lies in the arena.
#pragma once

#include <cstring>
#include <string_view>

#include "runtime/func/context.h"
#include "runtime/func/function.h"
#include "runtime/types/numeric.h"

namespace lathe::func {

/// Bytes that grow, in an arena. All zero = empty.
struct ArenaBytes {
  char* data;
  uint64_t size, capacity;

  void Reserve(base::Arena* arena, uint64_t wanted) {
    if (wanted <= capacity) return;
    uint64_t fresh_capacity = capacity * 2 < 64 ? 64 : capacity * 2;
    if (fresh_capacity < wanted) fresh_capacity = wanted;
    char* fresh = arena->Allocate(fresh_capacity);
    if (size != 0) std::memcpy(fresh, data, size);
    data = fresh;
    capacity = fresh_capacity;
  }
  void Append(base::Arena* arena, std::string_view bytes) {
    Reserve(arena, size + bytes.size());
    if (!bytes.empty()) std::memcpy(data + size, bytes.data(), bytes.size());
    size += bytes.size();
  }
  void Assign(base::Arena* arena, std::string_view bytes) {
    size = 0;
    Append(arena, bytes);
  }
  std::string_view view() const { return {data, size}; }
};

/// A numeric of any size, rewritten in place; also larger than a stored one may be, as sums of
/// squares are. All zero = 0.
struct NumericCell {
  ArenaBytes bytes;  // Head, then the digits

  types::Numeric Get() const {
    if (bytes.size == 0) return types::Numeric();
    Head head;
    std::memcpy(&head, bytes.data, sizeof head);
    switch (head.kind) {
      case types::Numeric::Kind::kNan:
        return types::Numeric::NaN();
      case types::Numeric::Kind::kPositiveInfinity:
      case types::Numeric::Kind::kNegativeInfinity:
        return types::Numeric::Infinity(head.negative);
      case types::Numeric::Kind::kFinite:
        break;
    }
    const auto* digits = reinterpret_cast<const int16_t*>(bytes.data + sizeof head);
    return types::Numeric::FromDigits(digits, head.count, head.weight, head.negative, head.dscale);
  }
  void Set(base::Arena* arena, const types::Numeric& n) {
    const Head head{n.kind(), n.negative(), n.weight(), n.dscale(),
                    static_cast<uint32_t>(n.digits().size())};
    const size_t size = sizeof head + head.count * sizeof(int16_t);
    bytes.size = 0;
    bytes.Reserve(arena, size);
    std::memcpy(bytes.data, &head, sizeof head);
    if (head.count != 0) {
      std::memcpy(bytes.data + sizeof head, n.digits().data(), head.count * sizeof(int16_t));
    }
    bytes.size = size;
  }
  void Add(base::Arena* arena, const types::Numeric& n) { Set(arena, types::Add(Get(), n)); }

 private:
  struct Head {
    types::Numeric::Kind kind;
    bool negative;
    int32_t weight, dscale;
    uint32_t count;
  };
};

/// A value of any type, its bytes in the arena.
struct KeptDatum {
  types::Datum datum;
  ArenaBytes bytes;

  void Set(base::Arena* arena, const types::Datum& value, bool is_string) {
    datum = value;
    if (!is_string) return;
    bytes.Assign(arena, value.string.view());
    datum.string = {bytes.data, bytes.size};
  }
};

/// The state's type of a step function.
template <class State>
State* StateOf(void* state) {
  return static_cast<State*>(state);
}
template <class State>
const State* StateOf(const void* state) {
  return static_cast<const State*>(state);
}

/// A result that may be an error.
inline CallStatus FinishNumeric(FunctionContext* context, Result<types::Numeric> n,
                                types::Datum* result) {
  if (!n.ok()) return context->Fail(std::move(n).error());
  Status fits = n->CheckRange();
  if (!fits.ok()) return context->Fail(std::move(fits).error());
  *result = n->ToDatum(context->arena);
  return CallStatus::kOk;
}

/// A row of the list of aggregates.
inline Aggregate* AddAggregate(std::vector<Aggregate>* list, uint32_t oid, std::string_view name,
                               AggregateKind kind, std::vector<types::Type> args,
                               types::Type result, const AggregateSteps* steps) {
  Aggregate a;
  a.oid = Oid(oid);
  a.name = name;
  a.kind = kind;
  a.args = std::move(args);
  a.result = result;
  a.steps = steps;
  list->push_back(std::move(a));
  return &list->back();
}

/// The steps of a class with State, Step, Combine and Finish (and Inverse, if kInverse).
template <class A, bool kInverse = false>
const AggregateSteps* StepsOf() {
  static const AggregateSteps steps = [] {
    AggregateSteps s;
    s.state_bytes = (sizeof(typename A::State) + 15) / 16 * 16;
    s.step = A::Step;
    s.combine = A::Combine;
    s.finish = A::Finish;
    if constexpr (kInverse) s.inverse = A::Inverse;
    return s;
  }();
  return &steps;
}

}  // namespace lathe::func
