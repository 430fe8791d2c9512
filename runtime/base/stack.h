// Stacks of threads. Statements are trees, and trees are walked by recursion: in the binder, the
// optimizer and the code generator, and inside LLVM. Deep statements are refused (54001) at depths
// that these stacks bear.
#pragma once

namespace lathe::base {

/// Threads that are made from now on get stacks of 64 MiB of address space; memory is used as far
/// as it is touched. To be called before the first thread is made.
void UseDeepStacks();

}  // namespace lathe::base
