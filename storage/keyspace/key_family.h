// The keys of the families in storage/kv. All start with the StorageId, big-endian, so that one
// relation's content is one range, and go on with the row key (key_encoder.h), which is
// prefix-free: no row key begins another, so what follows it never disturbs order.
//
//   delta    StorageId | row key | ~timestamp            newest version first
//   pages    StorageId | last row key | PageId           Seek(row key) lands on the page that may
//   hold it pagedir  StorageId | last row key | PageId loads    LoadId
// All numbers are 8 bytes, big-endian.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/ids.h"

namespace lathe::keyspace {

std::string StoragePrefix(StorageId storage);
/// First key behind all keys of the storage.
std::string StorageEnd(StorageId storage);
/// StorageId | row key, the start of all versions of a row; also what row locks are taken on.
std::string RowPrefix(StorageId storage, std::string_view row_key);

std::string DeltaKey(StorageId storage, std::string_view row_key, Timestamp commit_ts);
/// Key of pages and pagedir.
std::string PageKey(StorageId storage, std::string_view last_row_key, PageId page);
std::string LoadKey(LoadId load);

/// A decoded key; row_key points into the bytes given.
struct DeltaKeyParts {
  StorageId storage;
  std::string_view row_key;
  Timestamp commit_ts;
};
struct PageKeyParts {
  StorageId storage;
  std::string_view last_row_key;
  PageId page;
};
/// False when the bytes are too short to be one.
bool DecodeDeltaKey(std::string_view key, DeltaKeyParts* parts);
bool DecodePageKey(std::string_view key, PageKeyParts* parts);
bool DecodeLoadKey(std::string_view key, LoadId* load);

/// The first byte string behind all strings that begin with prefix; empty when there is none
/// (prefix is all 0xff or empty).
std::string PrefixSuccessor(std::string_view prefix);

}  // namespace lathe::keyspace
