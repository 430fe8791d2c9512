// Entries of indexes: made from rows of their table, and written with them. An index is a relation
// whose rows are entries (schema::RelationDescriptor says how), so everything below is a table's:
// buffer, loads, folds, locks, uniqueness of keys.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/schema/index_parts.h"
#include "storage/table/row_writer.h"

namespace lathe::table {

/// Makes the entry of a row. Immutable; thread-safe but for its buffers: one thread.
class EntryMaker {
 public:
  /// rows: the layout that rows come in. The table's fields begin at first_field there; the hidden
  /// row id (if any) is row_id_field.
  /// The transaction says how expressions are computed.
  static Result<std::unique_ptr<EntryMaker>> For(TransactionImpl* transaction,
                                                 const schema::RelationDescriptor& table,
                                                 const schema::RelationPtr& index,
                                                 const row::Layout& rows,
                                                 const row::Layout& entries, size_t first_field,
                                                 size_t row_id_field);

  /// Writes the entry's image (storage/page/row_image.h) into *image. False: the row has none (a
  /// partial index); image is empty then. Errors: those of the index's expressions.
  Result<bool> Make(const char* base, const char* row, std::string* image);

 private:
  EntryMaker(const schema::RelationDescriptor& table, const schema::RelationDescriptor& index,
             const row::Layout& rows, const row::Layout& entries, size_t first_field,
             size_t row_id_field);

  const row::Layout rows_, entries_;
  std::vector<size_t> fields_;  // of rows_, by column of the entry; kComputed: of an expression
  // Where there are expressions or a predicate; then table and index are kept for them.
  std::shared_ptr<const schema::RelationDescriptor> table_, index_;
  std::unique_ptr<IndexExpressions> expressions_;
  std::vector<types::Value> values_;
  size_t key_columns_, first_tie_;
  bool ties_always_null_;  // NULLs are equal
  std::vector<types::Datum> datums_;
  std::unique_ptr<bool[]> nulls_;
};

/// Writes the entries of one statement into one index. One thread; must stay where it is.
class IndexWriter {
 public:
  /// The writers of all indexes of a table. kUpdate: rows are as OpenWrite's kUpdate takes them.
  static Result<std::vector<std::unique_ptr<IndexWriter>>> All(
      TransactionImpl* transaction, const schema::RelationDescriptor& table, exec::WriteKind kind);

  /// A new row. Its key in a unique index is locked and checked.
  Status Insert(const char* base, const char* row);
  /// A row that goes.
  Status Delete(const char* base, const char* row);
  /// A row that changes; moved: it gets another key in its table. A new entry waits for the
  /// statement's end where others' old entries may be in its way.
  Status Update(const char* base, const char* row, bool moved);
  /// Does an update of a row (as Update takes it) change its key in a unique index?
  Result<bool> ChangesUniqueKey(const char* base, const char* row);
  /// From here on, inserted rows are many: they become pages.
  Status StartLoad();
  /// The statement's end: writes what waits. Errors: 23505.
  Status Finish();

 private:
  IndexWriter(TransactionImpl* transaction, const schema::RelationPtr& index,
              std::shared_ptr<Table> table);
  Status InsertEntry(std::string_view key, std::string_view image);
  Status Remove(std::string_view key);
  Status Wait();

  RowWriter writer_;
  const bool unique_;
  const bool plain_;
  std::unique_ptr<EntryMaker> old_, new_;
  std::string old_image_, new_image_, old_key_, new_key_;
  std::vector<std::pair<std::string, std::string>> waiting_;  // key, entry
  uint64_t waiting_bytes_ = 0;
  std::unique_ptr<LoadWriter> sorter_;  // instead of waiting_ when they are many
  std::unique_ptr<LoadWriter> load_;
};

}  // namespace lathe::table
