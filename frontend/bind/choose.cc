// The choice between overloads, by the steps of PostgreSQL's documentation, section 10.3.
#include <algorithm>
#include <array>

#include "frontend/bind/resolve.h"

namespace lathe::bind {
namespace {

bool Unknown(const Type& type) { return type.id == TypeId::kUnknown; }

Pseudo PseudoNamed(std::string_view name) {
  if (name == "anyelement") return Pseudo::kElement;
  if (name == "anyarray") return Pseudo::kArray;
  if (name == "anynonarray") return Pseudo::kNonArray;
  if (name == "anyenum") return Pseudo::kEnum;
  if (name == "any") return Pseudo::kAny;
  if (name == "anycompatible") return Pseudo::kCompatible;
  if (name == "anycompatiblearray") return Pseudo::kCompatibleArray;
  if (name == "anycompatiblenonarray") return Pseudo::kCompatibleNonArray;
  return Pseudo::kNone;
}

/// Keeps those of `left` for which score is highest.
template <class Score>
void KeepBest(std::vector<int>& left, Score score) {
  int best = 0;
  size_t kept = 0;
  for (int candidate : left) {
    const int points = score(candidate);
    if (points > best) {
      best = points;
      kept = 0;
    }
    if (points == best) left[kept++] = candidate;
  }
  left.resize(kept);
}

class Chooser {
 public:
  Chooser(const Binder& binder, std::span<const Type> actual, std::span<const Candidate> candidates)
      : binder_(binder), actual_(actual), candidates_(candidates) {}

  int Choose() {
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (Exact(static_cast<int>(c))) return static_cast<int>(c);
    }
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (Fits(static_cast<int>(c), actual_)) left_.push_back(static_cast<int>(c));
    }
    if (left_.empty()) return kNoCandidate;
    if (left_.size() == 1) return left_[0];
    // 10.3 step 4.c: most exact matches.
    KeepBest(left_, [this](int c) { return Count(c, false); });
    if (left_.size() == 1) return left_[0];
    // 4.d: most exact matches or preferred types.
    KeepBest(left_, [this](int c) { return Count(c, true); });
    if (left_.size() == 1) return left_[0];
    if (std::none_of(actual_.begin(), actual_.end(), Unknown)) return PreferFixed();
    ByCategory();
    if (left_.size() == 1) return left_[0];
    const int chosen = BySameType();
    return chosen == kAmbiguousCandidates ? PreferFixed() : chosen;
  }

 private:
  const Type& Arg(int c, size_t i) const { return candidates_[c].Arg(i); }
  char Category(int c, size_t i) const {
    return PseudoOf(Arg(c, i)) == Pseudo::kNone ? types::CategoryOf(Arg(c, i)) : 'P';
  }

  bool Exact(int c) const {
    if (!candidates_[c].Takes(actual_.size())) return false;
    for (size_t i = 0; i < actual_.size(); ++i) {
      if (Unknown(actual_[i]) || !SameType(Arg(c, i), actual_[i])) return false;
    }
    return true;
  }
  bool Fits(int c, std::span<const Type> actual) const {
    if (!candidates_[c].Takes(actual.size())) return false;
    bool polymorphic = false;
    for (size_t i = 0; i < actual.size(); ++i) {
      if (PseudoOf(Arg(c, i)) != Pseudo::kNone) {
        polymorphic = true;
      } else if (!binder_.CanCoerce(actual[i], Arg(c, i), CastContext::kImplicit)) {
        return false;
      }
    }
    if (!polymorphic) return true;
    Polymorphic ignored;
    return binder_.FindPolymorphic(candidates_[c], actual, &ignored);
  }
  int Count(int c, bool preferred_too) const {
    int count = 0;
    for (size_t i = 0; i < actual_.size(); ++i) {
      if (Unknown(actual_[i])) continue;
      if (SameType(Arg(c, i), actual_[i])) {
        ++count;
      } else if (preferred_too && types::IsPreferred(Arg(c, i)) &&
                 Category(c, i) == types::CategoryOf(actual_[i])) {
        ++count;
      }
    }
    return count;
  }

  /// 4.e: at the places of unknown literals, string if any candidate takes it there, else the
  /// category that all agree on.
  void ByCategory() {
    std::vector<char> category(actual_.size(), 0);
    std::vector<bool> preferred(actual_.size(), false);
    for (size_t i = 0; i < actual_.size(); ++i) {
      if (!Unknown(actual_[i])) continue;
      bool conflict = false;
      for (int c : left_) {
        const char own = Category(c, i);
        const bool own_preferred = types::IsPreferred(Arg(c, i));
        if (category[i] == 0) {
          category[i] = own;
          preferred[i] = own_preferred;
        } else if (own == category[i]) {
          preferred[i] = preferred[i] || own_preferred;
        } else if (own == 'S') {
          category[i] = own;
          preferred[i] = own_preferred;
          conflict = false;
        } else if (category[i] != 'S') {
          conflict = true;
        }
      }
      if (conflict) return;
    }
    std::vector<int> kept;
    for (int c : left_) {
      bool keep = true;
      for (size_t i = 0; i < actual_.size() && keep; ++i) {
        if (!Unknown(actual_[i])) continue;
        keep = Category(c, i) == category[i] && (!preferred[i] || types::IsPreferred(Arg(c, i)));
      }
      if (keep) kept.push_back(c);
    }
    if (!kept.empty()) left_ = std::move(kept);
  }

  /// 4.f: if the known arguments have one type, the unknown ones are taken to have it too.
  int BySameType() const {
    Type known;
    for (const Type& type : actual_) {
      if (Unknown(type)) continue;
      if (!Unknown(known) && !SameType(known, type)) return kAmbiguousCandidates;
      known = type;
    }
    if (Unknown(known)) return kAmbiguousCandidates;
    const std::vector<Type> same(actual_.size(), known);
    int chosen = kAmbiguousCandidates;
    for (int c : left_) {
      if (!Fits(c, same)) continue;
      if (chosen != kAmbiguousCandidates) return kAmbiguousCandidates;
      chosen = c;
    }
    return chosen;
  }

  /// Of equally good candidates one that is not variadic goes before those that are.
  int PreferFixed() const {
    int chosen = kAmbiguousCandidates;
    for (int c : left_) {
      if (candidates_[c].variadic) continue;
      if (chosen != kAmbiguousCandidates) return kAmbiguousCandidates;
      chosen = c;
    }
    return chosen;
  }

  const Binder& binder_;
  std::span<const Type> actual_;
  std::span<const Candidate> candidates_;
  std::vector<int> left_;
};

}  // namespace

Pseudo PseudoOf(const Type& type) {
  static const std::array<Pseudo, 256> by_id = [] {
    std::array<Pseudo, 256> list{};
    int id = 0;
#define LATHE_TYPE(name, catalog_name, ...) list[id++] = PseudoNamed(catalog_name);
#include "runtime/types/type_list.def"
#undef LATHE_TYPE
    list[static_cast<size_t>(TypeId::kUnknown)] = Pseudo::kAny;
    return list;
  }();
  const Pseudo pseudo = by_id[static_cast<size_t>(type.id)];
  if (pseudo == Pseudo::kEnum && type.shape != nullptr) return Pseudo::kNone;
  return pseudo == Pseudo::kArray && type.element != TypeId::kUnknown ? Pseudo::kNone : pseudo;
}

Type Actual(const Type& declared, const Polymorphic& polymorphic) {
  const auto array_of = [&](const Type& element) {
    return Unknown(element) ? declared : Type::ArrayOf(element);
  };
  switch (PseudoOf(declared)) {
    case Pseudo::kNone:
    case Pseudo::kAny:
      return declared;
    case Pseudo::kElement:
    case Pseudo::kNonArray:
    case Pseudo::kEnum:
      return polymorphic.element;
    case Pseudo::kArray:
      return array_of(polymorphic.element);
    case Pseudo::kCompatible:
    case Pseudo::kCompatibleNonArray:
      return polymorphic.compatible;
    case Pseudo::kCompatibleArray:
      return array_of(polymorphic.compatible);
  }
  return declared;
}

int Choose(const Binder& binder, std::span<const Type> actual,
           std::span<const Candidate> candidates) {
  return Chooser(binder, actual, candidates).Choose();
}

bool Binder::FindPolymorphic(const Candidate& candidate, std::span<const Type> actual,
                             Polymorphic* result) const {
  Type element, array_element;  // anyelement's and anyarray's
  Type compatible;              // the common type so far
  bool non_array = false, compatible_used = false;
  for (size_t i = 0; i < actual.size(); ++i) {
    const Pseudo pseudo = PseudoOf(candidate.Arg(i));
    Type type = actual[i];
    type.typmod = -1;
    if (pseudo == Pseudo::kNone || pseudo == Pseudo::kAny) continue;
    const bool family2 = pseudo >= Pseudo::kCompatible;
    compatible_used |= family2;
    const bool wants_array = pseudo == Pseudo::kArray || pseudo == Pseudo::kCompatibleArray;
    non_array |= pseudo == Pseudo::kNonArray;
    if (Unknown(type)) continue;
    if (wants_array) {
      if (type.id != TypeId::kArray) return false;
      type = type.Element();
    }
    if (pseudo == Pseudo::kCompatibleNonArray && type.id == TypeId::kArray) return false;
    if (pseudo == Pseudo::kEnum && types::CategoryOf(type) != 'E') return false;
    if (!family2) {
      Type& known = wants_array ? array_element : element;
      if (!Unknown(known) && !SameType(known, type)) return false;
      known = type;
    } else if (Unknown(compatible)) {
      compatible = type;
    } else if (!SameType(compatible, type)) {
      if (types::CategoryOf(compatible) != types::CategoryOf(type)) return false;
      if (!types::IsPreferred(compatible) && CanCoerce(compatible, type, CastContext::kImplicit) &&
          !CanCoerce(type, compatible, CastContext::kImplicit)) {
        compatible = type;
      } else if (!CanCoerce(type, compatible, CastContext::kImplicit)) {
        return false;
      }
    }
  }
  if (Unknown(element)) {
    element = array_element;
  } else if (!Unknown(array_element) && !SameType(element, array_element)) {
    return false;
  }
  if (non_array && element.id == TypeId::kArray) return false;
  result->element = element;
  result->compatible = compatible_used && Unknown(compatible) ? Type(TypeId::kText) : compatible;
  return true;
}

}  // namespace lathe::bind
