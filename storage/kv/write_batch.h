// The families of the store, and the atomic unit of change over them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/bytes.h"
#include "runtime/base/check.h"

namespace lathe::kv {

/// Column families; a directory always has all of them. Keys: storage/keyspace/key_family.h.
enum class Family : uint8_t {
  kMeta,     // format version, high-water marks, counters
  kCatalog,  // descriptors
  kDelta,    // row versions that are not in pages yet
  kPageDir,  // one small entry per page
  kPages,    // page bodies; written by PageFileWriter only
  kLoads,    // load id -> commit record
};
inline constexpr size_t kFamilyCount = 6;
/// "meta", "catalog", ...: the name on disk.
std::string_view FamilyName(Family family);

/// Changes to be applied in order, all or nothing. Plain value; keys and values are copied in. Not
/// thread-safe.
class WriteBatch {
 public:
  enum class Op : uint8_t { kPut = 1, kDelete = 2, kDeleteRange = 3 };

  void Put(Family family, std::string_view key, std::string_view value) {
    Add(Op::kPut, family, key, value);
  }
  void Delete(Family family, std::string_view key) { Add(Op::kDelete, family, key, {}); }
  /// Deletes keys in [from, to).
  void DeleteRange(Family family, std::string_view from, std::string_view to) {
    Add(Op::kDeleteRange, family, from, to);
  }
  void Append(const WriteBatch& other) {
    bytes_ += other.bytes_;
    count_ += other.count_;
    adds_rows_ |= other.adds_rows_;
  }
  void Clear() {
    bytes_.clear();
    count_ = 0;
    adds_rows_ = false;
  }
  /// It makes the data larger: on a nearly full disk it is refused earlier than others, which may
  /// be what gives space back.
  void SetAddsRows() { adds_rows_ = true; }
  bool adds_rows() const { return adds_rows_; }

  bool empty() const { return count_ == 0; }
  uint64_t count() const { return count_; }
  uint64_t bytes() const { return bytes_.size(); }

  /// Calls visit(op, family, key, value) for each change in order; value is the end of the range
  /// for kDeleteRange.
  template <class Visit>
  void ForEach(Visit visit) const {
    ByteReader reader(bytes_);
    while (!reader.AtEnd()) {
      Op op = static_cast<Op>(reader.Little<uint8_t>());
      Family family = static_cast<Family>(reader.Little<uint8_t>());
      std::string_view key = reader.LengthPrefixed();
      std::string_view value = op == Op::kDelete ? std::string_view() : reader.LengthPrefixed();
      LATHE_CHECK(reader.ok());
      visit(op, family, key, value);
    }
  }

 private:
  void Add(Op op, Family family, std::string_view key, std::string_view value) {
    bytes_.push_back(static_cast<char>(op));
    bytes_.push_back(static_cast<char>(family));
    AppendLengthPrefixed(&bytes_, key);
    if (op != Op::kDelete) AppendLengthPrefixed(&bytes_, value);
    ++count_;
  }

  std::string bytes_;  // op | family | key | value, repeated
  uint64_t count_ = 0;
  bool adds_rows_ = false;
};

}  // namespace lathe::kv
