// Which overload is meant: PostgreSQL's rules (documentation, sections 10.2 and 10.3) over
// signatures, and what the polymorphic types of a signature (38.2.5) stand for in a call. Part of
// the binder.
#pragma once

#include <span>
#include <vector>

#include "frontend/bind/binder.h"

namespace lathe::bind {

/// PostgreSQL's pseudo-types for arguments of any type.
enum class Pseudo : uint8_t {
  kNone,
  kAny,  // each argument on its own
  kElement,
  kArray,
  kNonArray,
  kEnum,
  kCompatible,
  kCompatibleArray,
  kCompatibleNonArray,
};
Pseudo PseudoOf(const Type& type);

/// What Choose answers instead of an index.
inline constexpr int kNoCandidate = -1;
inline constexpr int kAmbiguousCandidates = -2;

/// A declared list of arguments.
struct Candidate {
  std::span<const Type> args;
  bool variadic = false;  // the last one may come more than once

  bool Takes(size_t count) const {
    return variadic ? count >= args.size() : count == args.size();
  }
  const Type& Arg(size_t i) const { return i < args.size() ? args[i] : args.back(); }
};

/// What the polymorphic types of a signature stand for; unknown = none of them is used.
struct Polymorphic {
  Type element;     // anyelement and its kin; anyarray is an array of it
  Type compatible;  // anycompatible
};

/// The type that a declared type stands for; a type that is not polymorphic stands for itself.
Type Actual(const Type& declared, const Polymorphic& polymorphic);

/// The index of the candidate for arguments of these types, kNoCandidate or kAmbiguousCandidates.
int Choose(const Binder& binder, std::span<const Type> actual,
           std::span<const Candidate> candidates);

}  // namespace lathe::bind
