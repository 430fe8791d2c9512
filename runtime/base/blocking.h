// A thread that is about to sleep says so. Whoever runs statements on a bounded number of threads
// learns of it and brings in another thread.
#pragma once

namespace lathe {

/// The function that AboutToBlock calls, on the thread that is about to sleep; null = nobody wants
/// to know. Any thread; one for the process.
void SetBlockingHook(void (*hook)());

/// To be called before a wait that others may end only later: for a lock, for a commit on disk.
void AboutToBlock();

}  // namespace lathe
