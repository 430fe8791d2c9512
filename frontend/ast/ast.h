// The syntax tree of SQL: what the parser makes and the binder reads. Plain data; nothing here is
// resolved against a catalog.
#pragma once

#include "frontend/ast/ddl.h"
#include "frontend/ast/expr.h"
#include "frontend/ast/keyword.h"
#include "frontend/ast/lift.h"
#include "frontend/ast/name.h"
#include "frontend/ast/position.h"
#include "frontend/ast/print.h"
#include "frontend/ast/select.h"
#include "frontend/ast/statement.h"
