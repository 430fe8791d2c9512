// Front door: what a history of concurrent clients must satisfy.
#pragma once

#include "tests/check/history.h"
#include "tests/check/list_append.h"
#include "tests/check/registers.h"
