#include "bench/micro/planning.h"

#include "frontend/parse/parse.h"

namespace lathe::micro {

Result<std::shared_ptr<const physical::Plan>> Planning::Run(const Stage& stage) {
  transaction_ = database_->instance()->engine()->Begin(txn::Isolation::kReadCommitted);
  LATHE_TRY(transaction_->StartStatement(nullptr));
  stage("begin");
  LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(sql_));
  auto lifted = ast::LiftLiterals(*statements.front().statement);
  stage("parse");
  LATHE_ASSIGN(logical::Query query, Bind(*statements.front().statement, lifted));
  stage("bind");
  optimize::OptimizeContext optimizer;
  optimizer.catalog = transaction_->catalog();
  optimizer.params = params_;
  LATHE_ASSIGN(physical::Plan plan, optimize::Optimize(std::move(query), optimizer));
  auto shared = std::make_shared<const physical::Plan>(std::move(plan));
  stage("optimize");
  return shared;
}

Result<logical::Query> Planning::Bind(const ast::Statement& statement,
                                      const std::optional<ast::LiftedStatement>& lifted) {
  context_.catalog = transaction_->catalog();
  context_.search_path = {"public"};
  context_.sql = sql_;
  context_.parse_expression = [](std::string_view text) { return parse::ParseExpression(text); };
  if (lifted.has_value()) {
    for (const ast::LiftedLiteral& literal : lifted->literals)
      context_.params.push_back(bind::LiftedType(literal));
  }
  LATHE_ASSIGN(logical::Query query, bind::BindQuery(statement, context_));
  if (lifted.has_value()) {
    for (size_t i = 0; i < lifted->literals.size(); ++i) {
      LATHE_ASSIGN(types::Value value,
                   bind::ReadLiteral(lifted->literals[i], query.params[i], context_));
      params_.push_back(std::move(value));
    }
    for (const bind::LiteralCopy& copy : context_.literal_copies) {
      LATHE_ASSIGN(types::Value value, bind::ReadLiteral(lifted->literals[copy.source],
                                                         query.params[copy.param], context_));
      params_.push_back(std::move(value));
    }
  }
  return query;
}

}  // namespace lathe::micro
