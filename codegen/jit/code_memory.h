// Where linked code lies. A compiled query costs no memory mapping of its own: slabs of shared
// memory are mapped twice, once writable for the linker and once executable for the program, so no
// page is both, and thousands of queries stay far from the kernel's limit of mappings per process.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>

#include "runtime/base/result.h"

namespace lathe::jit {

/// A stretch of a slab. Both addresses name the same bytes.
struct CodeRange {
  char* writable = nullptr;
  char* executable = nullptr;
  uint64_t bytes = 0;
  uint32_t slab = 0;
};

/// Hands out stretches of slabs, first fit by address; neighbours that are free become one.
/// Thread-safe.
class CodeSlabs {
 public:
  /// slab_bytes: a multiple of the page size, well below 1 GiB (both views must be within reach of
  /// relative addresses). A larger request gets a slab of its own.
  explicit CodeSlabs(uint64_t slab_bytes = 64ull << 20) : slab_bytes_(slab_bytes) {}
  ~CodeSlabs();
  CodeSlabs(const CodeSlabs&) = delete;
  CodeSlabs& operator=(const CodeSlabs&) = delete;

  /// bytes > 0; the result is aligned to kAlignment. Errors: 53200.
  Result<CodeRange> Allocate(uint64_t bytes);
  void Free(const CodeRange& range);
  /// Handed out and not freed.
  uint64_t used_bytes() const;
  uint64_t slab_count() const;

  static constexpr uint64_t kAlignment = 64;

 private:
  struct Slab {
    char* writable = nullptr;
    char* executable = nullptr;
    uint64_t bytes = 0;
    std::map<uint64_t, uint64_t> free;  // offset -> bytes
  };
  Status AddSlab(uint64_t bytes);

  const uint64_t slab_bytes_;
  mutable std::mutex mutex_;
  std::vector<Slab> slabs_;
  uint64_t used_ = 0;
};

/// JITLink's view of CodeSlabs: one range per linked object. Thread-safe.
class CodeMemory final : public llvm::jitlink::JITLinkMemoryManager {
 public:
  void allocate(const llvm::jitlink::JITLinkDylib* dylib, llvm::jitlink::LinkGraph& graph,
                OnAllocatedFunction on_allocated) override;
  void deallocate(std::vector<FinalizedAlloc> allocations,
                  OnDeallocatedFunction on_deallocated) override;

 private:
  class InFlight;
  CodeSlabs slabs_;
};

}  // namespace lathe::jit
