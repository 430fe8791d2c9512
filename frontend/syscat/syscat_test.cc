// Virtual tables: all of them scan, their columns are PostgreSQL's (testdata/postgres_columns.txt),
// and the rows about a few tables are those that PostgreSQL would show.
#include "frontend/syscat/syscat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "runtime/func/function.h"
#include "runtime/types/codec.h"

namespace lathe::syscat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using types::Type;
using types::TypeId;

/// A catalog in memory: schemas public and sales, what the tests add to them.
class TestCatalog : public schema::CatalogReader {
 public:
  using SchemaPtr = std::shared_ptr<const schema::SchemaDescriptor>;

  TestCatalog() {
    schemas_.push_back(std::make_shared<schema::SchemaDescriptor>(
        schema::SchemaDescriptor{schema::kPublicSchema, "public"}));
    schemas_.push_back(std::make_shared<schema::SchemaDescriptor>(
        schema::SchemaDescriptor{SchemaId(20000), "sales"}));
    stats_ = std::make_shared<schema::RelationStats>();
  }
  void Add(schema::RelationDescriptor relation) {
    relations_.push_back(std::make_shared<schema::RelationDescriptor>(std::move(relation)));
  }
  void SetStats(double rows, double pages) {
    auto stats = std::make_shared<schema::RelationStats>();
    stats->row_count = rows;
    stats->page_count = pages;
    stats_ = stats;
  }

  SchemaPtr FindSchema(std::string_view name) override {
    for (const SchemaPtr& schema : schemas_) {
      if (schema->name == name) return schema;
    }
    return nullptr;
  }
  SchemaPtr GetSchema(SchemaId id) override {
    for (const SchemaPtr& schema : schemas_) {
      if (schema->id == id) return schema;
    }
    return nullptr;
  }
  schema::RelationPtr FindRelation(SchemaId schema, std::string_view name) override {
    for (const schema::RelationPtr& relation : relations_) {
      if (relation->schema == schema && relation->name == name) return relation;
    }
    return nullptr;
  }
  schema::RelationPtr GetRelation(RelationId id) override {
    for (const schema::RelationPtr& relation : relations_) {
      if (relation->id == id) return relation;
    }
    return nullptr;
  }
  std::vector<SchemaPtr> Schemas() override { return schemas_; }
  std::vector<schema::RelationPtr> Relations() override { return relations_; }
  std::shared_ptr<const schema::RelationStats> GetStats(RelationId) override { return stats_; }

 private:
  std::vector<SchemaPtr> schemas_;
  std::vector<schema::RelationPtr> relations_;
  std::shared_ptr<const schema::RelationStats> stats_;
};

schema::Column MakeColumn(uint16_t number, std::string name, Type type, bool not_null = false) {
  schema::Column column;
  column.number = ColumnNumber(number);
  column.name = std::move(name);
  column.type = type;
  column.not_null = not_null;
  return column;
}

/// "Order Lines"(id int8, gone, amount numeric(15,2) default 0, note varchar(10)), key (id, note).
schema::RelationDescriptor OrderLines() {
  schema::RelationDescriptor table;
  table.id = RelationId(16400);
  table.schema = schema::kPublicSchema;
  table.name = "Order Lines";
  table.storage = StorageId(77);
  table.columns.push_back(MakeColumn(1, "id", Type(TypeId::kInt8), true));
  table.columns.push_back(MakeColumn(2, "gone", Type(TypeId::kInt4), true));
  table.columns[1].dropped = true;
  table.columns.push_back(MakeColumn(3, "amount", Type::NumericColumn(15, 2)));
  table.columns[2].default_sql = "0";
  table.columns.push_back(MakeColumn(4, "note", Type(TypeId::kVarchar, 14), true));
  table.key = {{0}, {3, true, true}};
  table.unique = true;
  table.primary_key_name = "Order Lines_pkey";
  table.primary_key_oid = Oid(16401);
  return table;
}

schema::RelationDescriptor Plain() {
  schema::RelationDescriptor table;
  table.id = RelationId(16410);
  table.schema = SchemaId(20000);
  table.name = "plain";
  table.fillfactor = 70;
  table.columns.push_back(MakeColumn(1, "a", Type(TypeId::kInt4)));
  return table;
}

using Row = std::map<std::string, std::string>;  // by column; NULL = absent

class SyscatTest : public ::testing::Test {
 protected:
  SyscatTest() : catalog_(&inner_) {
    inner_.Add(OrderLines());
    inner_.Add(Plain());
    inner_.SetStats(1000, 3);
    source_.catalog = &catalog_;
    source_.database = "shop";
    source_.role = "anna";
  }

  schema::RelationPtr Find(SchemaId schema, std::string_view name) {
    return catalog_.FindRelation(schema, name);
  }

  std::vector<Row> Scan(const schema::RelationPtr& relation) {
    std::vector<Row> rows;
    auto source = OpenScan(relation, source_);
    EXPECT_TRUE(source.ok());
    if (!source.ok()) return rows;
    const row::Layout layout = relation->RowLayout();
    exec::Morsel morsel;
    while (true) {
      Result<bool> more = (*source)->Next(&morsel);
      EXPECT_TRUE(more.ok());
      if (!more.ok() || !*more) break;
      for (const exec::Segment& segment : morsel.segments) {
        for (uint32_t i = segment.from; i < segment.to; ++i) {
          rows.push_back(ReadRow(*relation, layout, segment.page,
                                 row::RowAt(segment.page, layout.stride(), i)));
        }
      }
    }
    EXPECT_EQ((*source)->RowsLeft(), 0);
    return rows;
  }
  std::vector<Row> Scan(std::string_view name, SchemaId schema = schema::kPgCatalogSchema) {
    schema::RelationPtr relation = Find(schema, name);
    EXPECT_NE(relation, nullptr) << name;
    return relation == nullptr ? std::vector<Row>() : Scan(relation);
  }
  /// The rows in which `column` has this text.
  std::vector<Row> Where(std::string_view table, const std::string& column, const std::string& text,
                         SchemaId schema = schema::kPgCatalogSchema) {
    std::vector<Row> found;
    for (Row& row : Scan(table, schema)) {
      auto it = row.find(column);
      if (it != row.end() && it->second == text) found.push_back(std::move(row));
    }
    return found;
  }

  TestCatalog inner_;
  SystemCatalog catalog_;
  Source source_;

 private:
  static Row ReadRow(const schema::RelationDescriptor& relation, const row::Layout& layout,
                     const char* page, const char* bytes) {
    Row row;
    for (size_t i = 0; i < layout.field_count(); ++i) {
      if (layout.IsNull(bytes, i)) continue;
      std::string text;
      types::AppendText(layout.field(i).type, row::ReadField(layout, page, bytes, i), {}, &text);
      row[relation.columns[i].name] = text;
    }
    return row;
  }
};

/// The given columns of a row as "a|b|c", NULL as "-".
std::string Pick(const Row& row, std::initializer_list<const char*> columns) {
  std::string text;
  for (const char* column : columns) {
    if (column != *columns.begin()) text += "|";
    auto it = row.find(column);
    text += it == row.end() ? "-" : it->second;
  }
  return text;
}

TEST_F(SyscatTest, EveryVirtualTableScans) {
  int count = 0;
  for (const schema::RelationPtr& relation : catalog_.Relations()) {
    if (relation->kind != schema::RelationKind::kVirtual) continue;
    SCOPED_TRACE(relation->name);
    ++count;
    EXPECT_FALSE(relation->has_row_id());
    EXPECT_EQ(relation->storage.value, 0u);
    EXPECT_THAT(relation->key, IsEmpty());
    EXPECT_EQ(relation, catalog_.GetRelation(relation->id));
    EXPECT_EQ(relation, catalog_.FindRelation(relation->schema, relation->name));
    Scan(relation);
  }
  EXPECT_GT(count, 60);
}

TEST_F(SyscatTest, ColumnsArePostgres) {
  // What stands for types that Lathe has not.
  const std::map<std::string, std::string> nearest = {{"aclitem[]", "_text"},
                                                      {"anyarray", "text"},
                                                      {"bytea", "text"},
                                                      {"inet", "text"},
                                                      {"int2vector", "_int2"},
                                                      {"oidvector", "_oid"},
                                                      {"pg_lsn", "text"},
                                                      {"pg_node_tree", "text"},
                                                      {"xid", "oid"},
                                                      {"sql_identifier", "name"},
                                                      {"character_data", "varchar"},
                                                      {"yes_or_no", "varchar"},
                                                      {"cardinal_number", "int4"},
                                                      {"time_stamp", "timestamptz"}};
  std::ifstream file(LATHE_SYSCAT_TESTDATA "/postgres_columns.txt");
  ASSERT_TRUE(file);
  std::string line;
  size_t tables = 0;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, column;
    words >> name;
    SCOPED_TRACE(name);
    const bool catalog = name.starts_with("pg_catalog.");
    schema::RelationPtr relation =
        Find(catalog ? schema::kPgCatalogSchema : schema::kInformationSchema,
             std::string_view(name).substr(name.find('.') + 1));
    ASSERT_NE(relation, nullptr);
    ++tables;
    size_t i = 0;
    for (; words >> column; ++i) {
      ASSERT_LT(i, relation->columns.size());
      const std::string type = column.substr(column.find(':') + 1);
      auto stand_in = nearest.find(type);
      std::string expected = type;
      if (stand_in != nearest.end()) {
        expected = stand_in->second;
      } else if (type.ends_with("[]")) {
        expected = "_" + type.substr(0, type.size() - 2);
      }
      EXPECT_EQ(relation->columns[i].name, column.substr(0, column.find(':')));
      EXPECT_EQ(types::CatalogName(relation->columns[i].type), expected) << column;
      EXPECT_EQ(relation->columns[i].number.value, i + 1);
    }
    EXPECT_EQ(i, relation->columns.size());
  }
  size_t known = 0;
  for (const auto& relation : catalog_.Relations()) {
    if (relation->kind == schema::RelationKind::kVirtual) ++known;
  }
  EXPECT_EQ(tables, known);
}

TEST_F(SyscatTest, TablesAndIndexesInClass) {
  auto table = Where("pg_class", "oid", "16400");
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(Pick(table[0], {"relname", "relnamespace", "relowner", "relkind", "relpersistence",
                            "relnatts", "relhasindex", "reltuples", "relpages", "relam",
                            "relfilenode", "reloptions", "relispartition"}),
            "Order Lines|2200|10|r|p|4|t|1000|3|2|77|-|f");
  auto index = Where("pg_class", "oid", "16401");
  ASSERT_EQ(index.size(), 1u);
  EXPECT_EQ(Pick(index[0], {"relname", "relnamespace", "relkind", "relnatts", "relam"}),
            "Order Lines_pkey|2200|i|2|403");
  auto plain = Where("pg_class", "relname", "plain");
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(Pick(plain[0], {"relhasindex", "reloptions"}), "f|{fillfactor=70}");
  auto self = Where("pg_class", "relname", "pg_class");
  ASSERT_EQ(self.size(), 1u);
  EXPECT_EQ(Pick(self[0], {"oid", "relnamespace", "relkind", "relnatts"}), "1259|11|r|33");
  EXPECT_EQ(Pick(Where("pg_class", "relname", "pg_settings").at(0), {"relkind"}), "v");
}

TEST_F(SyscatTest, ClassOidsAreUnique) {
  std::set<std::string> oids;
  for (const Row& row : Scan("pg_class")) EXPECT_TRUE(oids.insert(row.at("oid")).second);
}

TEST_F(SyscatTest, Attributes) {
  std::vector<std::string> found;
  for (const Row& row : Where("pg_attribute", "attrelid", "16400")) {
    found.push_back(Pick(row, {"attnum", "attname", "atttypid", "atttypmod", "attnotnull",
                               "atthasdef", "attisdropped", "attlen", "attcollation"}));
  }
  EXPECT_THAT(found,
              ElementsAre("1|id|20|-1|t|f|f|8|0", "2|........pg.dropped.2........|0|-1|f|f|t|4|0",
                          "3|amount|1700|983046|f|t|f|-1|0", "4|note|1043|14|t|f|f|-1|100"));
  found.clear();
  for (const Row& row : Where("pg_attribute", "attrelid", "16401")) {
    found.push_back(Pick(row, {"attnum", "attname", "atttypid", "attnotnull"}));
  }
  EXPECT_THAT(found, ElementsAre("1|id|20|f", "2|note|1043|f"));
  // "char" without a value is the empty text, as clients expect of attidentity.
  EXPECT_EQ(Pick(Where("pg_attribute", "attname", "amount").at(0), {"attidentity", "attgenerated"}),
            "|");
}

TEST_F(SyscatTest, Defaults) {
  auto rows = Scan("pg_attrdef");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(Pick(rows[0], {"adrelid", "adnum", "adbin"}), "16400|3|0");
}

TEST_F(SyscatTest, PrimaryKeys) {
  auto indexes = Scan("pg_index");
  ASSERT_EQ(indexes.size(), 1u);
  EXPECT_EQ(Pick(indexes[0], {"indexrelid", "indrelid", "indnatts", "indnkeyatts", "indisunique",
                              "indisprimary", "indisvalid", "indisclustered", "indkey",
                              "indcollation", "indoption", "indpred"}),
            "16401|16400|2|2|t|t|t|f|{1,4}|{0,100}|{0,3}|-");
  auto constraints = Scan("pg_constraint");
  ASSERT_EQ(constraints.size(), 1u);
  EXPECT_EQ(Pick(constraints[0], {"oid", "conname", "connamespace", "contype", "conrelid",
                                  "conindid", "conkey", "confkey"}),
            "16401|Order Lines_pkey|2200|p|16400|16401|{1,4}|-");
  EXPECT_EQ(Pick(Scan("pg_indexes").at(0), {"schemaname", "tablename", "indexname"}),
            "public|Order Lines|Order Lines_pkey");
}

// As a session that has every schema in its path.
std::string NameOf(const schema::RelationDescriptor& relation) { return relation.name; }

std::string CheckOf(const schema::RelationDescriptor&, const schema::CheckConstraint& check) {
  return check.sql;
}

std::string InSchema(const schema::RelationDescriptor& relation) {
  return "public.\"" + relation.name + "\"";
}
std::string Stored(const schema::RelationDescriptor&, const std::string& sql, bool) { return sql; }

TEST_F(SyscatTest, Definitions) {
  EXPECT_EQ(ConstraintDefinition(&catalog_, Oid(16401), NameOf, CheckOf), "PRIMARY KEY (id, note)");
  EXPECT_EQ(IndexDefinition(&catalog_, Oid(16401), 0, InSchema, Stored),
            "CREATE UNIQUE INDEX \"Order Lines_pkey\" ON public.\"Order Lines\" USING btree "
            "(id, note DESC)");
  EXPECT_EQ(IndexDefinition(&catalog_, Oid(16401), 1, InSchema, Stored), "id");
  EXPECT_EQ(IndexDefinition(&catalog_, Oid(16401), 2, InSchema, Stored), "note");
  EXPECT_EQ(IndexDefinition(&catalog_, Oid(16401), 3, InSchema, Stored), "");
  EXPECT_EQ(IndexDefinition(&catalog_, Oid(16400), 0, InSchema, Stored), "");
  EXPECT_EQ(ConstraintDefinition(&catalog_, Oid(0), NameOf, CheckOf), "");
}

TEST_F(SyscatTest, FindsIndexesOfPrimaryKeys) {
  schema::RelationPtr index = Find(schema::kPublicSchema, "Order Lines_pkey");
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->kind, schema::RelationKind::kIndex);
  EXPECT_EQ(index->id, RelationId(16401));
  EXPECT_EQ(index->table, RelationId(16400));
  EXPECT_EQ(catalog_.GetRelation(RelationId(16401))->name, "Order Lines_pkey");
  EXPECT_EQ(Find(SchemaId(20000), "Order Lines_pkey"), nullptr);
  EXPECT_EQ(catalog_.GetRelation(RelationId(4711)), nullptr);
}

TEST_F(SyscatTest, Schemas) {
  EXPECT_EQ(catalog_.FindSchema("pg_catalog")->id, schema::kPgCatalogSchema);
  EXPECT_EQ(catalog_.GetSchema(schema::kInformationSchema)->name, "information_schema");
  EXPECT_EQ(catalog_.FindSchema("nowhere"), nullptr);
  std::vector<std::string> names;
  for (const Row& row : Scan("pg_namespace")) names.push_back(row.at("nspname"));
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("public", "sales", "pg_catalog",
                                                     "information_schema"));
}

TEST_F(SyscatTest, Types) {
  EXPECT_EQ(Pick(Where("pg_type", "oid", "23").at(0),
                 {"typname", "typlen", "typbyval", "typtype", "typcategory", "typarray", "typelem",
                  "typalign", "typstorage", "typcollation"}),
            "int4|4|t|b|N|1007|0|i|p|0");
  EXPECT_EQ(Pick(Where("pg_type", "oid", "1009").at(0),
                 {"typname", "typlen", "typbyval", "typtype", "typcategory", "typarray", "typelem",
                  "typalign", "typstorage", "typcollation"}),
            "_text|-1|f|b|A|0|25|i|x|100");
  EXPECT_EQ(Pick(Where("pg_type", "typname", "_timestamptz").at(0), {"typalign"}), "d");
  EXPECT_EQ(Pick(Where("pg_type", "typname", "anyarray").at(0), {"typtype", "typcategory"}), "p|P");
}

TEST_F(SyscatTest, Functions) {
  auto rows = Where("pg_proc", "proname", "lower");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(Pick(rows[0], {"oid", "prokind", "prorettype", "proargtypes", "pronargs", "provolatile",
                           "proisstrict"}),
            "870|f|25|{25}|1|i|t");
  EXPECT_EQ(Where("pg_proc", "prokind", "a").size(), func::AllAggregates().size());
  EXPECT_THAT(Where("pg_operator", "oprname", "~~"), Not(IsEmpty()));
}

TEST_F(SyscatTest, Server) {
  EXPECT_EQ(Pick(Scan("pg_database").at(0), {"datname", "datdba", "encoding"}), "shop|10|6");
  EXPECT_EQ(Pick(Scan("pg_roles").at(0), {"oid", "rolname", "rolsuper"}), "10|anna|t");
  EXPECT_EQ(Pick(Scan("pg_user").at(0), {"usename", "usesysid"}), "anna|10");
  EXPECT_THAT(Scan("pg_settings"), IsEmpty());
  source_.settings = [] {
    return std::vector<std::vector<std::string>>{{"work_mem", "4MB", "Memory of a sort."}};
  };
  source_.sessions = [] {
    return std::vector<std::vector<std::string>>{{"7", "shop", "anna", "psql", "active", "select"}};
  };
  EXPECT_EQ(Pick(Scan("pg_settings").at(0), {"name", "setting", "short_desc", "vartype", "unit"}),
            "work_mem|4MB|Memory of a sort.|string|-");
  source_.settings = [] {
    return std::vector<std::vector<std::string>>{
        {"work_mem", "8192", "Memory.", "integer", "kB", "4096", "user"}};
  };
  EXPECT_EQ(Pick(Scan("pg_settings").at(0),
                 {"setting", "vartype", "unit", "boot_val", "context", "source"}),
            "8192|integer|kB|4096|user|session");
  source_.prepared = [] { return std::vector<std::vector<std::string>>{{"p", "select 1"}}; };
  EXPECT_EQ(Pick(Scan("pg_prepared_statements").at(0), {"name", "statement"}), "p|select 1");
  EXPECT_EQ(Pick(Scan("pg_stat_activity").at(0), {"pid", "usename", "state", "query"}),
            "7|anna|active|select");
}

TEST_F(SyscatTest, InformationSchema) {
  auto columns = Where("columns", "table_name", "Order Lines", schema::kInformationSchema);
  std::vector<std::string> found;
  for (const Row& row : columns) {
    found.push_back(Pick(row, {"column_name", "ordinal_position", "is_nullable", "data_type",
                               "character_maximum_length", "numeric_precision", "numeric_scale",
                               "column_default", "udt_name"}));
  }
  EXPECT_THAT(found,
              ElementsAre("id|1|NO|bigint|-|64|0|-|int8", "amount|3|YES|numeric|-|15|2|0|numeric",
                          "note|4|NO|character varying|10|-|-|-|varchar"));
  EXPECT_EQ(Pick(Where("tables", "table_name", "plain", schema::kInformationSchema).at(0),
                 {"table_catalog", "table_schema", "table_type"}),
            "shop|sales|BASE TABLE");
  EXPECT_EQ(Scan("key_column_usage", schema::kInformationSchema).size(), 2u);
}

TEST_F(SyscatTest, WorkersShareAScan) {
  schema::RelationPtr relation = Find(schema::kPgCatalogSchema, "pg_attribute");
  const size_t expected = Scan(relation).size();
  auto source = OpenScan(relation, source_);
  ASSERT_TRUE(source.ok());
  std::atomic<size_t> rows{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      exec::Morsel morsel;
      while ((*source)->Next(&morsel).value()) rows += morsel.row_count;
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(rows.load(), expected);
}

TEST_F(SyscatTest, RefusesOtherRelations) {
  auto source = OpenScan(inner_.GetRelation(RelationId(16400)), source_);
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().state, SqlState::kUndefinedTable);
}

}  // namespace
}  // namespace lathe::syscat
