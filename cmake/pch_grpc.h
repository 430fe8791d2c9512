// The standard headers plus gRPC's; only dist/ uses this one.
#pragma once
#include <grpcpp/grpcpp.h>
#include "cmake/pch_std.h"
