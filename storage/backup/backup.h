// Front door of storage/backup: backups of a data directory's files, and the archive of its
// commits.
#pragma once

#include "storage/backup/archive.h"
#include "storage/backup/repository.h"
