// Front door of storage/keyspace: keys that sort as SQL says.
#pragma once

#include "storage/keyspace/key_encoder.h"     // IWYU pragma: export
#include "storage/keyspace/key_family.h"      // IWYU pragma: export
#include "storage/keyspace/value_encoding.h"  // IWYU pragma: export
