#include "codegen/jit/jit.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <unordered_set>

#include <llvm/ADT/StringMap.h>
#include <llvm/ExecutionEngine/Orc/ExecutorProcessControl.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/SmallVectorMemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/LoopRotation.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "codegen/jit/code_memory.h"
#include "runtime/abi/abi.h"

// What LLVM's code generator may call by itself.
extern "C" {
__extension__ typedef __int128 lathe_int128;
lathe_int128 __divti3(lathe_int128, lathe_int128);  // NOLINT(bugprone-reserved-identifier)
lathe_int128 __modti3(lathe_int128, lathe_int128);  // NOLINT(bugprone-reserved-identifier)
}

namespace lathe::jit {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t NsSince(Clock::time_point start) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

Error LlvmError(llvm::Error error) {
  return MakeError(SqlState::kInternalError,
                   "code generation failed: " + llvm::toString(std::move(error)));
}

struct NamedAddress {
  const char* name;
  const void* address;
};

/// functions.def and the helpers that LLVM's code generator calls.
const NamedAddress kRuntimeFunctions[] = {
#define LATHE_ABI(result, name, args, cost) {#name, reinterpret_cast<const void*>(&name)},
#include "runtime/abi/functions.def"
#undef LATHE_ABI
    {"memcpy", reinterpret_cast<const void*>(
                   static_cast<void* (*)(void*, const void*, size_t)>(&std::memcpy))},
    {"memset",
     reinterpret_cast<const void*>(static_cast<void* (*)(void*, int, size_t)>(&std::memset))},
    {"memmove", reinterpret_cast<const void*>(
                    static_cast<void* (*)(void*, const void*, size_t)>(&std::memmove))},
    {"memcmp", reinterpret_cast<const void*>(
                   static_cast<int (*)(const void*, const void*, size_t)>(&std::memcmp))},
    {"bcmp", reinterpret_cast<const void*>(
                 static_cast<int (*)(const void*, const void*, size_t)>(&std::memcmp))},
    {"rint", reinterpret_cast<const void*>(static_cast<double (*)(double)>(&::rint))},
    {"fmod", reinterpret_cast<const void*>(static_cast<double (*)(double, double)>(&::fmod))},
    {"__divti3", reinterpret_cast<const void*>(&__divti3)},
    {"__modti3", reinterpret_cast<const void*>(&__modti3)},
};

class JitImplementation;

class LinkedCode final : public Code {
 public:
  LinkedCode(llvm::orc::LLJIT* lljit, llvm::orc::JITDylib* dylib, PipelineFunction function,
             uint64_t bytes)
      : lljit_(lljit), dylib_(dylib), function_(function), bytes_(bytes) {}
  ~LinkedCode() override {
    if (auto error = lljit_->getExecutionSession().removeJITDylib(*dylib_))
      llvm::consumeError(std::move(error));
  }
  PipelineFunction function() const override { return function_; }
  uint64_t bytes() const override { return bytes_; }

 private:
  llvm::orc::LLJIT* lljit_;
  llvm::orc::JITDylib* dylib_;
  PipelineFunction function_;
  uint64_t bytes_;
};

uint64_t InstructionsOf(const llvm::Module& module) {
  uint64_t count = 0;
  for (const llvm::Function& function : module) count += function.getInstructionCount();
  return count;
}

class JitImplementation final : public Jit {
 public:
  Status Start() {
    static std::once_flag once;
    std::call_once(once, [] {
      llvm::InitializeNativeTarget();
      llvm::InitializeNativeTargetAsmPrinter();
      llvm::InitializeNativeTargetAsmParser();
    });
    auto builder = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!builder) return LlvmError(builder.takeError());
    builder->setRelocationModel(llvm::Reloc::PIC_);
    builder->setCodeModel(llvm::CodeModel::Small);
    target_builder_ = std::make_unique<llvm::orc::JITTargetMachineBuilder>(*builder);
    // Linking happens on the thread that asks for it; the default would start a thread for each
    // task.
    auto process = llvm::orc::SelfExecutorProcessControl::Create(
        std::make_shared<llvm::orc::SymbolStringPool>(),
        std::make_unique<llvm::orc::InPlaceTaskDispatcher>());
    if (!process) return LlvmError(process.takeError());
    auto lljit =
        llvm::orc::LLJITBuilder()
            .setExecutorProcessControl(std::move(*process))
            .setJITTargetMachineBuilder(*builder)
            .setObjectLinkingLayerCreator(
                [](llvm::orc::ExecutionSession& session,
                   const llvm::Triple&) -> llvm::Expected<std::unique_ptr<llvm::orc::ObjectLayer>> {
                  return std::make_unique<llvm::orc::ObjectLinkingLayer>(
                      session, std::make_unique<CodeMemory>());
                })
            .setLinkProcessSymbolsByDefault(false)
            .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
            .create();
    if (!lljit) return LlvmError(lljit.takeError());
    lljit_ = std::move(*lljit);
    runtime_ = &lljit_->getExecutionSession().createBareJITDylib("runtime");
    llvm::orc::SymbolMap symbols;
    for (const NamedAddress& f : kRuntimeFunctions) Add(&symbols, f.name, f.address);
    if (auto error = runtime_->define(llvm::orc::absoluteSymbols(std::move(symbols)))) {
      return LlvmError(std::move(error));
    }
    return Ok();
  }

  Result<std::unique_ptr<Code>> Compile(llvm::Module* module, const std::string& function,
                                        const std::vector<emit::Symbol>& symbols, Tier tier,
                                        Timing* timing) override {
    timing->instructions = InstructionsOf(*module);
    llvm::TargetMachine* machine = Machine(tier);
    module->setDataLayout(machine->createDataLayout());
    module->setTargetTriple(machine->getTargetTriple().str());
    auto start = Clock::now();
    if (tier == Tier::kTwo) RunPasses(module, machine);
    timing->passes_ns = NsSince(start);
    start = Clock::now();
    llvm::SmallVector<char, 0> object;
    {
      llvm::raw_svector_ostream stream(object);
      llvm::legacy::PassManager passes;
      llvm::MCContext* context = nullptr;
      if (machine->addPassesToEmitMC(passes, context, stream, true)) {
        return MakeError(SqlState::kInternalError, "code generation failed: no object writer");
      }
      passes.run(*module);
    }
    timing->codegen_ns = NsSince(start);
    timing->code_bytes = object.size();
    start = Clock::now();
    LATHE_TRY(DefineSymbols(symbols));
    auto& session = lljit_->getExecutionSession();
    llvm::orc::JITDylib& dylib =
        session.createBareJITDylib(function + "." + std::to_string(next_.fetch_add(1)));
    dylib.addToLinkOrder(*runtime_);
    const uint64_t bytes = object.size();
    auto buffer =
        std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object), function, false);
    // The dylib's own tracker: LLVM 19's transfer between trackers holds a reference into a map
    // that it grows.
    auto linked = [&]() -> Result<PipelineFunction> {
      if (auto error = lljit_->getObjLinkingLayer().add(dylib, std::move(buffer)))
        return LlvmError(std::move(error));
      auto address = session.lookup({&dylib}, session.intern(function));
      if (!address) return LlvmError(address.takeError());
      return address->getAddress().toPtr<PipelineFunction>();
    }();
    timing->link_ns = NsSince(start);
    if (!linked.ok()) {
      if (auto error = session.removeJITDylib(dylib)) llvm::consumeError(std::move(error));
      return std::move(linked).error();
    }
    return std::unique_ptr<Code>(
        std::make_unique<LinkedCode>(lljit_.get(), &dylib, linked.value(), bytes));
  }

  std::string Optimize(llvm::Module* module) override {
    llvm::TargetMachine* machine = Machine(Tier::kTwo);
    module->setDataLayout(machine->createDataLayout());
    module->setTargetTriple(machine->getTargetTriple().str());
    RunPasses(module, machine);
    return ModuleText(*module);
  }

  Result<std::string> Assembly(llvm::Module* module, Tier tier) override {
    llvm::TargetMachine* machine = Machine(tier);
    module->setDataLayout(machine->createDataLayout());
    module->setTargetTriple(machine->getTargetTriple().str());
    if (tier == Tier::kTwo) RunPasses(module, machine);
    llvm::SmallVector<char, 0> text;
    llvm::raw_svector_ostream stream(text);
    llvm::legacy::PassManager passes;
    if (machine->addPassesToEmitFile(passes, stream, nullptr,
                                     llvm::CodeGenFileType::AssemblyFile)) {
      return MakeError(SqlState::kInternalError, "code generation failed: no assembly writer");
    }
    passes.run(*module);
    return std::string(text.data(), text.size());
  }

 private:
  void Add(llvm::orc::SymbolMap* symbols, const std::string& name, const void* address) {
    (*symbols)[lljit_->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  }

  /// SQL functions join the runtime's symbols when they are first used; they live for ever.
  Status DefineSymbols(const std::vector<emit::Symbol>& wanted) {
    if (wanted.empty()) return Ok();
    std::lock_guard lock(symbols_mutex_);
    llvm::orc::SymbolMap symbols;
    for (const emit::Symbol& symbol : wanted) {
      if (defined_.insert(symbol.name).second) Add(&symbols, symbol.name, symbol.address);
    }
    if (symbols.empty()) return Ok();
    if (auto error = runtime_->define(llvm::orc::absoluteSymbols(std::move(symbols)))) {
      return LlvmError(std::move(error));
    }
    return Ok();
  }

  /// This thread's target machine for the tier; made once.
  llvm::TargetMachine* Machine(Tier tier) {
    struct PerThread {
      std::unique_ptr<llvm::TargetMachine> machines[2];
    };
    static thread_local PerThread mine;
    auto& machine = mine.machines[tier == Tier::kOne ? 0 : 1];
    if (machine == nullptr) {
      llvm::orc::JITTargetMachineBuilder builder = *target_builder_;
      builder.setCodeGenOptLevel(tier == Tier::kOne ? llvm::CodeGenOptLevel::None
                                                    : llvm::CodeGenOptLevel::Default);
      auto made = builder.createTargetMachine();
      LATHE_CHECK_NOTE(static_cast<bool>(made), "no target machine for the host");
      machine = std::move(*made);
      machine->setFastISel(tier == Tier::kOne);
    }
    return machine.get();
  }

  /// Tier 2: SROA, EarlyCSE, InstCombine, SimplifyCFG, LoopRotate, LICM, InstCombine, SimplifyCFG.
  /// No GVN, no vectoriser: on rows they cost more than they give.
  void RunPasses(llvm::Module* module, llvm::TargetMachine* machine) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager cgscc;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(machine);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(cgscc);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, cgscc, modules);
    llvm::FunctionPassManager passes;
    passes.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
    passes.addPass(llvm::EarlyCSEPass(true));
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
    llvm::LoopPassManager loop_passes;
    loop_passes.addPass(llvm::LoopRotatePass());
    loop_passes.addPass(llvm::LICMPass(llvm::LICMOptions()));
    passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loop_passes), true));
    passes.addPass(llvm::InstCombinePass());
    passes.addPass(llvm::SimplifyCFGPass());
    for (llvm::Function& function : *module) {
      if (!function.isDeclaration()) passes.run(function, functions);
    }
  }

  std::unique_ptr<llvm::orc::JITTargetMachineBuilder> target_builder_;
  std::unique_ptr<llvm::orc::LLJIT> lljit_;
  llvm::orc::JITDylib* runtime_ = nullptr;
  std::atomic<uint64_t> next_{0};
  std::mutex symbols_mutex_;
  std::unordered_set<std::string> defined_;
};

}  // namespace

Result<std::unique_ptr<Jit>> Jit::Create() {
  auto jit = std::make_unique<JitImplementation>();
  LATHE_TRY(jit->Start());
  return std::unique_ptr<Jit>(std::move(jit));
}

std::string ModuleText(const llvm::Module& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module.print(stream, nullptr);
  return text;
}

std::string VerifyModule(const llvm::Module& module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (!llvm::verifyModule(module, &stream)) return "";
  return text.empty() ? "broken module" : text;
}

}  // namespace lathe::jit
