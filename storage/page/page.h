// Front door of storage/page: row pages as they lie on disk and in the cache. Pages are built
// (PageBuilder), described (PageDirectoryEntry, page summaries), checked before anybody reads them
// (ValidatePage) and kept in memory (FrameCache); single rows travel as images (row_image.h) and
// delta values (delta_value.h).
#pragma once

#include "storage/page/delta_value.h"      // IWYU pragma: export
#include "storage/page/directory_entry.h"  // IWYU pragma: export
#include "storage/page/frame_cache.h"      // IWYU pragma: export
#include "storage/page/page_builder.h"     // IWYU pragma: export
#include "storage/page/page_summary.h"     // IWYU pragma: export
#include "storage/page/row_image.h"        // IWYU pragma: export
#include "storage/page/validate.h"         // IWYU pragma: export
