// Records, states and views.
#include "storage/catalog/catalog.h"

#include <gtest/gtest.h>

namespace lathe::catalog {
namespace {

schema::RelationDescriptor Sample() {
  schema::RelationDescriptor relation;
  relation.id = RelationId(16400);
  relation.schema = schema::kPublicSchema;
  relation.name = "t";
  relation.storage = StorageId(7);
  schema::Column a{ColumnNumber(1), "a", types::Type(types::TypeId::kInt8)};
  a.not_null = true;
  schema::Column b{ColumnNumber(2), "b", types::Type::NumericColumn(15, 2)};
  b.default_sql = "1.5";
  schema::Column c{ColumnNumber(3), "c", types::Type(types::TypeId::kVarchar, 14)};
  c.missing = types::Value::Text("x");
  relation.columns = {a, b, c};
  relation.key = {{0, true, false}};
  relation.unique = true;
  relation.primary_key_name = "t_pkey";
  relation.primary_key_oid = Oid(16401);
  return relation;
}

TEST(Record, RelationRoundTrip) {
  std::string bytes = EncodeRelation(Sample());
  schema::RelationDescriptor back = DecodeRelation(bytes).value();
  EXPECT_EQ(EncodeRelation(back), bytes);
  EXPECT_EQ(back.columns[1].type, types::Type::NumericColumn(15, 2));
  EXPECT_EQ(back.columns[2].missing.AsString(), "x");
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(DecodeRelation(bytes.substr(0, cut)).ok());
  }
  bytes[0] = 2;
  EXPECT_FALSE(DecodeRelation(bytes).ok());
}

TEST(Record, ConstraintsRoundTrip) {
  schema::RelationDescriptor table = Sample();
  table.columns[1].generated_sql = "a + 1";
  table.columns[2].identity = schema::Identity::kAlways;
  table.columns[2].comment = "of c";
  table.checks.push_back({Oid(16410), "t_b_check", "b > 0", false, true, "why"});
  schema::ForeignKey key;
  key.oid = Oid(16411);
  key.name = "t_a_fkey";
  key.columns = {0};
  key.parent = RelationId(16500);
  key.parent_columns = {1};
  key.on_delete = schema::ForeignKey::Action::kCascade;
  key.set_columns = {0};
  key.match_full = key.deferrable = true;
  table.foreign_keys = {key};
  table.referenced_by = {RelationId(16400)};
  table.deferrable = true;
  table.comment = "a table";
  const std::string bytes = EncodeRelation(table);
  schema::RelationDescriptor back = DecodeRelation(bytes).value();
  EXPECT_EQ(EncodeRelation(back), bytes);
  EXPECT_EQ(back.checks[0].sql, "b > 0");
  EXPECT_EQ(back.foreign_keys[0].parent, RelationId(16500));
  EXPECT_TRUE(back.foreign_keys[0].match_full);
  EXPECT_EQ(back.columns[2].identity, schema::Identity::kAlways);
  EXPECT_EQ(back.comment, "a table");
  schema::RelationDescriptor sequence;
  sequence.id = RelationId(16420);
  sequence.name = "s";
  sequence.kind = schema::RelationKind::kSequence;
  sequence.sequence.increment = -3;
  sequence.sequence.state = StorageId(9);
  back = DecodeRelation(EncodeRelation(sequence)).value();
  EXPECT_EQ(back.sequence.increment, -3);
  EXPECT_EQ(back.sequence.state, StorageId(9));
}

TEST(Record, IndexRoundTrip) {
  schema::RelationDescriptor table = Sample();
  table.indexes = {RelationId(16402), RelationId(20000)};
  std::string bytes = EncodeRelation(table);
  EXPECT_EQ(DecodeRelation(bytes).value().indexes, table.indexes);
  schema::RelationDescriptor index;
  index.id = RelationId(16402);
  index.name = "t_c";
  index.kind = schema::RelationKind::kIndex;
  index.table = table.id;
  index.columns = {table.columns[2], table.columns[0], table.columns[0]};
  index.sources = {2, schema::kRowIdSource, 0};
  index.key = {{0, true, true}, {2}};
  index.key_columns = 1;
  index.first_tie = 2;
  index.unique = index.is_constraint = true;
  bytes = EncodeRelation(index);
  schema::RelationDescriptor back = DecodeRelation(bytes).value();
  EXPECT_EQ(EncodeRelation(back), bytes);
  EXPECT_EQ(back.sources, index.sources);
  EXPECT_TRUE(back.is_constraint);
  EXPECT_FALSE(back.nulls_not_distinct);
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(DecodeRelation(bytes.substr(0, cut)).ok());
  }
}

TEST(Record, StatsRoundTrip) {
  schema::RelationStats stats;
  stats.row_count = 10;
  stats.columns.resize(2);
  stats.columns[0].min = types::Value::Int4(-3);
  stats.columns[0].most_common.push_back({types::Value::Text("hello"), 0.5});
  stats.columns[1].histogram = {types::Value::Int8(1), types::Value::Int8(9)};
  std::string bytes = EncodeStats(stats);
  EXPECT_EQ(EncodeStats(DecodeStats(bytes).value()), bytes);
}

TEST(View, OwnChangesOverCommittedState) {
  StatePtr state = ApplyChanges(std::make_shared<CatalogState>(), BootstrapRecords()).value();
  Catalog catalog(state);
  View view(state, nullptr);
  ASSERT_NE(view.FindSchema("public"), nullptr);
  EXPECT_EQ(view.FindRelation(schema::kPublicSchema, "t"), nullptr);
  view.PutRelation(std::make_shared<schema::RelationDescriptor>(Sample()));
  EXPECT_NE(view.FindRelation(schema::kPublicSchema, "t"), nullptr);
  View other(state, nullptr);
  EXPECT_EQ(other.FindRelation(schema::kPublicSchema, "t"), nullptr);
  ASSERT_TRUE(catalog.Apply(view.changes().ToRecords()).ok());
  other.Refresh(catalog.state());
  ASSERT_NE(other.FindRelation(schema::kPublicSchema, "t"), nullptr);
  other.DropRelation(RelationId(16400));
  EXPECT_EQ(other.FindRelation(schema::kPublicSchema, "t"), nullptr);
  EXPECT_TRUE(other.Relations().empty());
  ASSERT_TRUE(catalog.Apply(other.changes().ToRecords()).ok());
  EXPECT_TRUE(catalog.state()->relations.empty());
}

TEST(IdAllocator, NeverTwice) {
  uint64_t persisted = 100;
  uint64_t last = 0;
  for (int round = 0; round < 3; ++round) {
    IdAllocator ids(persisted, 10, [&](uint64_t bound) {
      persisted = bound;
      return Ok();
    });
    for (int i = 0; i < 25; ++i) {
      uint64_t id = ids.Next().value();
      EXPECT_GT(id, last);
      EXPECT_LT(id, persisted);
      last = id;
    }
  }
}

}  // namespace
}  // namespace lathe::catalog
