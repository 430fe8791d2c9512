#include "runtime/base/blocking.h"

#include <atomic>

namespace lathe {
namespace {

std::atomic<void (*)()> blocking_hook{nullptr};

}  // namespace

void SetBlockingHook(void (*hook)()) { blocking_hook.store(hook); }

void AboutToBlock() {
  if (void (*hook)() = blocking_hook.load(std::memory_order_relaxed)) hook();
}

}  // namespace lathe
