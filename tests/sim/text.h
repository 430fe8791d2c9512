// The nouns of the core in words, for scripts and traces.
#pragma once

#include <string>
#include <vector>

#include "dist/raft/raft.h"

namespace lathe::sim {

std::string N(uint64_t value);
std::string Text(const std::vector<raft::ReplicaId>& set);
std::string Text(const raft::Config& config);
std::string Text(const raft::Entry& entry);
std::string Text(const std::vector<raft::Entry>& entries);
std::string Text(const raft::Message& message);
const char* Text(raft::Refusal refusal);
/// Role, term, vote, log and configuration of a replica in one line.
std::string Text(const raft::Core& core);

}  // namespace lathe::sim
