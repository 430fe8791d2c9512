// Distinct types for ids and counters, so that a table is never passed where a schema is meant.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace lathe {

/// A number of one kind: comparable and hashable, never implicitly converted. Zero means "none".
template <class Tag, class Rep>
struct StrongId {
  Rep value{};

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  constexpr auto operator<=>(const StrongId&) const = default;
  constexpr explicit operator bool() const { return value != Rep{}; }

  template <class H>
  friend H AbslHashValue(H h, const StrongId& id) {
    return H::combine(std::move(h), id.value);
  }
};

using Oid = StrongId<struct OidTag, uint32_t>;  // a catalog object, as in pg_catalog
using RelationId =
    StrongId<struct RelationTag, uint32_t>;             // a table or index; equals its pg_class oid
using SchemaId = StrongId<struct SchemaTag, uint32_t>;  // a namespace; equals its pg_namespace oid
using DatabaseId = StrongId<struct DatabaseTag, uint32_t>;
using RoleId = StrongId<struct RoleTag, uint32_t>;
using StorageId = StrongId<struct StorageTag, uint64_t>;  // where a relation's rows lie (as
                                                          // PostgreSQL's relfilenode); never reused
using PageId = StrongId<struct PageTag, uint64_t>;        // one immutable page body; never reused
using LoadId = StrongId<struct LoadTag, uint64_t>;        // one bulk load
using TxnId = StrongId<struct TxnTag, uint64_t>;          // one transaction in this process
using SessionId =
    StrongId<struct SessionTag, uint32_t>;  // one client session; the protocol's "process id"
using ColumnNumber =
    StrongId<struct ColumnTag, uint16_t>;  // a column of a relation, from 1, never reused (attnum)

/// A commit or snapshot time: unix milliseconds << 18 | counter. Totally ordered, never repeated,
/// survives restarts.
using Timestamp = StrongId<struct TimestampTag, uint64_t>;
inline constexpr Timestamp kTimestampMax{UINT64_MAX};

}  // namespace lathe

template <class Tag, class Rep>
struct std::hash<lathe::StrongId<Tag, Rep>> {
  size_t operator()(const lathe::StrongId<Tag, Rep>& id) const {
    return std::hash<Rep>()(id.value);
  }
};
