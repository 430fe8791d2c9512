// Planted bugs, to measure the tests: LATHE_RAFT_MUTANT(kName) is the constant false in the shipped
// library. Only the copy of this folder that is compiled with LATHE_RAFT_MUTANTS asks which one is
// on.
#pragma once

#ifdef LATHE_RAFT_MUTANTS
#include "dist/raft/mutants.h"
#define LATHE_RAFT_MUTANT(name) (::lathe::raft::active_mutant == ::lathe::raft::Mutant::name)
#else
#define LATHE_RAFT_MUTANT(name) false
#endif
