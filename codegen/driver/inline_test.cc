// Every function and cast with an inline form against the plain evaluator: boundary and random
// values of each argument type, on both tiers; values and errors must agree.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "codegen/driver/test_plans.h"
#include "codegen/expr/evaluate.h"
#include "runtime/types/fixed.h"

namespace lathe::driver::testing {
namespace {

class InlineTest : public ::testing::Test {
 protected:
  InlineTest() {
    CompilerOptions options;
    options.verify = true;
    auto made = Compiler::Create(options);
    LATHE_CHECK(made.ok());
    compiler_ = std::move(made).value();
    functions_.arena = &arena_;
  }

  Value Of(const Type& type, const Datum& datum) { return Value::FromDatum(type, datum); }

  std::vector<Value> ValuesOf(const Type& type) {
    std::vector<Value> values = {Value::Null(type)};
    auto ints = [&](auto write, const std::vector<int64_t>& numbers) {
      for (int64_t n : numbers) {
        Datum d;
        write(d, n);
        values.push_back(Of(type, d));
      }
    };
    auto doubles = [&](auto write) {
      using Limits = std::numeric_limits<double>;
      for (double x :
           {0.0, -0.0, 1.0, -1.5, 2.5, 1e300, -1e300, Limits::infinity(), -Limits::infinity(),
            Limits::quiet_NaN(), Limits::min(), 32767.5, 2147483647.4, 9.2233720368547758e18}) {
        Datum d;
        write(d, x);
        values.push_back(Of(type, d));
      }
    };
    for (const char* text : TextsOf(type.id)) {
      values.push_back(types::ValueFromText(type, text).value());
    }
    if (!TextsOf(type.id).empty()) return values;
    switch (types::ReprOf(type)) {
      case types::Repr::kBool:
        ints([](Datum& d, int64_t n) { d.b = n != 0; }, {0, 1});
        break;
      case types::Repr::kI8:
        ints([](Datum& d, int64_t n) { d.i8 = static_cast<int8_t>(n); }, {0, 65, 97});
        break;
      case types::Repr::kI16:
        ints([](Datum& d, int64_t n) { d.i16 = static_cast<int16_t>(n); },
             {0, 1, -1, 7, -300, INT16_MAX, INT16_MIN});
        break;
      case types::Repr::kI32:
        if (type.id == TypeId::kDate) {
          ints([](Datum& d, int64_t n) { d.i32 = static_cast<int32_t>(n); },
               {0, 1, -1, 8000, -8000, 366, INT32_MAX, INT32_MIN, 2000000000, -2451545});
        } else {
          ints([](Datum& d, int64_t n) { d.i32 = static_cast<int32_t>(n); },
               {0, 1, -1, 7, -300, 40000, INT32_MAX, INT32_MIN, INT32_MIN + 1});
        }
        break;
      case types::Repr::kI64:
        if (type.is_fixed_numeric()) {
          const auto most = static_cast<int64_t>(types::PowerOf10(type.precision) - 1);
          ints([](Datum& d, int64_t n) { d.i64 = n; }, {0, 1, -1, 49, -50, most, -most, most / 3});
        } else if (type.id == TypeId::kInt8) {
          ints([](Datum& d, int64_t n) { d.i64 = n; },
               {0, 1, -1, 7, INT32_MAX, 3000000000, INT64_MAX, INT64_MIN, INT64_MIN + 1});
        } else {
          ints([](Datum& d, int64_t n) { d.i64 = n; }, {0, 1, -1, 86400000000, -123456789012345,
                                                        INT64_MAX, INT64_MIN, 9223371331199999999});
        }
        break;
      case types::Repr::kI128: {
        const types::int128 most = types::PowerOf10(type.precision) - 1;
        for (types::int128 n :
             {types::int128{0}, types::int128{1}, types::int128{-1}, most, -most, most / 7}) {
          Datum d;
          d.i128 = n;
          values.push_back(Of(type, d));
        }
        break;
      }
      case types::Repr::kF32:
        doubles([](Datum& d, double x) { d.f32 = static_cast<float>(x); });
        break;
      case types::Repr::kF64:
        doubles([](Datum& d, double x) { d.f64 = x; });
        break;
      case types::Repr::kInterval:
        for (int i = 0; i < 4; ++i) {
          Datum d;
          d.interval = {i * 1000000000ll, i == 1 ? 30 : -i, i == 2 ? 1 : 0};
          values.push_back(Of(type, d));
        }
        break;
      case types::Repr::kString:
        if (type.id == TypeId::kNumeric) {
          for (const char* text :
               {"0", "-1.50", "123456789012345678901234567890.5", "NaN", "1e-20"}) {
            Datum d = types::Numeric::Parse(text).value().ToDatum(&arena_);
            values.push_back(Of(type, d));
          }
        } else {
          for (const char* text : {"", "a", "ab", "abc", "abcd", "abce",
                                   "a much longer text than that", "\xc3\xa4\xc3\xb6"}) {
            Datum d;
            d.string = {text, std::strlen(text)};
            values.push_back(Of(type, d));
          }
        }
    }
    return values;
  }

  /// Values of types whose representation holds more than their values.
  static std::vector<const char*> TextsOf(TypeId type) {
    switch (type) {
      case TypeId::kTime:
        return {"00:00", "10:20:30.5", "24:00"};
      case TypeId::kTimeTz:
        return {"00:00+00", "12:00+02", "14:00+04", "23:59:59-15:59:59"};
      case TypeId::kUuid:
        return {"00000000-0000-0000-0000-000000000000", "7fffffff-0000-0000-0000-000000000001",
                "ffffffff-0000-0000-0000-000000000001"};
      case TypeId::kJsonb:
        return {"[]", "1.0", "1.00", "\"x\"", "{\"a\": [1]}", "{\"a\": [1.0]}", "[null, true]"};
      default:
        return {};
    }
  }

  /// Checks expression (over columns 1, 2, ... of these types) on all combinations of values.
  void Check(const std::vector<Type>& types, const std::function<ExprPtr()>& make) {
    std::vector<std::pair<std::string, Type>> columns;
    for (size_t i = 0; i < types.size(); ++i)
      columns.emplace_back("c" + std::to_string(i), types[i]);
    ExprPtr reference = make();
    std::vector<std::vector<Value>> good;
    std::vector<std::pair<std::vector<Value>, std::string>> bad;
    std::vector<std::string> wanted;
    std::vector<Value> row;
    std::function<void(size_t)> fill = [&](size_t i) {
      if (i < types.size()) {
        for (const Value& v : ValuesOf(types[i])) {
          row.push_back(v);
          fill(i + 1);
          row.pop_back();
        }
        return;
      }
      expr::EvalContext context;
      context.functions = &functions_;
      context.column = [&row](ColumnId id) -> Result<Value> { return row[id.value - 1]; };
      Result<Value> value = expr::Evaluate(*reference, context);
      if (value.ok()) {
        good.push_back(row);
        wanted.push_back(Show(reference->type, value.value()));
      } else {
        bad.emplace_back(row, value.error().ToString());
      }
    };
    fill(0);
    Table shape("t", columns);
    auto query =
        compiler_->Compile(MakePlan(Project(Scan(shape, 1), 50, List(make()))), CompileOptions());
    ASSERT_TRUE(query.ok()) << query.error().ToString();
    for (TierChoice tier :
         {TierChoice::kTier0Only, TierChoice::kTier1Only, TierChoice::kTier2Only}) {
      Table table("t", columns);
      for (const auto& r : good) table.Add(r);
      table.Seal();
      std::string error;
      std::vector<std::string> got = Run(query.value(), tier, &table, &error);
      ASSERT_EQ(error, "") << expr::Print(*reference);
      ASSERT_EQ(got.size(), wanted.size());
      for (size_t i = 0; i < got.size(); ++i) {
        std::string args;
        for (const Value& v : good[i]) args += v.ToString() + " ";
        ASSERT_EQ(got[i], wanted[i]) << expr::Print(*reference) << " of " << args;
      }
      for (const auto& [r, message] : bad) {
        Table one("t", columns);
        one.Add(r);
        one.Seal();
        Run(query.value(), tier, &one, &error);
        std::string args;
        for (const Value& v : r) args += v.ToString() + " ";
        // A fixed numeric at the 38-digit bound raises an error where the evaluator's big one does
        // too; words may differ in detail.
        ASSERT_EQ(error.substr(0, 5), message.substr(0, 5))
            << expr::Print(*reference) << " of " << args << ": " << message;
      }
    }
  }

  static std::string Show(const Type& type, const Value& value) {
    if (value.is_null()) return "NULL";
    return value.ToString();
  }

  std::vector<std::string> Run(const std::shared_ptr<CompiledQuery>& query, TierChoice tier,
                               Table* table, std::string* error) {
    MemoryTables tables;
    tables.tables["t"] = table;
    TextSink sink(&query->result_layout());
    ExecutionRequest request;
    request.tables = &tables;
    request.result = &sink;
    request.tier = tier;
    request.parallelism = 1;
    auto stats = compiler_->Execute(query, request);
    *error = stats.ok() ? "" : stats.error().ToString();
    return std::move(sink.lines);
  }

  std::vector<Type> FormsOf(const Type& type) {
    if (type.id == TypeId::kNumeric) {
      return {Type(TypeId::kNumeric), Numeric(5, 2),  Numeric(15, 2),
              Numeric(18, 0),         Numeric(20, 4), Numeric(38, 10)};
    }
    return {type};
  }

  std::unique_ptr<Compiler> compiler_;
  base::Arena arena_;
  func::FunctionContext functions_;
};

TEST_F(InlineTest, Functions) {
  int checked = 0;
  for (const func::Function& f : func::AllFunctions()) {
    const bool compares = f.op == "<" || f.op == "=" || f.op == ">=";
    if (f.inline_op == func::InlineOp::kNone && !compares) continue;
    switch (f.inline_op) {
      case func::InlineOp::kExtract:
      case func::InlineOp::kLike:
      case func::InlineOp::kNotLike:
      case func::InlineOp::kSubstring:
        continue;
      default:
        break;
    }
    if (f.args.empty() || f.args.size() > 2) continue;
    bool known = true;
    for (const Type& t : f.args) {
      known &= t.id != TypeId::kArray && t.id != TypeId::kUnknown && t.id != TypeId::kRecord;
    }
    if (!known) continue;
    for (const Type& a : FormsOf(f.args[0])) {
      for (const Type& b : f.args.size() > 1 ? FormsOf(f.args[1]) : std::vector<Type>{Type()}) {
        std::vector<Type> types = {a};
        if (f.args.size() > 1) types.push_back(b);
        Check(types, [&] {
          std::vector<ExprPtr> args;
          for (uint32_t i = 0; i < types.size(); ++i) args.push_back(Col(i + 1, types[i]));
          return expr::MakeCall(&f, func::ResultType(f, types), std::move(args));
        });
        if (HasFatalFailure()) return;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 100);
}

TEST_F(InlineTest, Casts) {
  const std::vector<Type> types = {
      TypeId::kInt2, TypeId::kInt4,      TypeId::kInt8,  TypeId::kFloat4, TypeId::kFloat8,
      Numeric(5, 2), Numeric(15, 2),     Numeric(20, 4), Numeric(38, 10), TypeId::kNumeric,
      TypeId::kDate, TypeId::kTimestamp, TypeId::kText,  TypeId::kBool};
  for (const Type& from : types) {
    for (const Type& to : types) {
      if (from == to || func::FindCast(from.id, to.id) == nullptr) continue;
      // Text of all kinds parses into too many errors' words; one direction is enough here.
      if (from.id == TypeId::kText) continue;
      Check({from}, [&] { return Cast(Col(1, from), to); });
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(InlineTest, DatesAgainstConstantTimestamps) {
  const Type date = TypeId::kDate, timestamp = TypeId::kTimestamp;
  for (const Value& t : ValuesOf(timestamp)) {
    if (t.is_null()) continue;
    for (const char* op : {"<", "<=", ">", ">=", "=", "<>"}) {
      Check({date}, [&] { return Op(op, Col(1, date), expr::MakeConst(t)); });
      Check({date}, [&] { return Op(op, expr::MakeConst(t), Col(1, date)); });
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(InlineTest, Like) {
  const func::Function* like = Operator("~~", {TypeId::kText, TypeId::kText});
  ASSERT_NE(like, nullptr);
  for (const char* pattern : {"", "%", "_", "a%", "%d", "%b%", "a_c%", "abc", "%a%b%", "\\%",
                              "a%c%d", "%\xc3\xb6", "_\xc3\xb6"}) {
    Check({TypeId::kText}, [&] { return Op("~~", Col(1, TypeId::kText), Text(pattern)); });
    if (HasFatalFailure()) return;
  }
}

TEST_F(InlineTest, Conditionals) {
  const Type i4 = TypeId::kInt4;
  auto less = [&] { return Op("<", Col(1, i4), Col(2, i4)); };
  auto divide = [&] { return Op("=", Op("/", Col(1, i4), Col(2, i4)), Int(7)); };
  using expr::Kind;
  const Type b = TypeId::kBool;
  Check({i4, i4}, [&] { return Make(Kind::kAnd, b, less(), divide()); });
  Check({i4, i4}, [&] { return Make(Kind::kOr, b, less(), divide()); });
  Check({i4, i4}, [&] { return Make(Kind::kNot, b, less()); });
  Check({i4, i4}, [&] { return Make(Kind::kIsTrue, b, less()); });
  Check({i4, i4}, [&] { return Make(Kind::kIsFalse, b, less()); });
  Check({i4, i4}, [&] { return Make(Kind::kIsNull, b, Op("+", Col(1, i4), Int(0))); });
  Check({i4, i4}, [&] {
    ExprPtr e = Make(Kind::kIsDistinct, b, Col(1, i4), Col(2, i4));
    e->function = Operator("=", {i4, i4});
    return e;
  });
  Check({i4, i4}, [&] {
    ExprPtr e = Make(Kind::kGreatest, i4, Col(1, i4), Col(2, i4), Int(5));
    e->function = Operator(">", {i4, i4});
    return e;
  });
  Check({i4, i4}, [&] {
    ExprPtr e = Make(Kind::kInList, b, Col(1, i4), Int(7), NullOf(i4), Int(-1));
    e->function = Operator("=", {i4, i4});
    return e;
  });
  for (bool with_null : {false, true}) {
    Check({i4, TypeId::kText}, [&] {
      ExprPtr e = Make(Kind::kInList, b, Col(1, i4));
      for (int i = 0; i < 40; ++i) e->children.push_back(Int(i * 7));
      if (with_null) e->children.push_back(NullOf(i4));
      e->function = Operator("=", {i4, i4});
      ExprPtr s = Make(Kind::kInList, b, Col(2, TypeId::kText));
      for (int i = 0; i < 40; ++i)
        s->children.push_back(Text("ab" + std::string(static_cast<size_t>(i), 'c')));
      s->function = Operator("=", {TypeId::kText, TypeId::kText});
      return Make(Kind::kOr, b, std::move(e), std::move(s));
    });
  }
  Check({i4, i4},
        [&] { return Make(Kind::kCase, i4, less(), Op("/", Int(1), Col(2, i4)), Col(1, i4)); });
}

}  // namespace
}  // namespace lathe::driver::testing
