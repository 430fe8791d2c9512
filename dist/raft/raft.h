// Front door of dist/raft: the consensus core of one group (core.h) and its vocabulary.
#pragma once

#include "dist/raft/config.h"
#include "dist/raft/core.h"
#include "dist/raft/effects.h"
#include "dist/raft/message.h"
#include "dist/raft/options.h"
#include "dist/raft/types.h"
