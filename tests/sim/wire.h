// Messages, entries and hard states as bytes, for hosts in simulation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dist/raft/message.h"

namespace lathe::sim {

std::string EncodeMessage(const raft::Message& message);
/// Nothing for bytes that are not a whole message.
std::optional<raft::Message> DecodeMessage(std::string_view bytes);
std::string EncodeEntry(const raft::Entry& entry);
std::optional<raft::Entry> DecodeEntry(std::string_view bytes);
std::string EncodeHardState(const raft::HardState& state);
std::optional<raft::HardState> DecodeHardState(std::string_view bytes);

}  // namespace lathe::sim
