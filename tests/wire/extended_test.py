#!/usr/bin/python3
"""The extended protocol: statements, portals, formats, pipelining, errors."""
import datetime
import struct
import unittest

import wire
from wire import FLUSH, SYNC, bind, close, describe, execute, parse, query

# type -> (oid, the text that the server gives, the binary form)
EPOCH = datetime.date(2000, 1, 1)
VALUES = {
    "boolean": (16, [("t", b"\1"), ("f", b"\0")]),
    "smallint": (21, [("-32768", struct.pack(">h", -32768)), ("5", struct.pack(">h", 5))]),
    "integer": (23, [("-2147483648", struct.pack(">i", -2**31)), ("7", struct.pack(">i", 7))]),
    "bigint": (20, [("9223372036854775807", struct.pack(">q", 2**63 - 1)), ("-1", struct.pack(">q", -1))]),
    "real": (700, [("1.5", struct.pack(">f", 1.5)), ("-Infinity", struct.pack(">f", float("-inf")))]),
    "double precision": (701, [("0.1", struct.pack(">d", 0.1)), ("NaN", b"\x7f\xf8\0\0\0\0\0\0")]),
    # ndigits, weight, sign, dscale, digits of base 10000
    "numeric": (1700, [("12345.678", struct.pack(">hhHh3H", 3, 1, 0, 3, 1, 2345, 6780)),
                       ("-0.05", struct.pack(">hhHhH", 1, -1, 0x4000, 2, 500)), ("0", struct.pack(">hhHh", 0, 0, 0, 0)),
                       ("NaN", struct.pack(">hhHh", 0, 0, 0xC000, 0))]),
    "text": (25, [("", b""), ("ä\\x", "ä\\x".encode())]),
    "varchar(5)": (1043, [("abc", b"abc")]),
    "date": (1082, [("1999-12-31", struct.pack(">i", -1)), ("2024-02-29", struct.pack(">i", (datetime.date(2024, 2, 29) - EPOCH).days))]),
    "timestamp": (1114, [("2000-01-01 00:00:01.5", struct.pack(">q", 1500000)), ("infinity", struct.pack(">q", 2**63 - 1))]),
    "timestamptz": (1184, [("2000-01-01 00:00:00+00", struct.pack(">q", 0))]),
    "interval": (1186, [("1 year 2 mons 3 days 04:05:06", struct.pack(">qii", 14706000000, 3, 14))]),
}


class ExtendedTest(wire.ServerTest):
    def setUp(self):
        self.c = self.raw()

    def ask(self, *messages):
        return self.c.ask(*messages, SYNC)

    def test_a_whole_round(self):
        messages = self.ask(parse("SELECT $1::int4 + 1 AS n"), describe(b"S"), bind([b"41"]), describe(b"P"), execute())
        self.assertEqual(wire.kinds(messages), "1tT2TDCZ")
        self.assertEqual(messages[1][1], struct.pack(">HI", 1, 23))
        self.assertEqual(wire.rows(messages), [[b"42"]])
        self.assertEqual(wire.tags(messages), ["SELECT 1"])
        self.assertEqual(messages[-1][1], b"I")

    def test_formats_of_every_type(self):
        for name, (oid, values) in VALUES.items():
            for text, binary in values:
                with self.subTest(type=name, value=text):
                    sql = parse(f"SELECT $1::{name}", types=[oid])
                    for formats, value in (((0,), text.encode()), ((1,), binary), ((), text.encode())):
                        for result, expected in (((0,), text.encode()), ((1,), binary), ((), text.encode())):
                            got = self.ask(sql, bind([value], formats=formats, result_formats=result), execute())
                            self.assertIsNone(wire.error(got), got)
                            self.assertEqual(wire.rows(got), [[expected]])

    def test_null_parameters_and_results(self):
        for result in (0, 1):
            self.assertEqual(wire.rows(self.ask(parse("SELECT $1::int4, $2::text"), bind([None, b"x"], result_formats=[result]),
                                                execute())), [[None, b"x"]])

    def test_formats_per_column(self):
        got = self.ask(parse("SELECT 1::int4, 2::int4"), bind(result_formats=[1, 0]), execute())
        self.assertEqual(wire.rows(got), [[struct.pack(">i", 1), b"2"]])

    def test_bad_binary_values(self):
        for oid, value in ((23, b"abc"), (20, b"1234567"), (16, b""), (1700, b"\0\5\0\0\0\0\0\0"), (1082, b"12"), (1114, b"1"),
                           (1186, b"123"), (701, b"1234")):
            with self.subTest(oid=oid):
                state = wire.error(self.ask(parse("SELECT $1", types=[oid]), bind([value], formats=[1]), execute()))
                self.assertIn(state, ("22P03", "08P01"))

    def test_wrong_number_of_parameters(self):
        self.assert_error(self.ask(parse("SELECT $1::int4"), bind([])), "08P01")
        self.assert_error(self.ask(parse("SELECT $1::int4"), bind([b"1", b"2"])), "08P01")
        self.assert_error(self.ask(parse("SELECT $1::int4"), bind([b"1"], formats=[0, 0])), "08P01")
        self.assert_error(self.ask(parse("SELECT $1::int4"), bind([b"x"])), "22P02")

    def test_row_limits(self):
        self.ask(query("DROP TABLE IF EXISTS limits; CREATE TABLE limits (a integer PRIMARY KEY);"
                       "INSERT INTO limits VALUES (1), (2), (3), (4), (5)"))
        self.c.until_ready()
        self.c.send(parse("SELECT a FROM limits ORDER BY a", "s"), bind(statement="s", portal="p"), execute("p", 2), execute("p", 2),
                    execute("p", 2), SYNC)
        messages = self.c.until_ready()
        self.assertEqual(wire.kinds(messages), "12DDsDDsDCZ")
        self.assertEqual(wire.rows(messages), [[b"1"], [b"2"], [b"3"], [b"4"], [b"5"]])
        # Sync ends the portal outside of a transaction block; in a block it lives on.
        self.assert_error(self.ask(execute("p", 1)), "34000")
        self.c.ask(query("BEGIN"))
        self.assertEqual(wire.kinds(self.ask(bind(statement="s", portal="p"), execute("p", 4))), "2DDDDsZ")
        self.assertEqual(wire.rows(self.ask(execute("p", 0))), [[b"5"]])
        self.assertEqual(wire.kinds(self.ask(execute("p", 0))), "CZ")
        self.c.ask(query("COMMIT"))
        self.assert_error(self.ask(execute("p", 1)), "34000")

    def test_errors_skip_to_sync(self):
        messages = self.ask(parse("SELECT 1/0"), bind(), execute(), parse("SELECT 2"), bind(), execute(), query("SELECT 3"))
        self.assertEqual(wire.kinds(messages).strip("12"), "EZ")
        self.assert_error(messages, "22012")
        self.assertEqual(wire.rows(self.ask(parse("SELECT 2"), bind(), execute())), [[b"2"]])
        self.assert_error(self.ask(parse("SELEC 1"), bind(), execute()), "42601")

    def test_an_error_undoes_the_batch(self):
        self.c.ask(query("DROP TABLE IF EXISTS batch; CREATE TABLE batch (a integer PRIMARY KEY)"))
        insert = parse("INSERT INTO batch VALUES ($1)", "i")
        self.assert_error(self.ask(insert, bind([b"1"], statement="i"), execute(), bind([b"1"], statement="i"), execute()), "23505")
        self.assertEqual(wire.rows(self.c.ask(query("SELECT count(*) FROM batch"))), [[b"0"]])
        self.assertEqual(wire.tags(self.ask(bind([b"1"], statement="i"), execute(), bind([b"2"], statement="i"), execute())),
                         ["INSERT 0 1"] * 2)
        self.assertEqual(wire.rows(self.c.ask(query("SELECT count(*) FROM batch"))), [[b"2"]])

    def test_pipelining(self):
        self.c.send(parse("SELECT $1::int8 * 2", "double"))
        for i in range(500):
            self.c.send(bind([str(i).encode()], statement="double"), execute(), SYNC)
        for i in range(500):
            self.assertEqual(wire.rows(self.c.until_ready()), [[str(2 * i).encode()]])

    def test_flush_gives_answers_without_sync(self):
        self.c.send(parse("SELECT 5"), FLUSH)
        self.assertEqual(self.c.message()[0], "1")
        self.c.send(bind(), describe(b"P"), FLUSH)
        self.assertEqual([self.c.message()[0] for _ in range(2)], ["2", "T"])
        self.c.send(execute(), FLUSH)
        self.assertEqual([self.c.message()[0] for _ in range(2)], ["D", "C"])
        self.assertEqual(wire.kinds(self.c.ask(SYNC)), "Z")

    def test_names(self):
        self.ask(parse("SELECT 1", "one"))
        self.assert_error(self.ask(parse("SELECT 2", "one")), "42P05")
        self.assertEqual(wire.kinds(self.ask(close(b"S", "one"), parse("SELECT 2", "one"))), "31Z")
        self.assertEqual(wire.rows(self.ask(bind(statement="one"), execute())), [[b"2"]])
        self.assertEqual(wire.kinds(self.ask(close(b"S", "never"), close(b"P", "never"))), "33Z")
        # The unnamed ones are replaced.
        self.assertEqual(wire.rows(self.ask(parse("SELECT 1"), parse("SELECT 2"), bind(), bind(), execute())), [[b"2"]])
        self.assert_error(self.ask(bind(portal="p", statement="one"), bind(portal="p", statement="one")), "42P03")
        self.assert_error(self.ask(parse("SELECT 1; SELECT 2")), "42601")
        # Seen from SQL.
        self.assertEqual(wire.rows(self.c.ask(query("EXECUTE one"))), [[b"2"]])

    def test_a_portal_outlives_its_statement(self):
        # As PostgreSQL does, whatever its documentation says.
        self.c.ask(query("BEGIN"))
        self.ask(parse("SELECT 1", "gone"), bind(portal="p", statement="gone"))
        self.assertEqual(wire.rows(self.ask(close(b"S", "gone"), execute("p"))), [[b"1"]])
        self.c.ask(query("ROLLBACK"))

    def test_empty_and_utility_statements(self):
        self.assertEqual(wire.kinds(self.ask(parse(""), describe(b"S"), bind(), describe(b"P"), execute())), "1tn2nIZ")
        messages = self.ask(parse("BEGIN"), bind(), execute())
        self.assertEqual((wire.tags(messages), messages[-1][1]), (["BEGIN"], b"T"))
        self.assert_error(self.ask(parse("SELECT 1/0"), bind(), execute()), "22012")
        messages = self.ask(parse("SELECT 1"), bind(), execute())
        self.assert_error(messages, "25P02")
        self.assertEqual(messages[-1][1], b"E")
        messages = self.ask(parse("ROLLBACK"), bind(), execute())
        self.assertEqual((wire.tags(messages), messages[-1][1]), (["ROLLBACK"], b"I"))
        self.assertEqual(wire.rows(self.ask(parse("SHOW server_version_num"), bind(), execute())), [[b"150000"]])

    def test_inferred_parameter_types(self):
        self.c.ask(query("DROP TABLE IF EXISTS infer; CREATE TABLE infer (a bigint, b date, c numeric(15,2), d varchar(3))"))
        got = self.ask(parse("INSERT INTO infer VALUES ($1, $2, $3, $4)"), describe(b"S"))
        self.assertEqual(got[1][1], struct.pack(">HIIII", 4, 20, 1082, 1700, 1043))
        got = self.ask(parse("SELECT * FROM infer WHERE a = $1 AND b < $2"), describe(b"S"))
        self.assertEqual(got[1][1], struct.pack(">HII", 2, 20, 1082))
        self.assert_error(self.ask(parse("SELECT $2::int4")), "42P18")

    def test_simple_query_of_several_statements(self):
        messages = self.c.ask(query("SELECT 1; SELECT 2; SELECT 1/0; SELECT 3"))
        self.assertEqual(wire.kinds(messages).replace("TEZ", "EZ"), "TDCTDCEZ")  # with or without the columns of 1/0
        self.assertEqual(wire.kinds(self.c.ask(query(""))), "IZ")
        self.assertEqual(wire.kinds(self.c.ask(query(" ; ; "))), "IZ")

    def test_a_plan_follows_its_table(self):
        self.c.ask(query("DROP TABLE IF EXISTS change; CREATE TABLE change (a integer); INSERT INTO change VALUES (1)"))
        self.ask(parse("SELECT a FROM change", "ch"))
        self.assertEqual(wire.rows(self.ask(bind(statement="ch"), execute())), [[b"1"]])
        self.c.ask(query("DROP TABLE change; CREATE TABLE change (z text, a integer); INSERT INTO change VALUES ('x', 2)"))
        self.assertEqual(wire.rows(self.ask(bind(statement="ch"), execute())), [[b"2"]])
        self.c.ask(query("DROP TABLE change"))
        self.assert_error(self.ask(bind(statement="ch"), execute()), "42P01")


if __name__ == "__main__":
    wire.main()
