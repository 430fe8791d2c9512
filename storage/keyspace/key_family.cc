// Keys of the families.
#include "storage/keyspace/key_family.h"

#include "runtime/base/bytes.h"

namespace lathe::keyspace {

std::string StoragePrefix(StorageId storage) {
  std::string key;
  AppendBig<uint64_t>(&key, storage.value);
  return key;
}

std::string StorageEnd(StorageId storage) { return PrefixSuccessor(StoragePrefix(storage)); }

std::string RowPrefix(StorageId storage, std::string_view row_key) {
  std::string key;
  key.reserve(16 + row_key.size());
  AppendBig<uint64_t>(&key, storage.value);
  key.append(row_key);
  return key;
}

std::string DeltaKey(StorageId storage, std::string_view row_key, Timestamp commit_ts) {
  std::string key = RowPrefix(storage, row_key);
  AppendBig<uint64_t>(&key, ~commit_ts.value);
  return key;
}

std::string PageKey(StorageId storage, std::string_view last_row_key, PageId page) {
  std::string key = RowPrefix(storage, last_row_key);
  AppendBig<uint64_t>(&key, page.value);
  return key;
}

std::string LoadKey(LoadId load) {
  std::string key;
  AppendBig<uint64_t>(&key, load.value);
  return key;
}

bool DecodeDeltaKey(std::string_view key, DeltaKeyParts* parts) {
  if (key.size() < 16) return false;
  parts->storage = StorageId(LoadBig<uint64_t>(key.data()));
  parts->row_key = key.substr(8, key.size() - 16);
  parts->commit_ts = Timestamp(~LoadBig<uint64_t>(key.data() + key.size() - 8));
  return true;
}

bool DecodePageKey(std::string_view key, PageKeyParts* parts) {
  if (key.size() < 16) return false;
  parts->storage = StorageId(LoadBig<uint64_t>(key.data()));
  parts->last_row_key = key.substr(8, key.size() - 16);
  parts->page = PageId(LoadBig<uint64_t>(key.data() + key.size() - 8));
  return true;
}

bool DecodeLoadKey(std::string_view key, LoadId* load) {
  if (key.size() != 8) return false;
  *load = LoadId(LoadBig<uint64_t>(key.data()));
  return true;
}

std::string PrefixSuccessor(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && static_cast<uint8_t>(next.back()) == 0xff) next.pop_back();
  if (!next.empty()) next.back() = static_cast<char>(static_cast<uint8_t>(next.back()) + 1);
  return next;
}

}  // namespace lathe::keyspace
