// The functions of functions.def that need a worker: errors, allocation, big numerics.
#include <cstring>

#include "runtime/abi/abi.h"
#include "runtime/base/bytes.h"
#include "runtime/func/context.h"
#include "runtime/state/state.h"
#include "runtime/types/datetime.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::state {

Error CancelError(uint32_t cancel_state) {
  auto reason = static_cast<SqlState>(cancel_state - 1);
  if (reason == SqlState::kAdminShutdown) {
    return MakeError(reason, "terminating connection due to administrator command");
  }
  return MakeError(SqlState::kQueryCanceled, "canceling statement due to user request");
}

Error OutOfMemory() {
  Error error = MakeError(SqlState::kOutOfMemory, "out of memory");
  error.detail = "The query needs more memory than it may use.";
  return error;
}

namespace {

// Generated code has the address of the WorkerView within.
WorkerState& Worker(void* worker) {
  return *static_cast<WorkerState*>(static_cast<WorkerView*>(worker));
}

types::int128 Join(int64_t low, int64_t high) {
  return static_cast<types::int128>(static_cast<types::uint128>(static_cast<uint64_t>(high)) << 64 |
                                    static_cast<uint64_t>(low));
}

int32_t Fail(WorkerState& worker, Error error) {
  worker.error = std::make_unique<Error>(std::move(error));
  return abi::kReturnError;
}

constexpr uint64_t kArenaBytesKept = 64 * 1024;

}  // namespace
}  // namespace lathe::state

using lathe::state::Fail;
using lathe::state::Join;
using lathe::state::Worker;
namespace types = lathe::types;

extern "C" {

int32_t lathe_fail(void* worker, int32_t site) {
  const lathe::state::ErrorSite& place = (*Worker(worker).sites)[static_cast<size_t>(site)];
  return Fail(Worker(worker), lathe::MakeError(place.state, place.message));
}

int32_t lathe_fail_constant(void* worker, int32_t constant) {
  return Fail(Worker(worker), *Worker(worker).query->constant_errors[constant]);
}

int32_t lathe_fail_function(void* worker) {
  std::optional<lathe::Error>& error = Worker(worker).functions->error;
  LATHE_CHECK(error.has_value());
  lathe::Error taken = std::move(*error);
  error.reset();
  return Fail(Worker(worker), std::move(taken));
}

int32_t lathe_out_of_memory(void* worker) {
  return Fail(Worker(worker), lathe::state::OutOfMemory());
}

int32_t lathe_check_cancel(void* worker) {
  const lathe::state::QueryState& query = *Worker(worker).query;
  if (!lathe::state::Cancelled(query)) return lathe::abi::kReturnOk;
  return Fail(Worker(worker),
              lathe::state::CancelError(query.cancel->load(std::memory_order_relaxed)));
}

void lathe_row_done(void* worker) {
  lathe::state::WorkerState& w = Worker(worker);
  if (w.arena.held_bytes() > lathe::state::kArenaBytesKept) w.arena.Reset();
}

char* lathe_allocate(void* worker, uint64_t bytes) { return Worker(worker).arena.Allocate(bytes); }

void lathe_big_from_fixed(void* worker, int64_t low, int64_t high, int32_t scale, void* datum) {
  types::Datum big =
      types::Numeric::FromFixed(Join(low, high), scale).ToDatum(&Worker(worker).arena);
  lathe::StoreAt(datum, big);
}

int32_t lathe_fixed_from_big(void* worker, const char* data, uint64_t size, int32_t precision,
                             int32_t scale, void* datum) {
  types::Datum big;
  big.string = {data, size};
  types::Type type = types::Type::FixedNumeric(precision, scale);
  lathe::Result<types::Datum> fixed = types::FixedFromNumeric(type, types::Numeric::FromDatum(big));
  if (!fixed.ok()) return Fail(Worker(worker), std::move(fixed).error());
  lathe::StoreAt(datum, fixed.value());
  return 0;
}

void lathe_average_fixed(void* worker, int64_t low, int64_t high, int64_t count, int32_t scale,
                         void* datum) {
  // PostgreSQL: numeric division of the sum by the count.
  auto average = types::Divide(types::Numeric::FromFixed(Join(low, high), scale),
                               types::Numeric::FromInt64(count));
  lathe::StoreAt(datum, average.value().ToDatum(&Worker(worker).arena));
}

int32_t lathe_add_interval(void* worker, char* state, int64_t low, int64_t high) {
  types::Interval add;
  add.micros = low;
  add.days = static_cast<int32_t>(high);
  add.months = static_cast<int32_t>(high >> 32);
  auto sum = types::AddIntervals(lathe::LoadAt<types::Interval>(state), add);
  if (!sum.ok()) return Fail(Worker(worker), std::move(sum).error());
  lathe::StoreAt(state, sum.value());
  return 0;
}

int32_t lathe_average_interval(void* worker, int64_t low, int64_t high, int64_t count,
                               void* datum) {
  types::Interval sum;
  sum.micros = low;
  sum.days = static_cast<int32_t>(high);
  sum.months = static_cast<int32_t>(high >> 32);
  auto average = types::DivideInterval(sum, static_cast<double>(count));
  if (!average.ok()) return Fail(Worker(worker), std::move(average).error());
  lathe::StoreAt(datum, average.value());
  return 0;
}

int32_t lathe_average_big(void* worker, const char* data, uint64_t size, int64_t count,
                          void* datum) {
  types::Datum big;
  big.string = {data, size};
  auto average = types::Divide(types::Numeric::FromDatum(big), types::Numeric::FromInt64(count));
  if (!average.ok()) return Fail(Worker(worker), std::move(average).error());
  lathe::StoreAt(datum, average.value().ToDatum(&Worker(worker).arena));
  return 0;
}

}  // extern "C"
