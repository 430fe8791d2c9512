// The standard headers plus gRPC's; only dist/ uses this one.
#pragma once
#include "cmake/pch_std.h"
#include <grpcpp/grpcpp.h>
