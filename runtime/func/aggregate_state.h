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

/// A numeric of any size, rewritten in place. All zero = 0.
struct NumericCell {
  ArenaBytes bytes;

  types::Numeric Get() const {
    if (bytes.size == 0) return types::Numeric();
    types::Datum datum;
    datum.string = {bytes.data, bytes.size};
    return types::Numeric::FromDatum(datum);
  }
  void Set(base::Arena* arena, const types::Numeric& n) {
    bytes.size = 0;
    bytes.Reserve(arena, n.EncodedBytes());
    n.EncodeTo(bytes.data);
    bytes.size = n.EncodedBytes();
  }
  void Add(base::Arena* arena, const types::Numeric& n) { Set(arena, types::Add(Get(), n)); }
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
