#include "runtime/func/compare.h"

#include "runtime/types/order.h"

namespace lathe::func {

int CompareDouble(double a, double b) { return types::CompareDouble(a, b); }

int CompareBytes(const types::StringRef& a, const types::StringRef& b) {
  return types::CompareBytes(a.view(), b.view());
}

int Compare(const types::Type& type, const types::Datum& a, const types::Datum& b) {
  return types::CompareByType(type, a, b);
}

uint64_t Hash(const types::Type& type, const types::Datum& value) {
  return types::HashByType(type, value);
}

}  // namespace lathe::func
