// The node as its admin service sees it.
#pragma once

#include <memory>

#include "dist/admin/admin.h"
#include "frontend/session/instance.h"

namespace lathe::pgwire {
class Server;
}

namespace lathe::lathed {

/// Both outlive it.
std::unique_ptr<admin::NodeControl> MakeNodeControl(session::Instance* instance,
                                                    pgwire::Server* server);

}  // namespace lathe::lathed
