#include "dist/raft/payload.h"

#include <cstring>
#include <new>

#include "runtime/base/check.h"

namespace lathe::raft {

Payload::Payload(std::string_view bytes) {
  if (bytes.empty()) return;
  LATHE_CHECK(bytes.size() <= UINT32_MAX);
  void* memory = ::operator new(sizeof(Block) + bytes.size());
  block_ = new (memory) Block{{1}, static_cast<uint32_t>(bytes.size())};
  std::memcpy(block_ + 1, bytes.data(), bytes.size());
}

void Payload::Free(Block* block) {
  block->~Block();
  ::operator delete(block);
}

}  // namespace lathe::raft
