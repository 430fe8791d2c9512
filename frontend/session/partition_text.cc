// Partition bounds as conditions, in PostgreSQL's form (get_qual_for_list and get_qual_for_range of
// partbounds.c).
#include <algorithm>

#include "frontend/ast/print.h"
#include "frontend/bind/deparse.h"
#include "frontend/session/partition_rows.h"
#include "runtime/schema/index_parts.h"

namespace lathe::session {
namespace {

using schema::PartitionBound;
using schema::PartitionKey;
using End = PartitionBound::End;

std::string Connected(const std::vector<std::string>& parts, const char* word) {
  if (parts.size() == 1) return parts[0];
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "(" : word) + part;
  return text + ")";
}

class BoundText {
 public:
  BoundText(const schema::RelationDescriptor& parent, const types::FormatContext& format)
      : parent_(parent), key_(parent.partition_key), format_(format) {}

  std::vector<std::string> Hash(const PartitionBound& bound) const {
    return {"satisfies_hash_partition('" + std::to_string(parent_.id.value) + "'::oid, " +
            std::to_string(bound.modulus) + ", " + std::to_string(bound.remainder) + ", " +
            PartitionKeyText(parent_) + ")"};
  }

  /// The values of one bound, or of all of them.
  Result<std::vector<std::string>> List(const std::vector<types::Value>& values) const {
    std::vector<std::string> constants;
    bool null = false;
    for (const types::Value& value : values) {
      if (value.is_null()) {
        null = true;
        continue;
      }
      LATHE_ASSIGN(std::string constant, Constant(0, value));
      constants.push_back(std::move(constant));
    }
    std::string among;
    if (constants.size() == 1) {
      among = "(" + Column(0) + " = " + constants[0] + ")";
    } else if (!constants.empty()) {
      if (key_.parts[0].type.id == types::TypeId::kVarchar) {
        return NotSupported("the text of this partition's condition");
      }
      for (const std::string& constant : constants) {
        among += (among.empty() ? "" : ", ") + constant;
      }
      among = "(" + Column(0) + " = ANY (ARRAY[" + among + "]))";
    }
    if (!null) {
      std::vector<std::string> conditions = {"(" + Part(0) + " IS NOT NULL)"};
      if (!among.empty()) conditions.push_back(std::move(among));
      return conditions;
    }
    const std::string is_null = "(" + Part(0) + " IS NULL)";
    if (among.empty()) return std::vector<std::string>{is_null};
    return std::vector<std::string>{"(" + is_null + " OR " + among + ")"};
  }

  std::vector<std::string> NotNull() const {
    std::vector<std::string> conditions;
    for (size_t i = 0; i < key_.parts.size(); ++i) {
      conditions.push_back("(" + Part(i) + " IS NOT NULL)");
    }
    return conditions;
  }

  Result<std::vector<std::string>> Range(const PartitionBound& bound, bool for_default) const {
    std::vector<std::string> conditions;
    if (!for_default) conditions = NotNull();
    const size_t parts = key_.parts.size();
    size_t first = 0;  // where the bounds differ
    while (first < parts && IsValue(bound.from[first]) && IsValue(bound.to[first])) {
      LATHE_ASSIGN(std::string from, Constant(first, bound.from[first].value));
      LATHE_ASSIGN(std::string to, Constant(first, bound.to[first].value));
      if (from != to) break;
      conditions.push_back("(" + Column(first) + " = " + from + ")");
      ++first;
    }
    LATHE_ASSIGN(std::vector<std::string> lower, Arms(bound.from, first, true));
    LATHE_ASSIGN(std::vector<std::string> upper, Arms(bound.to, first, false));
    if (!lower.empty()) conditions.push_back(Connected(lower, " OR "));
    if (!upper.empty()) conditions.push_back(Connected(upper, " OR "));
    if (conditions.empty()) conditions = NotNull();
    return conditions;
  }

 private:
  static bool IsValue(const End& end) { return end.kind == End::Kind::kValue; }

  /// One arm for each further part of the key that decides: (a > 1) OR ((a = 1) AND (b >= 2)).
  Result<std::vector<std::string>> Arms(const std::vector<End>& ends, size_t first,
                                        bool lower) const {
    const auto unbounded = lower ? End::Kind::kMinValue : End::Kind::kMaxValue;
    std::vector<std::string> arms;
    for (size_t last = first; last < ends.size() && IsValue(ends[last]); ++last) {
      std::vector<std::string> arm;
      for (size_t i = first; i <= last; ++i) {
        const bool open_end = i + 1 < ends.size() && ends[i + 1].kind == unbounded;
        const bool included = lower ? i + 1 == ends.size() || open_end : open_end;
        const char* op = i < last ? " = "
                         : lower  ? (included ? " >= " : " > ")
                                  : (included ? " <= " : " < ");
        LATHE_ASSIGN(std::string constant, Constant(i, ends[i].value));
        arm.push_back("(" + Column(i) + op + constant + ")");
      }
      arms.push_back(Connected(arm, " AND "));
    }
    return arms;
  }

  std::string Part(size_t i) const {
    const PartitionKey::Part& part = key_.parts[i];
    return part.sql.empty() ? ast::QuoteIdentifier(parent_.columns[part.column].name)
                            : schema::ShownInIndex(part.sql);
  }
  /// As operators take it.
  std::string Column(size_t i) const {
    const bool varying = key_.parts[i].type.id == types::TypeId::kVarchar;
    return varying ? "(" + Part(i) + ")::text" : Part(i);
  }
  Result<std::string> Constant(size_t i, const types::Value& value) const {
    std::optional<std::string> text = bind::DeparseConstant(value, key_.parts[i].type, format_);
    if (!text) return NotSupported("the text of this partition's condition");
    return *text;
  }

  const schema::RelationDescriptor& parent_;
  const PartitionKey& key_;
  const types::FormatContext& format_;
};

/// What the default partition takes: all that the others do not; nothing = everything.
Result<std::vector<std::string>> DefaultConditions(const schema::RelationDescriptor& partition,
                                                   const schema::RelationDescriptor& parent,
                                                   schema::CatalogReader* catalog,
                                                   const BoundText& text) {
  const bool list = parent.partition_key.strategy == PartitionKey::Strategy::kList;
  std::vector<types::Value> values;
  std::vector<std::string> others;
  // In the order of the bounds.
  std::vector<schema::RelationPtr> siblings;
  for (RelationId id : parent.children) {
    schema::RelationPtr other = catalog->GetRelation(id);
    if (other == nullptr || !other->is_partition() || other->id == partition.id) continue;
    siblings.push_back(std::move(other));
  }
  for (const schema::RelationPtr& other : siblings) {
    if (list) {
      const std::vector<types::Value>& theirs = other->partition_bound->values;
      values.insert(values.end(), theirs.begin(), theirs.end());
      continue;
    }
    LATHE_ASSIGN(std::vector<std::string> one, text.Range(*other->partition_bound, true));
    others.push_back(Connected(one, " AND "));
  }
  std::vector<std::string> taken;
  if (list) {
    if (values.empty()) return taken;
    LATHE_ASSIGN(taken, text.List(values));
  } else {
    if (others.empty()) return taken;
    taken = text.NotNull();
    taken.push_back(Connected(others, " OR "));
  }
  return std::vector<std::string>{"(NOT " + Connected(taken, " AND ") + ")"};
}

}  // namespace

std::string PartitionKeyText(const schema::RelationDescriptor& table) {
  std::string text;
  for (const PartitionKey::Part& part : table.partition_key.parts) {
    if (!text.empty()) text += ", ";
    text += part.sql.empty() ? ast::QuoteIdentifier(table.columns[part.column].name)
                             : schema::ShownInIndex(part.sql);
  }
  return text;
}

Result<std::vector<std::string>> PartitionConditions(const schema::RelationDescriptor& partition,
                                                     schema::CatalogReader* catalog,
                                                     const types::FormatContext& format) {
  std::vector<std::string> conditions;
  schema::RelationPtr parent =
      partition.is_partition() ? catalog->GetRelation(partition.parents[0]) : nullptr;
  if (parent == nullptr) return conditions;
  LATHE_ASSIGN(conditions, PartitionConditions(*parent, catalog, format));
  const BoundText text(*parent, format);
  const PartitionBound& bound = *partition.partition_bound;
  std::vector<std::string> own;
  if (parent->partition_key.strategy == PartitionKey::Strategy::kHash) {
    own = text.Hash(bound);
  } else if (bound.is_default) {
    LATHE_ASSIGN(own, DefaultConditions(partition, *parent, catalog, text));
  } else if (parent->partition_key.strategy == PartitionKey::Strategy::kList) {
    LATHE_ASSIGN(own, text.List(bound.values));
  } else {
    LATHE_ASSIGN(own, text.Range(bound, false));
  }
  conditions.insert(conditions.end(), own.begin(), own.end());
  return conditions;
}

}  // namespace lathe::session
