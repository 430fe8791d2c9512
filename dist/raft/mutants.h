// The planted bugs. Each stands where the text LATHE_RAFT_MUTANT(name) stands in this folder.
#pragma once

#include <cstdint>

// clang-format off
#define LATHE_RAFT_MUTANTS_ALL(X) \
  X(kAckBeforePersist) \
  X(kAckWholeLog) \
  X(kAlwaysTruncate) \
  X(kAnswersOvertakeWrites) \
  X(kAnyAnswerEndsProbe) \
  X(kAnyVoterCounts) \
  X(kAnyoneKeepsLeader) \
  X(kApplyNotDurable) \
  X(kApplyUncommitted) \
  X(kAskedNeverCampaigns) \
  X(kCampaignWhileInstalling) \
  X(kCommitBeyondMatch) \
  X(kCommitByOne) \
  X(kCommitIgnoresOldVoters) \
  X(kCommitOldTerms) \
  X(kConfigBeforeOwnTerm) \
  X(kConfigNotRolledBack) \
  X(kConfigWhilePending) \
  X(kConflictKept) \
  X(kDurableNotCut) \
  X(kElectionIgnoresOldVoters) \
  X(kForcedSkipsLog) \
  X(kGoneIgnoresLog) \
  X(kGoneTooEarly) \
  X(kHalfIsEnough) \
  X(kHeartbeatCommitUncapped) \
  X(kHeartbeatCommitsAll) \
  X(kHungDiskLeads) \
  X(kJointOfOthersStays) \
  X(kLeaderStaysOutside) \
  X(kLeaderWorkUnseen) \
  X(kLearnerCampaigns) \
  X(kLearnersCommit) \
  X(kLeaseBeforeOwnCommit) \
  X(kLeaseIgnoresOldVoters) \
  X(kLeaseKeptOverTransfer) \
  X(kLeaseNeverEnds) \
  X(kLeaseReturns) \
  X(kLeaseWithoutBinding) \
  X(kLeavesTooEarly) \
  X(kMatchRegresses) \
  X(kNoJointConfig) \
  X(kNoNoop) \
  X(kNoPrevCheck) \
  X(kNoQuorumCheck) \
  X(kOldLeaderUnanswered) \
  X(kOldSnapshotInstalled) \
  X(kOldTermAccepted) \
  X(kOldTermVoteUnanswered) \
  X(kOldTimeoutNowTaken) \
  X(kOldWriteCountsAsVote) \
  X(kOwnAppendAtOnce) \
  X(kOwnVoteAtOnce) \
  X(kPreVoteAlwaysRefused) \
  X(kPreVoteCountsAsVote) \
  X(kPreVoteIgnoresLeader) \
  X(kPrevTermIgnored) \
  X(kPromiseEndsWithTerm) \
  X(kQuietUnderOutgoing) \
  X(kReadBeforeOwnTerm) \
  X(kReadIgnoresOldVoters) \
  X(kReadJoinsOldRound) \
  X(kReadWithoutQuorum) \
  X(kReadsForgottenByChange) \
  X(kRemovedOfOldTerm) \
  X(kRestartForgetsConfig) \
  X(kRestartForgetsPromise) \
  X(kSendBeforePersist) \
  X(kSnapshotAckAtOnce) \
  X(kSnapshotAlwaysReplaces) \
  X(kSnapshotOfNewestConfig) \
  X(kSnapshotOffByOne) \
  X(kStaleRefusalTaken) \
  X(kTermNotPersisted) \
  X(kTermReused) \
  X(kTransferTooEarly) \
  X(kVoteByLengthOnly) \
  X(kVoteByTermOnly) \
  X(kVoteKeptOverTerms) \
  X(kVoteNotPersisted) \
  X(kVoteSentBeforePersist) \
  X(kVoteTwice) \
  X(kVoteWhileBound) \
  X(kVoteWithoutLogCheck) \
  X(kWindowIgnored) \
  X(kWindowNeverShrinks) \
  X(kWriteNotCut)
// clang-format on

namespace lathe::raft {

enum class Mutant : uint8_t {
  kNone,
#define LATHE_RAFT_MUTANT_NAME(name) name,
  LATHE_RAFT_MUTANTS_ALL(LATHE_RAFT_MUTANT_NAME)
#undef LATHE_RAFT_MUTANT_NAME
};

/// The bug that is switched on, in all cores of the process.
inline Mutant active_mutant = Mutant::kNone;

}  // namespace lathe::raft
