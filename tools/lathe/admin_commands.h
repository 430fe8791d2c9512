// Commands that talk to a server's admin service over gRPC.
#pragma once

#include <string>
#include <vector>

namespace lathe::shell {

/// `lathe status`: what the server is and does. Returns the exit status.
int RunStatus(const std::vector<std::string>& args);
/// `lathe explain SQL`: the plan with pipelines and IR.
int RunExplain(const std::vector<std::string>& args);

}  // namespace lathe::shell
