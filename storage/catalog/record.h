// Catalog records: descriptors as bytes. A record's key is a kind byte and a big-endian number; its
// value opens with a format version. Numbers are varints, strings length-prefixed. Twins: Encode
// and Decode of one kind stand together in record.cc.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/schema/schema.h"

namespace lathe::catalog {

inline constexpr uint8_t kRecordFormatVersion = 1;

enum class RecordKind : char {
  kRole = 'O',
  kDatabase = 'D',
  kSchema = 'S',
  kRelation = 'R',
  kStats = 'A',
};

/// A role.
struct Role {
  RoleId id;
  std::string name;
  bool superuser = false;
  bool can_login = true;
};

/// A database.
struct Database {
  DatabaseId id;
  std::string name;
  RoleId owner;
};

std::string RecordKey(RecordKind kind, uint32_t id);
/// False when the key is none of ours.
bool ParseRecordKey(std::string_view key, RecordKind* kind, uint32_t* id);

std::string EncodeRole(const Role& role);
std::string EncodeDatabase(const Database& database);
std::string EncodeSchema(const schema::SchemaDescriptor& schema);
std::string EncodeRelation(const schema::RelationDescriptor& relation);
std::string EncodeStats(const schema::RelationStats& stats);

// Errors: XX001 for damaged bytes or another format version.
Result<Role> DecodeRole(std::string_view bytes);
Result<Database> DecodeDatabase(std::string_view bytes);
Result<schema::SchemaDescriptor> DecodeSchema(std::string_view bytes);
Result<schema::RelationDescriptor> DecodeRelation(std::string_view bytes);
Result<schema::RelationStats> DecodeStats(std::string_view bytes);

}  // namespace lathe::catalog
