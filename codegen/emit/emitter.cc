// The frame of a pipeline function: the order of steps and sinks, and what is loaded once per call
// in the prologue.
#include "codegen/emit/emitter.h"

#include "runtime/row/row_buffer.h"

namespace lathe::emit {

using pipeline::SinkKind;
using pipeline::StepKind;

Emitter::Emitter(const pipeline::Program& program, const pipeline::Pipeline& pipeline,
                 const EmitOptions& options, llvm::Module* module, EmittedPipeline* out)
    : program_(program),
      pipeline_(pipeline),
      options_(options),
      out_(out),
      code_(module, pipeline.name, &out->sites),
      b_(code_.b) {}

void Emitter::Run() {
  EmitSource();
  code_.Finish();
}

void Emitter::EmitSteps(size_t index) {
  if (index == steps().size()) {
    for (const Sink& sink : pipeline_.sinks) {
      code_.node = sink.node == nullptr ? 0 : sink.node->id;
      auto body = [&] {
        if (sink.kind == SinkKind::kAggregate) {
          EmitAggregateSink(sink);
        } else {
          EmitRowSink(sink);
        }
      };
      if (sink.guard != nullptr) {
        If(EmitIsTrue(*sink.guard), "guard", body);
      } else {
        body();
      }
    }
    return;
  }
  const Step& step = steps()[index];
  code_.node = step.node == nullptr ? 0 : step.node->id;
  switch (step.kind) {
    case StepKind::kFilter:
      return EmitFilter(step, index);
    case StepKind::kKeyFilter:
      return EmitKeyFilter(step, index);
    case StepKind::kProject:
      return EmitProject(step, index);
    case StepKind::kRename:
      return EmitRename(step, index);
    case StepKind::kProbe:
      return EmitProbe(step, index);
    case StepKind::kNestedLoop:
      return EmitNestedLoop(step, index);
    case StepKind::kFlagged:
      return EmitFlagged(step, index);
    case StepKind::kAggregateOutput:
      return EmitAggregateOutput(step, index);
    case StepKind::kSetOutput:
      return EmitSetOutput(step, index);
    case StepKind::kWindowOutput:
      return EmitWindowOutput(step, index);
    case StepKind::kLimit:
      return EmitLimit(step, index);
    case StepKind::kCount:
      return EmitCount(step, index);
  }
}

void Emitter::InPrologue(const std::function<void()>& body) {
  llvm::IRBuilder<>::InsertPointGuard guard(b_);
  b_.SetInsertPoint(code_.top.GetInsertBlock());
  body();
}

llvm::Value* Emitter::Object(uint32_t index) {
  llvm::Value*& known = objects_[index];
  if (known == nullptr) {
    InPrologue([&] {
      llvm::Value* objects = code_.Load(code_.Ptr(), code_.At(code_.query(), 8), "objects");
      known =
          code_.Load(code_.Ptr(), code_.At(objects, 8ull * index), program_.objects[index].name);
    });
  }
  return known;
}

llvm::Value* Emitter::Local(uint32_t index) {
  llvm::Value*& known = locals_[index];
  if (known == nullptr) {
    InPrologue([&] {
      llvm::Value* locals = code_.Load(code_.Ptr(), code_.worker(), "locals");
      const std::string name =
          index < program_.objects.size() ? program_.objects[index].name : "result";
      known = code_.Load(code_.Ptr(), code_.At(locals, 8ull * index), name + ".local");
    });
  }
  return known;
}

llvm::Value* Emitter::PageOf(llvm::Value* row) {
  llvm::Value* bits =
      b_.CreateAnd(b_.CreatePtrToInt(row, code_.I64()), code_.UInt64(~(row::kBufferPageBytes - 1)));
  return b_.CreateIntToPtr(bits, code_.Ptr(), "page_of_row");
}

SqlValue Emitter::Choose(llvm::Value* condition, const std::string& name,
                         const std::function<SqlValue()>& then,
                         const std::function<SqlValue()>& otherwise, Code::Hint hint) {
  auto scoped = [this](const std::function<SqlValue()>& branch) {
    columns_.Push();
    SqlValue v = branch();
    columns_.Pop();
    return v;
  };
  return code_.Choose(
      condition, name, [&] { return scoped(then); }, [&] { return scoped(otherwise); }, hint);
}

void Emitter::If(llvm::Value* condition, const std::string& name, const std::function<void()>& then,
                 const std::function<void()>& otherwise, Code::Hint hint) {
  auto scoped = [this](const std::function<void()>& branch) {
    columns_.Push();
    branch();
    columns_.Pop();
  };
  if (otherwise) {
    code_.If(condition, name, [&] { scoped(then); }, [&] { scoped(otherwise); }, hint);
  } else {
    code_.If(condition, name, [&] { scoped(then); }, {}, hint);
  }
}

Result<EmittedPipeline> Emit(const pipeline::Program& program, size_t index,
                             const EmitOptions& options, llvm::LLVMContext* context) {
  EmittedPipeline out;
  const pipeline::Pipeline& p = program.pipelines[index];
  out.module = std::make_unique<llvm::Module>(p.name, *context);
  Emitter emitter(program, p, options, out.module.get(), &out);
  emitter.Run();
  if (emitter.error()) return *emitter.error();
  return out;
}

}  // namespace lathe::emit
