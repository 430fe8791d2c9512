// lathe backup, lathe backups, lathe restore.
#pragma once

#include <string>
#include <vector>

namespace lathe::shell {

/// Each takes the words behind the command and gives the exit status: 0, 1 after an error, 2 for
/// wrong words.
int RunBackup(const std::vector<std::string>& arguments);
int RunBackups(const std::vector<std::string>& arguments);
int RunRestore(const std::vector<std::string>& arguments);

}  // namespace lathe::shell
