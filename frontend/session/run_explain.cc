// EXPLAIN: the plan as text or JSON, the generated code, and with ANALYZE what an execution did.
#include <algorithm>
#include <cstdio>

#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

struct ExplainOptions {
  bool analyze = false, verbose = false, costs = true, timing = true, summary = false, json = false;
  bool pipelines = false, ir = false, ir_opt = false, assembly = false, compile = false;
};

Result<bool> OptionIsOn(const ast::Option& option, int32_t position) {
  std::string text = option.text;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(tolower(c)); });
  if (option.value == ast::Option::Value::kNone || text == "true" || text == "on" || text == "1")
    return true;
  if (text == "false" || text == "off" || text == "0") return false;
  return MakeError(SqlState::kSyntaxError, option.name + " requires a Boolean value", position);
}

Result<ExplainOptions> ReadOptions(const ast::ExplainStatement& explain, std::string_view sql) {
  ExplainOptions options;
  const std::pair<std::string_view, bool*> flags[] = {
      {"analyze", &options.analyze}, {"verbose", &options.verbose},
      {"costs", &options.costs},     {"timing", &options.timing},
      {"summary", &options.summary}, {"pipelines", &options.pipelines},
      {"ir", &options.ir},           {"ir_opt", &options.ir_opt},
      {"asm", &options.assembly},    {"compile", &options.compile},
  };
  for (const ast::Option& option : explain.options) {
    const int32_t position = ast::PositionOf(sql, option.location);
    if (option.name == "format") {
      if (option.text == "json") {
        options.json = true;
      } else if (option.text != "text") {
        return NotSupported("EXPLAIN format " + option.text, position);
      }
      continue;
    }
    if (option.name == "buffers" || option.name == "wal" || option.name == "settings") {
      LATHE_ASSIGN(bool on, OptionIsOn(option, position));
      if (on) return NotSupported("EXPLAIN option " + option.name, position);
      continue;
    }
    auto flag = std::find_if(std::begin(flags), std::end(flags),
                             [&](const auto& f) { return f.first == option.name; });
    if (flag == std::end(flags)) {
      return MakeError(SqlState::kSyntaxError,
                       "unrecognized EXPLAIN option \"" + option.name + "\"", position);
    }
    LATHE_ASSIGN(*flag->second, OptionIsOn(option, position));
  }
  return options;
}

void AddLines(std::string_view text, std::vector<std::string>* lines) {
  while (!text.empty()) {
    size_t end = text.find('\n');
    lines->emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

void AddSection(std::string_view title, std::string_view text, std::vector<std::string>* lines) {
  lines->push_back(std::string(title) + ":");
  AddLines(text, lines);
}

std::string Millis(uint64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(ns) / 1e6);
  return text;
}

std::string CompileText(const std::vector<driver::CompileStep>& steps) {
  std::string text;
  for (const driver::CompileStep& step : steps) {
    text += step.stage;
    if (step.tier != 0) text += " (tier " + std::to_string(step.tier) + ")";
    if (!step.pipeline.empty()) text += " " + step.pipeline;
    text += ": " + Millis(step.ns) + " ms";
    if (step.instructions != 0) text += ", " + std::to_string(step.instructions) + " instructions";
    if (step.bytes != 0) text += ", " + std::to_string(step.bytes) + " bytes";
    text += "\n";
  }
  return text;
}

std::string JsonQuote(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\u%04x", c);
      quoted += hex;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

/// The plan's lines, one operator each, by node id (pre-order).
std::vector<std::string> PlanLines(const physical::Node& root, bool costs) {
  std::vector<std::string> lines;
  AddLines(physical::Print(root, costs), &lines);
  return lines;
}

const driver::OperatorStats* StatsOf(const physical::Node& node,
                                     const driver::ExecutionStats* stats) {
  if (stats == nullptr) return nullptr;
  for (const driver::OperatorStats& op : stats->operators) {
    if (op.node == node.id) return &op;
  }
  return nullptr;
}

/// The plan as PostgreSQL's JSON has it: nested "Plans".
void AppendJson(const physical::Node& node, const std::vector<std::string>& lines,
                const driver::ExecutionStats* stats, int indent, std::string* out) {
  const std::string pad(static_cast<size_t>(indent), ' ');
  std::string line = node.id < lines.size() ? lines[node.id] : "";
  line.erase(0, line.find_first_not_of(' '));
  *out +=
      pad + "{\n" + pad + "  \"Node Type\": " + JsonQuote(line.substr(0, line.find(' '))) + ",\n";
  *out += pad + "  \"Operator\": " + JsonQuote(line) + ",\n";
  char number[48];
  std::snprintf(number, sizeof number, "%.2f", node.estimated_cost);
  *out += pad + "  \"Total Cost\": " + number + ",\n";
  std::snprintf(number, sizeof number, "%.0f", node.estimated_rows);
  *out += pad + "  \"Plan Rows\": " + number;
  if (const driver::OperatorStats* op = StatsOf(node, stats)) {
    *out += ",\n" + pad + "  \"Actual Rows\": " + std::to_string(op->rows) + ",\n" + pad +
            "  \"Memory Bytes\": " + std::to_string(op->memory_bytes);
  }
  if (!node.children.empty()) {
    *out += ",\n" + pad + "  \"Plans\": [\n";
    for (size_t i = 0; i < node.children.size(); ++i) {
      AppendJson(*node.children[i], lines, stats, indent + 4, out);
      *out += i + 1 < node.children.size() ? ",\n" : "\n";
    }
    *out += pad + "  ]";
  }
  *out += "\n" + pad + "}";
}

/// Adds to each operator's line what it really did.
void AddActuals(const physical::Node& node, const driver::ExecutionStats& stats,
                std::vector<std::string>* lines) {
  const driver::OperatorStats* op = StatsOf(node, &stats);
  if (op != nullptr && node.id < lines->size()) {
    std::string& line = (*lines)[node.id];
    line += " (actual rows=" + std::to_string(op->rows);
    if (op->memory_bytes != 0)
      line += " memory=" + std::to_string((op->memory_bytes + 1023) / 1024) + "kB";
    line += ")";
  }
  for (const physical::NodePtr& child : node.children) AddActuals(*child, stats, lines);
}

void AppendPipelines(const driver::ExecutionStats& stats, std::vector<std::string>* lines) {
  for (const driver::PipelineStats& p : stats.pipelines) {
    lines->push_back(
        "Pipeline " + p.name + ": rows=" + std::to_string(p.rows) + " time=" + Millis(p.ns) +
        " ms (finish " + Millis(p.finish_ns) + " ms) workers=" + std::to_string(p.workers) +
        " morsels=" + std::to_string(p.morsels) + " tier2=" + std::to_string(p.tier2_morsels) +
        " compile wait=" + Millis(p.compile_ns) + " ms");
  }
}

/// Which of its statement's plans this is, and for which powers of eight of rows (a: at most one)
/// of which tables it was chosen.
std::string VariantText(const driver::CachedPlan& plan, const driver::PlanCache& cache,
                        const std::string& key) {
  const size_t count = cache.Variants(key).size();
  std::string text = "Plan Variant: one of " + std::to_string(std::max<size_t>(count, 1)) + " by (";
  for (size_t i = 0; i < plan.region_names.size(); ++i) {
    text += (i > 0 ? ", " : "") + plan.region_names[i];
  }
  text += ") for";
  for (const std::string& region : plan.Regions()) text += ' ' + region;
  return text;
}

/// Rows of an EXPLAIN ANALYZE are made and dropped.
class NullSink final : public exec::RowSink {
 public:
  Status Consume(const exec::Segment&) override { return Ok(); }
  Status Finish() override { return Ok(); }
};

}  // namespace

std::vector<ResultColumn> ExplainColumns() {
  return {{"QUERY PLAN", types::Type(types::TypeId::kText), {}, 0}};
}

Status SessionImpl::RunExplain(Run* run) {
  const auto& explain = run->prepared->statement->As<ast::ExplainStatement>();
  const std::string& sql = run->prepared->sql;
  LATHE_ASSIGN(ExplainOptions options, ReadOptions(explain, sql));
  using Kind = ast::Statement::Kind;
  const Kind kind = explain.query->kind;
  if (kind != Kind::kSelect && kind != Kind::kInsert && kind != Kind::kUpdate &&
      kind != Kind::kDelete && kind != Kind::kMerge) {
    return NotSupported("EXPLAIN of this statement", ast::PositionOf(sql, explain.query->location));
  }
  const auto started = instance_->clock()->MonotonicNanos();
  // Prepared from its own text, so that the plan shown is the one that the statement itself would
  // use.
  LATHE_ASSIGN(std::shared_ptr<Prepared> prepared, PrepareText(ast::Print(*explain.query)));
  LATHE_ASSIGN(std::shared_ptr<const driver::CachedPlan> plan,
               LockedPlanFor(prepared.get(), run->params));
  const auto planned = instance_->clock()->MonotonicNanos();
  driver::ExecutionStats stats;
  if (options.analyze) {
    NullSink sink;
    uint64_t affected = 0;
    LATHE_ASSIGN(stats, ExecutePlan(*plan, *prepared, *run->params, &sink, &affected, true));
  }
  const driver::ExecutionStats* shown = options.analyze ? &stats : nullptr;
  std::vector<std::string> lines;
  const physical::Node& root = *plan->query->plan()->root;
  if (options.json) {
    std::string text = "[\n  {\n    \"Plan\":\n";
    AppendJson(root, PlanLines(root, false), shown, 4, &text);
    text += ",\n    \"Planning Time\": " + Millis(static_cast<uint64_t>(planned - started));
    if (options.analyze) text += ",\n    \"Execution Time\": " + Millis(stats.ns);
    text += "\n  }\n]";
    return SendRows(run, ExplainColumns(), {{text}});
  }
  lines = PlanLines(root, options.costs);
  if (shown != nullptr) AddActuals(root, *shown, &lines);
  if (options.pipelines) AddSection("Pipelines", plan->query->PipelinesText(), &lines);
  if (options.ir) {
    LATHE_ASSIGN(std::string text, plan->query->IrText());
    AddSection("IR", text, &lines);
  }
  if (options.ir_opt) {
    LATHE_ASSIGN(std::string text, plan->query->IrOptText());
    AddSection("IR_OPT", text, &lines);
  }
  if (options.assembly) {
    LATHE_ASSIGN(std::string text, plan->query->AsmText());
    AddSection("ASM", text, &lines);
  }
  if (options.compile) AddSection("Compile", CompileText(plan->query->CompileRecord()), &lines);
  if (options.analyze) {
    AppendPipelines(stats, &lines);
    lines.push_back("Memory: " + std::to_string((stats.memory_peak_bytes + 1023) / 1024) + "kB");
  }
  if (options.analyze || options.summary) {
    lines.push_back("Planning Time: " + Millis(static_cast<uint64_t>(planned - started)) + " ms");
  }
  if ((options.analyze || options.summary) && plan->region_of) {
    lines.push_back(
        VariantText(*plan, *instance_->plans(), prepared->key + prepared->plan_search_path));
  }
  if (options.analyze) {
    lines.push_back("Compilation Wait: " + Millis(stats.compile_ns) + " ms");
    lines.push_back("Execution Time: " + Millis(stats.ns) + " ms");
  }
  run->tag = "EXPLAIN";
  std::vector<std::vector<std::string>> rows;
  for (std::string& line : lines) rows.push_back({std::move(line)});
  return SendRows(run, ExplainColumns(), rows);
}

}  // namespace lathe::session
