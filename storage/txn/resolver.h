// What became of a prepared transaction. A delta version in state "unresolved" has a timestamp that
// is not final and may never become visible; who finds one asks the resolver with the number of the
// transaction that wrote it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::txn {

/// The fate of a transaction.
struct Outcome {
  enum class State : uint8_t {
    kPending,    // prepared: may yet commit or abort; nobody may read or drop its versions
    kCommitted,  // its versions count from `commit_ts`
    kAborted,    // its versions never were
  };
  State state = State::kAborted;
  Timestamp commit_ts;  // kCommitted only
};

/// Knows outcomes. Thread-safe. Committed and aborted are final: asked again, it says the same.
class Resolver {
 public:
  virtual ~Resolver() = default;
  /// Errors: 58030 when it cannot find out, XX001 for a damaged record.
  virtual Result<Outcome> Resolve(TxnId txn) = 0;
};

/// The resolver of one node: it has the commit record of every transaction that was prepared here
/// and not forgotten. No record means aborted ("presumed abort": Mohan, Lindsay and Obermarck,
/// "Transaction Management in the R* Distributed Database Management System", TODS 1986, section
/// 3): a record is written before the first version is, and removed after the last one is resolved.
class RecordResolver final : public Resolver {
 public:
  /// Gives the bytes of a transaction's record; false = there is none.
  using Lookup = std::function<Result<bool>(TxnId txn, std::string* record)>;
  explicit RecordResolver(Lookup lookup) : lookup_(std::move(lookup)) {}
  Result<Outcome> Resolve(TxnId txn) override;

 private:
  const Lookup lookup_;
};

/// A commit record: u8 format version | u8 state | u64 commit timestamp.
std::string EncodeOutcome(const Outcome& outcome);
/// XX001 when the bytes are no record.
Result<Outcome> DecodeOutcome(std::string_view bytes);

}  // namespace lathe::txn
