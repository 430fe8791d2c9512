// Functions that give rows: generate_series, generate_subscripts, unnest, string_to_table,
// regexp_matches, regexp_split_to_table; and the list of all of them.
#include <unordered_map>

#include "runtime/func/regex.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/datetime.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Numeric;
using types::Type;
using types::TypeId;

/// One row of one column; false = stop.
bool AddOne(SetSink* sink, const Datum& value) {
  const bool null = false;
  return sink->Add(&value, &null);
}
bool AddNull(SetSink* sink) {
  const Datum value;
  const bool null = true;
  return sink->Add(&value, &null);
}
CallStatus StepZero(FunctionContext* context) {
  return context->Fail(SqlState::kInvalidParameterValue, "step size cannot equal zero");
}

Datum OidDatum(Oid oid) {
  Datum value;
  value.i32 = static_cast<int32_t>(oid.value);
  return value;
}

CallStatus PartitionAncestors(FunctionContext* context, const Datum* args, const bool*,
                              SetSink* sink) {
  if (context->facts == nullptr) return CallStatus::kOk;
  for (Oid oid : context->facts->PartitionAncestors(Oid(static_cast<uint32_t>(args[0].i32)))) {
    if (!AddOne(sink, OidDatum(oid))) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

CallStatus PartitionTree(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  if (context->facts == nullptr) return CallStatus::kOk;
  for (const SessionFacts::PartitionNode& node :
       context->facts->PartitionTree(Oid(static_cast<uint32_t>(args[0].i32)))) {
    Datum values[4] = {OidDatum(node.table), OidDatum(node.parent), {}, {}};
    const bool nulls[4] = {false, node.parent.value == 0, false, false};
    values[2].b = node.leaf;
    values[3].i32 = node.level;
    if (!sink->Add(values, nulls)) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

template <class T>
CallStatus IntegerSeries(FunctionContext* context, const Datum* args, size_t count, SetSink* sink) {
  auto get = [&](size_t i) -> int64_t { return sizeof(T) == 4 ? args[i].i32 : args[i].i64; };
  const int64_t from = get(0), to = get(1), step = count > 2 ? get(2) : 1;
  if (step == 0) return StepZero(context);
  for (int64_t at = from; step > 0 ? at <= to : at >= to;) {
    Datum value;
    if constexpr (sizeof(T) == 4) {
      value.i32 = static_cast<int32_t>(at);
    } else {
      value.i64 = at;
    }
    if (!AddOne(sink, value)) return CallStatus::kError;
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return CallStatus::kOk;
}
template <class T, size_t kCount>
CallStatus Series(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  return IntegerSeries<T>(context, args, kCount, sink);
}

template <size_t kCount>
CallStatus NumericSeries(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  static constexpr const char* kNames[] = {"start", "stop", "step size"};
  Numeric bounds[3] = {Numeric(), Numeric(), Numeric::FromInt64(1)};
  for (size_t i = 0; i < kCount; ++i) bounds[i] = Numeric::FromDatum(args[i]);
  for (size_t i = 0; i < kCount; ++i) {
    if (bounds[i].is_finite()) continue;
    const std::string what = bounds[i].is_nan() ? "NaN" : "infinity";
    return context->Fail(SqlState::kInvalidParameterValue,
                         i == 2 ? "step size cannot be " + what
                                : std::string(kNames[i]) + " value cannot be " + what);
  }
  if (bounds[2].is_zero()) return StepZero(context);
  const bool up = bounds[2].sign() > 0;
  Numeric at = bounds[0];
  while (up ? types::Compare(at, bounds[1]) <= 0 : types::Compare(at, bounds[1]) >= 0) {
    const std::string bytes = at.Encode();
    Datum value;
    value.string = {bytes.data(), bytes.size()};
    if (!AddOne(sink, value)) return CallStatus::kError;
    at = types::Add(at, bounds[2]);
  }
  return CallStatus::kOk;
}

template <bool kTz>
CallStatus TimeSeries(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  const types::Interval& step = args[2].interval;
  const int direction = types::CompareIntervals(step, types::Interval());
  if (direction == 0) return StepZero(context);
  int64_t at = args[0].i64;
  const int64_t to = args[1].i64;
  while (direction > 0 ? at <= to : at >= to) {
    Datum value;
    value.i64 = at;
    if (!AddOne(sink, value)) return CallStatus::kError;
    Result<int64_t> next =
        kTz ? types::AddIntervalTz(at, step, *context->format_or_default().time.zone)
            : types::AddInterval(at, step);
    if (!next.ok()) return context->Fail(std::move(next).error());
    if (*next == at) break;  // an infinity
    at = *next;
  }
  return CallStatus::kOk;
}

template <bool kMayReverse>
CallStatus Subscripts(FunctionContext*, const Datum* args, const bool*, SetSink* sink) {
  const types::ArrayReader reader(args[0].string.view());
  const int32_t number = args[1].i32;
  if (number < 1 || number > reader.dimension_count()) return CallStatus::kOk;
  const types::ArrayDimension d = reader.dimensions()[static_cast<size_t>(number - 1)];
  const bool reverse = kMayReverse && args[2].b;
  for (int32_t i = 0; i < d.length; ++i) {
    Datum value;
    value.i32 = reverse ? d.lower + d.length - 1 - i : d.lower + i;
    if (!AddOne(sink, value)) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

CallStatus Unnest(FunctionContext*, const Datum* args, const bool*, SetSink* sink) {
  types::ArrayReader reader(args[0].string.view());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool there = reader.Next(&value);
    if (!(there ? AddOne(sink, value) : AddNull(sink))) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

/// The rows are the elements of what an array function gives.
CallStatus AddElements(FunctionContext*, CallStatus status, const Datum& array, SetSink* sink) {
  if (status == CallStatus::kError) return status;
  if (status == CallStatus::kNull) return CallStatus::kOk;
  return Unnest(nullptr, &array, nullptr, sink);
}
const Function* Named(std::string_view name, size_t count) {
  for (const Function* f : FunctionsNamed(name)) {
    if (f->args.size() == count) return f;
  }
  return nullptr;
}
template <size_t kCount>
CallStatus StringToTable(FunctionContext* context, const Datum* args, const bool* nulls,
                         SetSink* sink) {
  static const Function* const split = Named("string_to_array", kCount);
  Datum array;
  const CallStatus status = split->boxed(context, args, nulls, &array);
  return AddElements(context, status, array, sink);
}

Datum TextDatum(std::string_view text) {
  Datum value;
  value.string = {text.data(), text.size()};
  return value;
}

/// Calls take(groups) for each match, or for the first one only; false from it stops.
template <class Take>
void EachMatch(const Regex& regex, std::string_view text, bool all, Take take) {
  std::vector<RegexGroup> groups;
  size_t search = 0;
  while (search <= text.size() && regex.Find(text, search, &groups)) {
    if (!take(groups) || !all) return;
    search = static_cast<size_t>(groups[0].data() - text.data()) + groups[0].size();
    if (!groups[0].empty()) continue;
    if (search >= text.size()) return;
    search += static_cast<size_t>(types::CharBytes(text[search]));
  }
}

template <size_t kCount>
CallStatus SplitToTable(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  const std::string_view letters = kCount > 2 ? args[2].string.view() : std::string_view();
  Result<RegexFlags> flags = ParseRegexFlags(letters, "regexp_split_to_table()", false);
  if (!flags.ok()) return context->Fail(std::move(flags).error());
  auto regex = CompileRegex(args[1].string.view(), *flags);
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  const std::string_view text = args[0].string.view();
  size_t copied = 0, last_end = 0;
  bool more = true;
  EachMatch(**regex, text, true, [&](const std::vector<RegexGroup>& groups) {
    const auto at = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = at + groups[0].size();
    // Empty matches at the ends or right behind another one do not split.
    if (at < text.size() && end > last_end) {
      more = AddOne(sink, TextDatum(text.substr(copied, at - copied)));
      copied = end;
    }
    last_end = end;
    return more;
  });
  return more && AddOne(sink, TextDatum(text.substr(copied))) ? CallStatus::kOk
                                                              : CallStatus::kError;
}

template <size_t kCount>
CallStatus Matches(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  const std::string_view letters = kCount > 2 ? args[2].string.view() : std::string_view();
  Result<RegexFlags> flags = ParseRegexFlags(letters, "regexp_matches()", true);
  if (!flags.ok()) return context->Fail(std::move(flags).error());
  auto regex = CompileRegex(args[1].string.view(), *flags);
  if (!regex.ok()) return context->Fail(std::move(regex).error());
  bool more = true;
  EachMatch(**regex, args[0].string.view(), flags->global,
            [&](const std::vector<RegexGroup>& groups) {
              types::ArrayBuilder builder(TypeId::kText);
              for (size_t i = groups.size() > 1 ? 1 : 0; i < groups.size(); ++i) {
                if (groups[i].data() == nullptr) {
                  builder.AddNull();
                } else {
                  builder.Add(TextDatum(groups[i]));
                }
              }
              more = AddOne(sink, TextDatum(builder.Finish()));
              return more;
            });
  return more ? CallStatus::kOk : CallStatus::kError;
}

}  // namespace

void AddSeriesFunctions(std::vector<SetFunction>* list) {
  constexpr TypeId I = TypeId::kInt4, L = TypeId::kInt8, N = TypeId::kNumeric,
                   S = TypeId::kTimestamp, Z = TypeId::kTimestampTz, V = TypeId::kInterval,
                   A = TypeId::kArray, T = TypeId::kText, B = TypeId::kBool;
  auto add = [&](uint32_t oid, std::string_view name, const std::vector<TypeId>& args, Type column,
                 decltype(SetFunction::run) run, bool strict = true) {
    SetFunction f;
    f.oid = Oid(oid);
    f.name = name;
    for (TypeId id : args) f.args.emplace_back(id);
    f.columns = {column};
    f.column_names = {""};
    f.strict = strict;
    f.run = run;
    list->push_back(std::move(f));
    return &list->back();
  };
  // clang-format off
  add(1067, "generate_series", {I, I}, I, Series<int32_t, 2>);
  add(1066, "generate_series", {I, I, I}, I, Series<int32_t, 3>);
  add(1069, "generate_series", {L, L}, L, Series<int64_t, 2>);
  add(1068, "generate_series", {L, L, L}, L, Series<int64_t, 3>);
  add(3260, "generate_series", {N, N}, N, NumericSeries<2>);
  add(3259, "generate_series", {N, N, N}, N, NumericSeries<3>);
  add(938, "generate_series", {S, S, V}, S, TimeSeries<false>);
  add(939, "generate_series", {Z, Z, V}, Z, TimeSeries<true>)->volatility = Volatility::kStable;
  add(1192, "generate_subscripts", {A, I}, I, Subscripts<false>);
  add(1191, "generate_subscripts", {A, I, B}, I, Subscripts<true>);
  add(2331, "unnest", {A}, TypeId::kAnyElement, Unnest)->rows = 100;
  add(6160, "string_to_table", {T, T}, T, StringToTable<2>, false);
  add(6161, "string_to_table", {T, T, T}, T, StringToTable<3>, false);
  add(2765, "regexp_split_to_table", {T, T}, T, SplitToTable<2>);
  add(2766, "regexp_split_to_table", {T, T, T}, T, SplitToTable<3>);
  SetFunction* above =
      add(3425, "pg_partition_ancestors", {TypeId::kRegclass}, TypeId::kRegclass, PartitionAncestors);
  above->rows = 10;
  above->column_names = {"relid"};
  above->volatility = Volatility::kStable;
  SetFunction* tree =
      add(3423, "pg_partition_tree", {TypeId::kRegclass}, TypeId::kRegclass, PartitionTree);
  tree->columns = {TypeId::kRegclass, TypeId::kRegclass, B, I};
  tree->column_names = {"relid", "parentrelid", "isleaf", "level"};
  tree->volatility = Volatility::kStable;
  add(2763, "regexp_matches", {T, T}, Type::ArrayOf(T), Matches<2>)->rows = 1;
  add(2764, "regexp_matches", {T, T, T}, Type::ArrayOf(T), Matches<3>)->rows = 10;
  // clang-format on
}

std::span<const SetFunction> AllSetFunctions() {
  static const std::vector<SetFunction> list = [] {
    std::vector<SetFunction> made;
    AddSeriesFunctions(&made);
    AddJsonSetFunctions(&made);
    AddJsonPathSets(&made);
    AddJsonPopulateSets(&made);
    return made;
  }();
  return list;
}

std::span<const SetFunction* const> SetFunctionsNamed(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, std::vector<const SetFunction*>> by_name;
    for (const SetFunction& f : AllSetFunctions()) by_name[f.name].push_back(&f);
    return by_name;
  }();
  auto it = index.find(name);
  if (it == index.end()) return {};
  return it->second;
}

}  // namespace lathe::func
