#include "codegen/jit/code_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/Orc/Shared/AllocationActions.h>

namespace lathe::jit {

using llvm::orc::ExecutorAddr;
using llvm::orc::shared::WrapperFunctionCall;

CodeSlabs::~CodeSlabs() {
  for (const Slab& slab : slabs_) ::munmap(slab.writable, 2 * slab.bytes);
}

// One reservation, its halves two views of one memory file.
Status CodeSlabs::AddSlab(uint64_t bytes) {
  const uint64_t page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  bytes = (bytes + page - 1) / page * page;
  auto failed = [] { return MakeError(SqlState::kOutOfMemory, "out of memory for machine code"); };
  int file = ::memfd_create("lathe code", MFD_CLOEXEC);
  if (file < 0) return failed();
  if (::ftruncate(file, static_cast<off_t>(bytes)) != 0) {
    ::close(file);
    return failed();
  }
  void* reserved = ::mmap(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) {
    ::close(file);
    return failed();
  }
  char* writable = static_cast<char*>(reserved);
  char* executable = writable + bytes;
  const bool mapped = ::mmap(writable, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
                             0) != MAP_FAILED &&
                      ::mmap(executable, bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, file,
                             0) != MAP_FAILED;
  ::close(file);
  if (!mapped) {
    ::munmap(reserved, 2 * bytes);
    return failed();
  }
  slabs_.push_back({writable, executable, bytes, {{0, bytes}}});
  return Ok();
}

Result<CodeRange> CodeSlabs::Allocate(uint64_t bytes) {
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  std::lock_guard lock(mutex_);
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (uint32_t i = 0; i < slabs_.size(); ++i) {
      Slab& slab = slabs_[i];
      auto fit = std::find_if(slab.free.begin(), slab.free.end(),
                              [bytes](const auto& range) { return range.second >= bytes; });
      if (fit == slab.free.end()) continue;
      const auto [offset, size] = *fit;
      slab.free.erase(fit);
      if (size > bytes) slab.free.emplace(offset + bytes, size - bytes);
      used_ += bytes;
      return CodeRange{slab.writable + offset, slab.executable + offset, bytes, i};
    }
    LATHE_TRY(AddSlab(std::max(bytes, slab_bytes_)));
  }
  return MakeError(SqlState::kOutOfMemory, "out of memory for machine code");
}

void CodeSlabs::Free(const CodeRange& range) {
  std::lock_guard lock(mutex_);
  Slab& slab = slabs_[range.slab];
  uint64_t begin = static_cast<uint64_t>(range.writable - slab.writable);
  uint64_t end = begin + range.bytes;
  used_ -= range.bytes;
  auto next = slab.free.lower_bound(begin);
  if (next != slab.free.end() && next->first == end) {
    end += next->second;
    next = slab.free.erase(next);
  }
  if (next != slab.free.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == begin) {
      previous->second = end - previous->first;
      return;
    }
  }
  slab.free.emplace_hint(next, begin, end - begin);
}

uint64_t CodeSlabs::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used_;
}

uint64_t CodeSlabs::slab_count() const {
  std::lock_guard lock(mutex_);
  return slabs_.size();
}

namespace {

/// What a FinalizedAlloc's address points to.
struct Allocation {
  CodeRange range;
  std::vector<WrapperFunctionCall> undo;
};

}  // namespace

class CodeMemory::InFlight final : public JITLinkMemoryManager::InFlightAlloc {
 public:
  InFlight(CodeSlabs* slabs, CodeRange range, llvm::jitlink::LinkGraph* graph)
      : slabs_(slabs), range_(range), graph_(graph) {}

  void abandon(OnAbandonedFunction on_abandoned) override {
    slabs_->Free(range_);
    on_abandoned(llvm::Error::success());
  }

  void finalize(OnFinalizedFunction on_finalized) override {
    auto undo = llvm::orc::shared::runFinalizeActions(graph_->allocActions());
    if (!undo) {
      slabs_->Free(range_);
      on_finalized(undo.takeError());
      return;
    }
    auto allocation = std::make_unique<Allocation>(Allocation{range_, std::move(*undo)});
    on_finalized(FinalizedAlloc(ExecutorAddr::fromPtr(allocation.release())));
  }

 private:
  CodeSlabs* slabs_;
  CodeRange range_;
  llvm::jitlink::LinkGraph* graph_;
};

void CodeMemory::allocate(const llvm::jitlink::JITLinkDylib*, llvm::jitlink::LinkGraph& graph,
                          OnAllocatedFunction on_allocated) {
  llvm::jitlink::BasicLayout layout(graph);
  uint64_t bytes = 0;
  auto place = [&bytes](auto& segment) {
    const uint64_t alignment = std::max<uint64_t>(segment.Alignment.value(), CodeSlabs::kAlignment);
    const uint64_t at = (bytes + alignment - 1) / alignment * alignment;
    bytes = at + segment.ContentSize + segment.ZeroFillSize;
    return at;
  };
  uint64_t alignment = CodeSlabs::kAlignment;
  for (auto& entry : layout.segments()) {
    alignment = std::max<uint64_t>(alignment, entry.second.Alignment.value());
    place(entry.second);
  }
  // Ranges are aligned to kAlignment; what wants more pays for it.
  auto range = slabs_.Allocate(std::max<uint64_t>(bytes, 1) + alignment - CodeSlabs::kAlignment);
  if (!range.ok()) {
    on_allocated(llvm::createStringError(llvm::inconvertibleErrorCode(), range.error().message));
    return;
  }
  const CodeRange& got = range.value();
  const uint64_t skip =
      (alignment - reinterpret_cast<uintptr_t>(got.executable) % alignment) % alignment;
  std::memset(got.writable, 0, got.bytes);
  bytes = 0;
  for (auto& entry : layout.segments()) {
    auto& segment = entry.second;
    const uint64_t at = skip + place(segment);
    const bool written = (static_cast<unsigned>(entry.first.getMemProt()) &
                          static_cast<unsigned>(llvm::orc::MemProt::Write)) != 0;
    segment.WorkingMem = got.writable + at;
    segment.Addr = ExecutorAddr::fromPtr((written ? got.writable : got.executable) + at);
  }
  if (auto error = layout.apply()) {
    slabs_.Free(got);
    on_allocated(std::move(error));
    return;
  }
  on_allocated(std::make_unique<InFlight>(&slabs_, got, &graph));
}

void CodeMemory::deallocate(std::vector<FinalizedAlloc> allocations,
                            OnDeallocatedFunction on_deallocated) {
  llvm::Error error = llvm::Error::success();
  for (auto it = allocations.rbegin(); it != allocations.rend(); ++it) {
    std::unique_ptr<Allocation> allocation(it->release().toPtr<Allocation*>());
    error =
        llvm::joinErrors(std::move(error), llvm::orc::shared::runDeallocActions(allocation->undo));
    slabs_.Free(allocation->range);
  }
  on_deallocated(std::move(error));
}

}  // namespace lathe::jit
