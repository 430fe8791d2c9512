// Rows about the server and its sessions: pg_database, roles, access methods, tablespaces,
// pg_settings, pg_stat_activity.
#include <charconv>

#include "frontend/syscat/facts.h"
#include "frontend/syscat/producers.h"

namespace lathe::syscat {
namespace {

constexpr int kUtf8 = 6;

/// Field i of a row that the server gave; empty when it gave fewer.
std::string_view FieldOf(const std::vector<std::string>& row, size_t i) {
  return i < row.size() ? std::string_view(row[i]) : std::string_view();
}

}  // namespace

void ProduceDatabases(const Source& source, RowWriter* rows) {
  rows->Set("oid", kDatabaseOid)
      .Set("datname", source.database)
      .Set("datdba", kOwnerRole)
      .Set("encoding", kUtf8)
      .Set("datlocprovider", 'c')
      .Set("datallowconn", true)
      .Set("datconnlimit", -1)
      .Set("dattablespace", kDefaultTablespace)
      .Set("datcollate", "C")
      .Set("datctype", "C.UTF-8")
      .EndRow();
}

void ProduceRoles(const Source& source, RowWriter* rows) {
  rows->Set("oid", kOwnerRole)
      .Set("rolname", source.role)
      .Set("rolsuper", true)
      .Set("rolinherit", true)
      .Set("rolcreaterole", true)
      .Set("rolcreatedb", true)
      .Set("rolcanlogin", true)
      .Set("rolreplication", true)
      .Set("rolbypassrls", true)
      .Set("rolconnlimit", -1)
      .EndRow();
}

void ProduceUsers(const Source& source, RowWriter* rows) {
  rows->Set("usename", source.role)
      .Set("usesysid", kOwnerRole)
      .Set("usecreatedb", true)
      .Set("usesuper", true)
      .Set("userepl", true)
      .Set("usebypassrls", true)
      .EndRow();
}

void ProduceAccessMethods(const Source&, RowWriter* rows) {
  rows->Set("oid", kHeapAccessMethod).Set("amname", "heap").Set("amtype", 't').EndRow();
  rows->Set("oid", kBtreeAccessMethod).Set("amname", "btree").Set("amtype", 'i').EndRow();
}

void ProduceTablespaces(const Source&, RowWriter* rows) {
  auto add = [&](uint32_t oid, std::string_view name) {
    rows->Set("oid", oid).Set("spcname", name).Set("spcowner", kOwnerRole).EndRow();
  };
  add(kDefaultTablespace, "pg_default");
  add(kGlobalTablespace, "pg_global");
}

void ProduceSettings(const Source& source, RowWriter* rows) {
  enum Field { kName, kSetting, kDescription, kType, kUnit, kInitial, kContext };
  if (!source.settings) return;
  for (const std::vector<std::string>& setting : source.settings()) {
    rows->Set("name", FieldOf(setting, kName))
        .Set("setting", FieldOf(setting, kSetting))
        .Set("short_desc", FieldOf(setting, kDescription))
        .Set("context", setting.size() > kContext ? setting[kContext] : "user")
        .Set("vartype", setting.size() > kType ? setting[kType] : "string")
        .Set("source", "default")
        .Set("pending_restart", false);
    if (!FieldOf(setting, kUnit).empty()) rows->Set("unit", setting[kUnit]);
    if (setting.size() > kInitial) {
      rows->Set("boot_val", setting[kInitial]);
      if (setting[kInitial] != setting[kSetting]) rows->Set("source", "session");
    }
    rows->EndRow();
  }
}

void ProducePreparedStatements(const Source& source, RowWriter* rows) {
  if (!source.prepared) return;
  for (const std::vector<std::string>& statement : source.prepared()) {
    rows->Set("name", FieldOf(statement, 0)).Set("statement", FieldOf(statement, 1)).EndRow();
  }
}

void ProduceLocks(const Source& source, RowWriter* rows) {
  if (!source.locks) return;
  for (const LockRow& lock : source.locks()) {
    rows->Set("locktype", lock.type);
    if (lock.type == "transactionid") {
      rows->Set("transactionid", lock.transaction);
    } else {
      rows->Set("database", kDatabaseOid);
    }
    if (lock.relation) rows->Set("relation", lock.relation);
    if (lock.type == "advisory") {
      rows->Set("classid", lock.class_id)
          .Set("objid", lock.object)
          .Set("objsubid", lock.object_part);
    }
    rows->Set("virtualtransaction",
              std::to_string(lock.process) + "/" + std::to_string(lock.transaction))
        .Set("pid", lock.process)
        .Set("mode", lock.mode)
        .Set("granted", lock.granted)
        .Set("fastpath", false)
        .EndRow();
  }
}

void ProduceActivity(const Source& source, RowWriter* rows) {
  if (!source.sessions) return;
  for (const std::vector<std::string>& session : source.sessions()) {
    const std::string_view pid = FieldOf(session, 0);
    int32_t number = 0;
    std::from_chars(pid.data(), pid.data() + pid.size(), number);
    rows->Set("datid", kDatabaseOid)
        .Set("datname", FieldOf(session, 1))
        .Set("pid", number)
        .Set("usesysid", kOwnerRole)
        .Set("usename", FieldOf(session, 2))
        .Set("application_name", FieldOf(session, 3))
        .Set("state", FieldOf(session, 4))
        .Set("query", FieldOf(session, 5))
        .Set("backend_type", "client backend")
        .EndRow();
  }
}

}  // namespace lathe::syscat
