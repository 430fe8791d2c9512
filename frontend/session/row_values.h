// Values of one row, for expressions that are stored with a table (CHECK, generated columns, USING)
// and for texts of rows in errors.
#pragma once

#include <functional>
#include <string>

#include "codegen/expr/evaluate.h"
#include "runtime/func/context.h"
#include "runtime/row/page.h"
#include "runtime/schema/schema.h"

namespace lathe::session {

/// Evaluates bound expressions whose columns somebody gives. One thread.
class ValueEvaluator {
 public:
  explicit ValueEvaluator(const func::FunctionContext& context) : context_(context) {
    context_.arena = &arena_;
    eval_.functions = &context_;
  }
  /// value: of a column, by its index in the table.
  void SetColumns(std::function<types::Value(uint32_t)> value) {
    eval_.column = [value = std::move(value)](expr::ColumnId id) -> Result<types::Value> {
      return value(id.value - 1);
    };
  }
  Result<types::Value> Evaluate(const expr::Expr& e) {
    arena_.Reset();
    return expr::Evaluate(e, eval_);
  }

 private:
  base::Arena arena_;
  func::FunctionContext context_;
  expr::EvalContext eval_;
};

/// Evaluates bound row expressions (bind::BindRowExpression: column i of the table is ColumnId
/// (i + 1)) over rows of a layout in which the table's fields begin at some field. One thread.
class RowValues {
 public:
  /// table, layout and format outlive it. context is copied.
  RowValues(const schema::RelationDescriptor& table, const row::Layout& layout, size_t first_field,
            const func::FunctionContext& context);

  /// The row that the following calls are about.
  void Set(const char* page, const char* row) {
    page_ = page;
    row_ = row;
  }
  /// Column `column` (index into the table's columns; a live one).
  types::Value Column(uint32_t column) const;
  /// The value of an expression; columns of expr are the row's.
  Result<types::Value> Evaluate(const expr::Expr& e);
  /// "(1, x, null)" as the detail of a violated constraint shows it.
  std::string Describe() const;

 private:
  const schema::RelationDescriptor& table_;
  const row::Layout& layout_;
  std::vector<size_t> field_of_;  // by column of the table
  base::Arena arena_;
  func::FunctionContext context_;
  expr::EvalContext eval_;
  const char* page_ = nullptr;
  const char* row_ = nullptr;
};

/// "(1, x, null)": values cut to 64 bytes each.
std::string DescribeRow(const std::vector<types::Value>& values,
                        const types::FormatContext& format);

}  // namespace lathe::session
