#include "runtime/base/stack.h"

#include <pthread.h>

namespace lathe::base {

void UseDeepStacks() {
  constexpr size_t kBytes = size_t{64} << 20;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  // Without it deep statements end the process earlier; nothing else depends on it.
  if (pthread_attr_setstacksize(&attributes, kBytes) == 0) {
    pthread_setattr_default_np(&attributes);
  }
  pthread_attr_destroy(&attributes);
}

}  // namespace lathe::base
