#include "storage/catalog/record.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "runtime/types/shape.h"

namespace lathe::catalog {
namespace {

std::string NewRecord() { return std::string(1, static_cast<char>(kRecordFormatVersion)); }

Status CheckVersion(ByteReader* in) {
  if (in->Little<uint8_t>() == kRecordFormatVersion) return Ok();
  return MakeError(SqlState::kDataCorrupted, "catalog record is of an unknown format version");
}

Status CheckEnd(const ByteReader& in) {
  if (in.ok() && in.AtEnd()) return Ok();
  return MakeError(SqlState::kDataCorrupted, "catalog record is damaged");
}

void PutDouble(std::string* out, double d) { AppendLittle(out, d); }

void PutType(std::string* out, const types::Type& type) { types::AppendType(type, out); }

types::Type GetType(ByteReader* in) { return types::ReadType(in); }

void PutValue(std::string* out, const types::Value& value) {
  PutType(out, value.type());
  out->push_back(value.is_null() ? 1 : 0);
  if (value.is_null()) return;
  types::Repr repr = types::ReprOf(value.type());
  types::Datum datum = value.datum();
  if (repr == types::Repr::kString) {
    AppendLengthPrefixed(out, datum.string.view());
  } else {
    AppendLengthPrefixed(out, {reinterpret_cast<const char*>(&datum), types::SlotBytes(repr)});
  }
}

types::Value GetValue(ByteReader* in) {
  types::Type type = GetType(in);
  bool null = in->Little<uint8_t>() != 0;
  if (null || !in->ok()) return types::Value::Null(type);
  std::string_view bytes = in->LengthPrefixed();
  types::Repr repr = types::ReprOf(type);
  types::Datum datum;
  if (repr == types::Repr::kString) {
    datum.string = {bytes.data(), bytes.size()};
  } else {
    if (bytes.size() != types::SlotBytes(repr)) {
      (void)in->Bytes(UINT64_MAX);
      return types::Value::Null(type);
    }
    std::memcpy(&datum, bytes.data(), bytes.size());
  }
  return types::Value::FromDatum(type, datum);
}

void PutColumn(std::string* out, const schema::Column& column) {
  AppendVarint(out, column.number.value);
  AppendLengthPrefixed(out, column.name);
  PutType(out, column.type);
  out->push_back(static_cast<char>((column.not_null ? 1 : 0) | (column.dropped ? 2 : 0)));
  AppendLengthPrefixed(out, column.default_sql);
  PutValue(out, column.missing);
}

schema::Column GetColumn(ByteReader* in) {
  schema::Column column;
  column.number = ColumnNumber(static_cast<uint16_t>(in->Varint()));
  column.name = in->LengthPrefixed();
  column.type = GetType(in);
  uint8_t flags = in->Little<uint8_t>();
  column.not_null = (flags & 1) != 0;
  column.dropped = (flags & 2) != 0;
  column.default_sql = in->LengthPrefixed();
  column.missing = GetValue(in);
  return column;
}

void PutIndexParts(const schema::RelationDescriptor& index, std::string* out) {
  for (uint32_t source : index.sources) AppendVarint(out, source);
  AppendVarint(out, index.key_columns);
  AppendVarint(out, index.first_tie);
  out->push_back(
      static_cast<char>((index.nulls_not_distinct ? 1 : 0) | (index.is_constraint ? 2 : 0)));
}

// What came after the first form of the records: numbered parts, each with its length, at the
// end of the record and only where there is something to say.
enum class Part : uint8_t {
  kColumn = 1,      // index | generated_sql | identity | domain | comment
  kCheck = 2,       // of CheckConstraint
  kForeignKey = 3,  // of ForeignKey
  kReferencedBy = 4,
  kSequence = 5,
  kKey = 6,  // deferrable | key_comment
  kComment = 7,
  kViewRelation = 8,
  kPartitionKey = 9,
  kPartitionBound = 10,
  kInheritance = 11,  // parents | children | columns and checks that are inherited
  kUnlogged = 12,
};

void PutNumbers(std::string* out, const std::vector<uint32_t>& numbers) {
  AppendVarint(out, numbers.size());
  for (uint32_t number : numbers) AppendVarint(out, number);
}

std::vector<uint32_t> GetNumbers(ByteReader* in) {
  std::vector<uint32_t> numbers;
  const uint64_t count = in->Varint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    numbers.push_back(static_cast<uint32_t>(in->Varint()));
  }
  return numbers;
}

void PutPart(std::string* out, Part part, const std::string& body) {
  out->push_back(static_cast<char>(part));
  AppendLengthPrefixed(out, body);
}

uint8_t Bits(bool a, bool b = false, bool c = false, bool d = false) {
  return static_cast<uint8_t>((a ? 1 : 0) | (b ? 2 : 0) | (c ? 4 : 0) | (d ? 8 : 0));
}

std::string CheckBody(const schema::CheckConstraint& check) {
  std::string body;
  AppendVarint(&body, check.oid.value);
  AppendLengthPrefixed(&body, check.name);
  AppendLengthPrefixed(&body, check.sql);
  body.push_back(static_cast<char>(Bits(check.validated, check.no_inherit)));
  AppendLengthPrefixed(&body, check.comment);
  return body;
}

schema::CheckConstraint GetCheck(ByteReader* in) {
  schema::CheckConstraint check;
  check.oid = Oid(static_cast<uint32_t>(in->Varint()));
  check.name = in->LengthPrefixed();
  check.sql = in->LengthPrefixed();
  const uint8_t flags = in->Little<uint8_t>();
  check.validated = (flags & 1) != 0;
  check.no_inherit = (flags & 2) != 0;
  check.comment = in->LengthPrefixed();
  return check;
}

std::string ForeignKeyBody(const schema::ForeignKey& key) {
  std::string body;
  AppendVarint(&body, key.oid.value);
  AppendLengthPrefixed(&body, key.name);
  PutNumbers(&body, key.columns);
  AppendVarint(&body, key.parent.value);
  PutNumbers(&body, key.parent_columns);
  AppendVarint(&body, key.parent_index.value);
  body.push_back(static_cast<char>(key.on_delete));
  body.push_back(static_cast<char>(key.on_update));
  PutNumbers(&body, key.set_columns);
  body.push_back(static_cast<char>(
      Bits(key.match_full, key.deferrable, key.initially_deferred, key.validated)));
  AppendLengthPrefixed(&body, key.comment);
  if (key.part_of.value != 0) AppendVarint(&body, key.part_of.value);
  return body;
}

schema::ForeignKey GetForeignKey(ByteReader* in) {
  schema::ForeignKey key;
  key.oid = Oid(static_cast<uint32_t>(in->Varint()));
  key.name = in->LengthPrefixed();
  key.columns = GetNumbers(in);
  key.parent = RelationId(static_cast<uint32_t>(in->Varint()));
  key.parent_columns = GetNumbers(in);
  key.parent_index = RelationId(static_cast<uint32_t>(in->Varint()));
  key.on_delete = static_cast<schema::ForeignKey::Action>(in->Little<uint8_t>());
  key.on_update = static_cast<schema::ForeignKey::Action>(in->Little<uint8_t>());
  key.set_columns = GetNumbers(in);
  const uint8_t flags = in->Little<uint8_t>();
  key.match_full = (flags & 1) != 0;
  key.deferrable = (flags & 2) != 0;
  key.initially_deferred = (flags & 4) != 0;
  key.validated = (flags & 8) != 0;
  key.comment = in->LengthPrefixed();
  if (in->ok() && !in->AtEnd()) key.part_of = Oid(static_cast<uint32_t>(in->Varint()));
  return key;
}

std::string SequenceBody(const schema::SequenceOptions& options) {
  std::string body;
  body.push_back(static_cast<char>(options.type));
  for (int64_t number :
       {options.start, options.increment, options.min_value, options.max_value, options.cache}) {
    AppendLittle(&body, number);
  }
  body.push_back(static_cast<char>(Bits(options.cycle, options.identity)));
  AppendVarint(&body, options.owner.value);
  AppendVarint(&body, options.owner_column.value);
  AppendVarint(&body, options.state.value);
  return body;
}

schema::SequenceOptions GetSequence(ByteReader* in) {
  schema::SequenceOptions options;
  options.type = static_cast<types::TypeId>(in->Little<uint8_t>());
  for (int64_t* number : {&options.start, &options.increment, &options.min_value,
                          &options.max_value, &options.cache}) {
    *number = in->Little<int64_t>();
  }
  const uint8_t flags = in->Little<uint8_t>();
  options.cycle = (flags & 1) != 0;
  options.identity = (flags & 2) != 0;
  options.owner = RelationId(static_cast<uint32_t>(in->Varint()));
  options.owner_column = ColumnNumber(static_cast<uint16_t>(in->Varint()));
  options.state = StorageId(in->Varint());
  return options;
}

std::string ViewRelationBody(const schema::ViewRelation& read) {
  std::string body;
  AppendVarint(&body, read.id.value);
  AppendLengthPrefixed(&body, read.schema);
  AppendLengthPrefixed(&body, read.name);
  AppendVarint(&body, read.columns.size());
  for (const auto& [name, number] : read.columns) {
    AppendLengthPrefixed(&body, name);
    AppendVarint(&body, number.value);
  }
  AppendVarint(&body, read.used.size());
  for (ColumnNumber number : read.used) AppendVarint(&body, number.value);
  return body;
}

schema::ViewRelation GetViewRelation(ByteReader* in) {
  schema::ViewRelation read;
  read.id = RelationId(static_cast<uint32_t>(in->Varint()));
  read.schema = in->LengthPrefixed();
  read.name = in->LengthPrefixed();
  const uint64_t columns = in->Varint();
  for (uint64_t i = 0; i < columns && in->ok(); ++i) {
    std::string name(in->LengthPrefixed());
    read.columns.emplace_back(std::move(name), ColumnNumber(static_cast<uint16_t>(in->Varint())));
  }
  const uint64_t used = in->Varint();
  for (uint64_t i = 0; i < used && in->ok(); ++i) {
    read.used.emplace_back(static_cast<uint16_t>(in->Varint()));
  }
  return read;
}

std::string PartitionKeyBody(const schema::PartitionKey& key) {
  std::string body(1, static_cast<char>(key.strategy));
  AppendVarint(&body, key.parts.size());
  for (const schema::PartitionKey::Part& part : key.parts) {
    AppendVarint(&body, part.column);
    AppendLengthPrefixed(&body, part.sql);
    PutType(&body, part.type);
  }
  return body;
}

bool GetPartitionKey(ByteReader* in, schema::RelationDescriptor* relation) {
  schema::PartitionKey& key = relation->partition_key;
  const uint8_t strategy = in->Little<uint8_t>();
  if (strategy > static_cast<uint8_t>(schema::PartitionKey::Strategy::kHash)) return false;
  key.strategy = static_cast<schema::PartitionKey::Strategy>(strategy);
  const uint64_t parts = in->Varint();
  for (uint64_t i = 0; i < parts && in->ok(); ++i) {
    schema::PartitionKey::Part part;
    part.column = static_cast<uint32_t>(in->Varint());
    part.sql = in->LengthPrefixed();
    part.type = GetType(in);
    if (part.column >= relation->columns.size()) return false;
    key.parts.push_back(std::move(part));
  }
  return in->ok() && !key.parts.empty();
}

void PutEnds(std::string* out, const std::vector<schema::PartitionBound::End>& ends) {
  AppendVarint(out, ends.size());
  for (const schema::PartitionBound::End& end : ends) {
    out->push_back(static_cast<char>(end.kind));
    PutValue(out, end.value);
  }
}

std::vector<schema::PartitionBound::End> GetEnds(ByteReader* in) {
  std::vector<schema::PartitionBound::End> ends;
  const uint64_t count = in->Varint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    schema::PartitionBound::End end;
    end.kind = static_cast<schema::PartitionBound::End::Kind>(in->Little<uint8_t>());
    end.value = GetValue(in);
    ends.push_back(std::move(end));
  }
  return ends;
}

std::string PartitionBoundBody(const schema::PartitionBound& bound) {
  std::string body(1, static_cast<char>(bound.is_default ? 1 : 0));
  AppendVarint(&body, bound.values.size());
  for (const types::Value& value : bound.values) PutValue(&body, value);
  PutEnds(&body, bound.from);
  PutEnds(&body, bound.to);
  AppendVarint(&body, bound.modulus);
  AppendVarint(&body, bound.remainder);
  return body;
}

schema::PartitionBound GetPartitionBound(ByteReader* in) {
  schema::PartitionBound bound;
  bound.is_default = in->Little<uint8_t>() != 0;
  const uint64_t values = in->Varint();
  for (uint64_t i = 0; i < values && in->ok(); ++i) bound.values.push_back(GetValue(in));
  bound.from = GetEnds(in);
  bound.to = GetEnds(in);
  bound.modulus = static_cast<uint32_t>(in->Varint());
  bound.remainder = static_cast<uint32_t>(in->Varint());
  return bound;
}

/// Empty for a table that inherits nothing and that nobody inherits from.
std::string InheritanceBody(const schema::RelationDescriptor& relation) {
  std::string columns, checks;
  uint64_t column_count = 0, check_count = 0;
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    const schema::Column& column = relation.columns[i];
    if (column.inherited == 0 && column.local) continue;
    ++column_count;
    AppendVarint(&columns, i);
    AppendVarint(&columns, column.inherited);
    columns.push_back(static_cast<char>(column.local ? 1 : 0));
  }
  for (size_t i = 0; i < relation.checks.size(); ++i) {
    const schema::CheckConstraint& check = relation.checks[i];
    if (check.inherited == 0 && check.local) continue;
    ++check_count;
    AppendVarint(&checks, i);
    AppendVarint(&checks, check.inherited);
    checks.push_back(static_cast<char>(check.local ? 1 : 0));
  }
  if (relation.parents.empty() && relation.children.empty() && column_count + check_count == 0) {
    return {};
  }
  std::string body;
  AppendVarint(&body, relation.parents.size());
  for (RelationId id : relation.parents) AppendVarint(&body, id.value);
  AppendVarint(&body, relation.children.size());
  for (RelationId id : relation.children) AppendVarint(&body, id.value);
  AppendVarint(&body, column_count);
  body += columns;
  AppendVarint(&body, check_count);
  body += checks;
  return body;
}

bool GetInheritance(ByteReader* in, schema::RelationDescriptor* relation) {
  for (std::vector<RelationId>* list : {&relation->parents, &relation->children}) {
    const uint64_t count = in->Varint();
    for (uint64_t i = 0; i < count && in->ok(); ++i) {
      list->emplace_back(static_cast<uint32_t>(in->Varint()));
    }
  }
  auto read = [&](auto* items) {
    const uint64_t count = in->Varint();
    for (uint64_t n = 0; n < count && in->ok(); ++n) {
      const uint64_t i = in->Varint();
      if (i >= items->size()) return false;
      (*items)[i].inherited = static_cast<uint32_t>(in->Varint());
      (*items)[i].local = in->Little<uint8_t>() != 0;
    }
    return in->ok();
  };
  return read(&relation->columns) && read(&relation->checks);
}

void PutParts(const schema::RelationDescriptor& relation, std::string* out) {
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    const schema::Column& column = relation.columns[i];
    if (column.generated_sql.empty() && column.identity == schema::Identity::kNone &&
        column.domain.value == 0 && column.comment.empty()) {
      continue;
    }
    std::string body;
    AppendVarint(&body, i);
    AppendLengthPrefixed(&body, column.generated_sql);
    body.push_back(static_cast<char>(column.identity));
    AppendVarint(&body, column.domain.value);
    AppendLengthPrefixed(&body, column.comment);
    PutPart(out, Part::kColumn, body);
  }
  for (const schema::CheckConstraint& check : relation.checks) {
    PutPart(out, Part::kCheck, CheckBody(check));
  }
  for (const schema::ForeignKey& key : relation.foreign_keys) {
    PutPart(out, Part::kForeignKey, ForeignKeyBody(key));
  }
  for (const schema::ViewRelation& read : relation.view_relations) {
    PutPart(out, Part::kViewRelation, ViewRelationBody(read));
  }
  if (!relation.referenced_by.empty()) {
    std::string body;
    for (RelationId id : relation.referenced_by) AppendVarint(&body, id.value);
    PutPart(out, Part::kReferencedBy, body);
  }
  if (relation.kind == schema::RelationKind::kSequence) {
    PutPart(out, Part::kSequence, SequenceBody(relation.sequence));
  }
  if (relation.deferrable || !relation.key_comment.empty()) {
    std::string body(1, static_cast<char>(Bits(relation.deferrable, relation.initially_deferred)));
    AppendLengthPrefixed(&body, relation.key_comment);
    PutPart(out, Part::kKey, body);
  }
  if (!relation.comment.empty()) PutPart(out, Part::kComment, relation.comment);
  if (relation.unlogged) PutPart(out, Part::kUnlogged, {});
  if (relation.is_partitioned()) {
    PutPart(out, Part::kPartitionKey, PartitionKeyBody(relation.partition_key));
  }
  if (relation.is_partition()) {
    PutPart(out, Part::kPartitionBound, PartitionBoundBody(*relation.partition_bound));
  }
  const std::string inheritance = InheritanceBody(relation);
  if (!inheritance.empty()) PutPart(out, Part::kInheritance, inheritance);
}

Status GetParts(ByteReader* in, schema::RelationDescriptor* relation) {
  auto damaged = [] { return MakeError(SqlState::kDataCorrupted, "catalog record is damaged"); };
  auto known = [&](const std::vector<uint32_t>& columns) {
    return std::all_of(columns.begin(), columns.end(),
                       [&](uint32_t column) { return column < relation->columns.size(); });
  };
  while (in->ok() && !in->AtEnd()) {
    const Part part = static_cast<Part>(in->Little<uint8_t>());
    ByteReader body(in->LengthPrefixed());
    if (!in->ok()) return damaged();
    switch (part) {
      case Part::kColumn: {
        const uint64_t i = body.Varint();
        if (i >= relation->columns.size()) return damaged();
        schema::Column& column = relation->columns[i];
        column.generated_sql = body.LengthPrefixed();
        column.identity = static_cast<schema::Identity>(body.Little<uint8_t>());
        column.domain = RelationId(static_cast<uint32_t>(body.Varint()));
        column.comment = body.LengthPrefixed();
        break;
      }
      case Part::kCheck:
        relation->checks.push_back(GetCheck(&body));
        break;
      case Part::kForeignKey: {
        schema::ForeignKey key = GetForeignKey(&body);
        if (!known(key.columns) || !known(key.set_columns) ||
            key.columns.size() != key.parent_columns.size()) {
          return damaged();
        }
        relation->foreign_keys.push_back(std::move(key));
        break;
      }
      case Part::kReferencedBy:
        while (body.ok() && !body.AtEnd()) {
          relation->referenced_by.emplace_back(static_cast<uint32_t>(body.Varint()));
        }
        break;
      case Part::kUnlogged:
        relation->unlogged = true;
        break;
      case Part::kSequence:
        relation->sequence = GetSequence(&body);
        break;
      case Part::kKey: {
        const uint8_t flags = body.Little<uint8_t>();
        relation->deferrable = (flags & 1) != 0;
        relation->initially_deferred = (flags & 2) != 0;
        relation->key_comment = body.LengthPrefixed();
        break;
      }
      case Part::kComment:
        relation->comment = body.Bytes(body.rest().size());
        break;
      case Part::kViewRelation:
        relation->view_relations.push_back(GetViewRelation(&body));
        break;
      case Part::kPartitionKey:
        if (!GetPartitionKey(&body, relation)) return damaged();
        break;
      case Part::kPartitionBound:
        relation->partition_bound = GetPartitionBound(&body);
        break;
      case Part::kInheritance:
        if (!GetInheritance(&body, relation)) return damaged();
        break;
      default:
        return damaged();
    }
    LATHE_TRY(CheckEnd(body));
  }
  return Ok();
}

Status GetIndexParts(ByteReader* in, schema::RelationDescriptor* index) {
  const size_t columns = index->columns.size();
  for (size_t i = 0; i < columns && in->ok(); ++i) {
    index->sources.push_back(static_cast<uint32_t>(in->Varint()));
  }
  index->key_columns = static_cast<uint32_t>(in->Varint());
  index->first_tie = static_cast<uint32_t>(in->Varint());
  const uint8_t flags = in->Little<uint8_t>();
  index->nulls_not_distinct = (flags & 1) != 0;
  index->is_constraint = (flags & 2) != 0;
  if (index->first_tie > columns || index->key_columns > index->key.size()) {
    return MakeError(SqlState::kDataCorrupted, "catalog record is damaged");
  }
  return Ok();
}

}  // namespace

std::string RecordKey(RecordKind kind, uint32_t id) {
  std::string key(1, static_cast<char>(kind));
  AppendBig(&key, id);
  return key;
}

bool ParseRecordKey(std::string_view key, RecordKind* kind, uint32_t* id) {
  if (key.size() != 5) return false;
  *kind = static_cast<RecordKind>(key[0]);
  *id = LoadBig<uint32_t>(key.data() + 1);
  return true;
}

std::string EncodeRole(const Role& role) {
  std::string out = NewRecord();
  AppendVarint(&out, role.id.value);
  AppendLengthPrefixed(&out, role.name);
  out.push_back(static_cast<char>((role.superuser ? 1 : 0) | (role.can_login ? 2 : 0)));
  return out;
}

Result<Role> DecodeRole(std::string_view bytes) {
  ByteReader in(bytes);
  LATHE_TRY(CheckVersion(&in));
  Role role;
  role.id = RoleId(static_cast<uint32_t>(in.Varint()));
  role.name = in.LengthPrefixed();
  uint8_t flags = in.Little<uint8_t>();
  role.superuser = (flags & 1) != 0;
  role.can_login = (flags & 2) != 0;
  LATHE_TRY(CheckEnd(in));
  return role;
}

std::string EncodeDatabase(const Database& database) {
  std::string out = NewRecord();
  AppendVarint(&out, database.id.value);
  AppendLengthPrefixed(&out, database.name);
  AppendVarint(&out, database.owner.value);
  return out;
}

Result<Database> DecodeDatabase(std::string_view bytes) {
  ByteReader in(bytes);
  LATHE_TRY(CheckVersion(&in));
  Database database;
  database.id = DatabaseId(static_cast<uint32_t>(in.Varint()));
  database.name = in.LengthPrefixed();
  database.owner = RoleId(static_cast<uint32_t>(in.Varint()));
  LATHE_TRY(CheckEnd(in));
  return database;
}

std::string EncodeSchema(const schema::SchemaDescriptor& schema) {
  std::string out = NewRecord();
  AppendVarint(&out, schema.id.value);
  AppendLengthPrefixed(&out, schema.name);
  return out;
}

Result<schema::SchemaDescriptor> DecodeSchema(std::string_view bytes) {
  ByteReader in(bytes);
  LATHE_TRY(CheckVersion(&in));
  schema::SchemaDescriptor schema;
  schema.id = SchemaId(static_cast<uint32_t>(in.Varint()));
  schema.name = in.LengthPrefixed();
  LATHE_TRY(CheckEnd(in));
  return schema;
}

std::string EncodeRelation(const schema::RelationDescriptor& relation) {
  std::string out = NewRecord();
  AppendVarint(&out, relation.id.value);
  AppendVarint(&out, relation.schema.value);
  AppendLengthPrefixed(&out, relation.name);
  out.push_back(static_cast<char>(relation.kind));
  AppendVarint(&out, relation.storage.value);
  AppendVarint(&out, relation.schema_version);
  AppendVarint(&out, relation.version);
  AppendVarint(&out, relation.columns.size());
  for (const schema::Column& column : relation.columns) PutColumn(&out, column);
  AppendVarint(&out, relation.key.size());
  for (const schema::KeyColumn& part : relation.key) {
    AppendVarint(&out, part.column);
    out.push_back(static_cast<char>((part.descending ? 1 : 0) | (part.nulls_first ? 2 : 0)));
  }
  out.push_back(static_cast<char>((relation.unique ? 1 : 0) | (relation.append_only ? 2 : 0)));
  AppendLengthPrefixed(&out, relation.primary_key_name);
  AppendVarint(&out, relation.primary_key_oid.value);
  AppendVarint(&out, relation.table.value);
  AppendLittle(&out, relation.fillfactor);
  if (relation.kind == schema::RelationKind::kView) {
    AppendLengthPrefixed(&out, relation.view_sql);
    AppendVarint(&out, relation.view_search_path.size());
    for (const std::string& name : relation.view_search_path) AppendLengthPrefixed(&out, name);
    AppendVarint(&out, relation.view_reads.size());
    for (RelationId id : relation.view_reads) AppendVarint(&out, id.value);
  } else if (relation.kind == schema::RelationKind::kIndex) {
    PutIndexParts(relation, &out);
  } else if (relation.kind == schema::RelationKind::kType) {
    PutType(&out, relation.named_type);
  }
  std::string parts;
  PutParts(relation, &parts);
  const bool plain = relation.kind != schema::RelationKind::kView &&
                     relation.kind != schema::RelationKind::kIndex &&
                     relation.kind != schema::RelationKind::kType;
  // Records without indexes and parts end here.
  if (plain && (!relation.indexes.empty() || !parts.empty())) {
    AppendVarint(&out, relation.indexes.size());
    for (RelationId id : relation.indexes) AppendVarint(&out, id.value);
  }
  out += parts;
  return out;
}

Result<schema::RelationDescriptor> DecodeRelation(std::string_view bytes) {
  ByteReader in(bytes);
  LATHE_TRY(CheckVersion(&in));
  schema::RelationDescriptor relation;
  relation.id = RelationId(static_cast<uint32_t>(in.Varint()));
  relation.schema = SchemaId(static_cast<uint32_t>(in.Varint()));
  relation.name = in.LengthPrefixed();
  relation.kind = static_cast<schema::RelationKind>(in.Little<uint8_t>());
  relation.storage = StorageId(in.Varint());
  relation.schema_version = static_cast<uint32_t>(in.Varint());
  relation.version = in.Varint();
  uint64_t columns = in.Varint();
  for (uint64_t i = 0; i < columns && in.ok(); ++i) relation.columns.push_back(GetColumn(&in));
  uint64_t parts = in.Varint();
  for (uint64_t i = 0; i < parts && in.ok(); ++i) {
    schema::KeyColumn part;
    part.column = static_cast<uint32_t>(in.Varint());
    uint8_t flags = in.Little<uint8_t>();
    part.descending = (flags & 1) != 0;
    part.nulls_first = (flags & 2) != 0;
    if (part.column >= relation.columns.size()) {
      return MakeError(SqlState::kDataCorrupted, "catalog record is damaged");
    }
    relation.key.push_back(part);
  }
  uint8_t flags = in.Little<uint8_t>();
  relation.unique = (flags & 1) != 0;
  relation.append_only = (flags & 2) != 0;
  relation.primary_key_name = in.LengthPrefixed();
  relation.primary_key_oid = Oid(static_cast<uint32_t>(in.Varint()));
  relation.table = RelationId(static_cast<uint32_t>(in.Varint()));
  relation.fillfactor = in.Little<int32_t>();
  if (relation.kind == schema::RelationKind::kView) {
    relation.view_sql = in.LengthPrefixed();
    uint64_t names = in.Varint();
    for (uint64_t i = 0; i < names && in.ok(); ++i) {
      relation.view_search_path.emplace_back(in.LengthPrefixed());
    }
    uint64_t reads = in.Varint();
    for (uint64_t i = 0; i < reads && in.ok(); ++i) {
      relation.view_reads.emplace_back(static_cast<uint32_t>(in.Varint()));
    }
  } else if (relation.kind == schema::RelationKind::kIndex) {
    LATHE_TRY(GetIndexParts(&in, &relation));
  } else if (relation.kind == schema::RelationKind::kType) {
    relation.named_type = GetType(&in);
    if (relation.named_type.shape == nullptr) {
      return MakeError(SqlState::kDataCorrupted, "catalog record is damaged");
    }
  } else if (!in.AtEnd()) {
    uint64_t indexes = in.Varint();
    for (uint64_t i = 0; i < indexes && in.ok(); ++i) {
      relation.indexes.emplace_back(static_cast<uint32_t>(in.Varint()));
    }
  }
  LATHE_TRY(GetParts(&in, &relation));
  LATHE_TRY(CheckEnd(in));
  return relation;
}

std::string EncodeStats(const schema::RelationStats& stats) {
  std::string out = NewRecord();
  PutDouble(&out, stats.row_count);
  PutDouble(&out, stats.page_count);
  AppendVarint(&out, stats.columns.size());
  for (const schema::ColumnStats& column : stats.columns) {
    PutValue(&out, column.min);
    PutValue(&out, column.max);
    PutDouble(&out, column.null_fraction);
    PutDouble(&out, column.distinct_count);
    AppendVarint(&out, column.most_common.size());
    for (const auto& [value, fraction] : column.most_common) {
      PutValue(&out, value);
      PutDouble(&out, fraction);
    }
    AppendVarint(&out, column.histogram.size());
    for (const types::Value& bound : column.histogram) PutValue(&out, bound);
  }
  return out;
}

Result<schema::RelationStats> DecodeStats(std::string_view bytes) {
  ByteReader in(bytes);
  LATHE_TRY(CheckVersion(&in));
  schema::RelationStats stats;
  stats.row_count = in.Little<double>();
  stats.page_count = in.Little<double>();
  uint64_t columns = in.Varint();
  for (uint64_t i = 0; i < columns && in.ok(); ++i) {
    schema::ColumnStats column;
    column.min = GetValue(&in);
    column.max = GetValue(&in);
    column.null_fraction = in.Little<double>();
    column.distinct_count = in.Little<double>();
    uint64_t common = in.Varint();
    for (uint64_t j = 0; j < common && in.ok(); ++j) {
      types::Value value = GetValue(&in);
      column.most_common.emplace_back(std::move(value), in.Little<double>());
    }
    uint64_t bounds = in.Varint();
    for (uint64_t j = 0; j < bounds && in.ok(); ++j) column.histogram.push_back(GetValue(&in));
    stats.columns.push_back(std::move(column));
  }
  LATHE_TRY(CheckEnd(in));
  return stats;
}

}  // namespace lathe::catalog
