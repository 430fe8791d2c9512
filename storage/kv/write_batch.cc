// Names of the families.
#include "storage/kv/write_batch.h"

namespace lathe::kv {

std::string_view FamilyName(Family family) {
  switch (family) {
    case Family::kMeta:
      return "meta";
    case Family::kCatalog:
      return "catalog";
    case Family::kDelta:
      return "delta";
    case Family::kPageDir:
      return "pagedir";
    case Family::kPages:
      return "pages";
    case Family::kLoads:
      return "loads";
  }
  LATHE_UNREACHABLE("unknown family");
}

}  // namespace lathe::kv
