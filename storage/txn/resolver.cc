// Commit records of prepared transactions.
#include "storage/txn/resolver.h"

#include "runtime/base/bytes.h"

namespace lathe::txn {
namespace {

constexpr uint8_t kOutcomeFormatVersion = 1;

}  // namespace

std::string EncodeOutcome(const Outcome& outcome) {
  std::string bytes;
  AppendLittle(&bytes, kOutcomeFormatVersion);
  AppendLittle(&bytes, static_cast<uint8_t>(outcome.state));
  AppendLittle(&bytes, outcome.commit_ts.value);
  return bytes;
}

Result<Outcome> DecodeOutcome(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto version = reader.Little<uint8_t>();
  const auto state = reader.Little<uint8_t>();
  const auto ts = reader.Little<uint64_t>();
  const bool committed = state == static_cast<uint8_t>(Outcome::State::kCommitted);
  if (!reader.ok() || bytes.size() != 10 || version != kOutcomeFormatVersion ||
      state > static_cast<uint8_t>(Outcome::State::kAborted) || committed != (ts != 0)) {
    return MakeError(SqlState::kDataCorrupted, "a commit record is damaged");
  }
  Outcome outcome;
  outcome.state = static_cast<Outcome::State>(state);
  outcome.commit_ts = Timestamp(ts);
  return outcome;
}

Result<Outcome> RecordResolver::Resolve(TxnId txn) {
  std::string record;
  LATHE_ASSIGN(bool found, lookup_(txn, &record));
  if (!found) return Outcome{};
  return DecodeOutcome(record);
}

}  // namespace lathe::txn
