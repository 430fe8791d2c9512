#!/usr/bin/python3
"""COPY in and out in text and CSV, its errors, and COPY in transactions."""
import io
import unittest

import psycopg2

import wire
from wire import SYNC, bind, execute, message, parse, query


def data(text):
    return message(b"d", text.encode())


DONE = message(b"c")


def fail(text):
    return message(b"f", text.encode() + b"\0")


class CopyTest(wire.ServerTest):
    def setUp(self):
        self.c = self.raw()
        self.ask("DROP TABLE IF EXISTS t; CREATE TABLE t (a integer PRIMARY KEY, b text, c numeric(10,2))")

    def ask(self, sql):
        return self.c.ask(query(sql))

    def copy(self, options, *parts, end=DONE):
        """COPY t FROM STDIN with these options and data."""
        return self.c.ask(query(f"COPY t FROM STDIN {options}"), *[data(part) for part in parts], end)

    def content(self):
        return wire.rows(self.ask("SELECT * FROM t ORDER BY a"))

    def assert_empty(self):
        self.assertEqual(wire.rows(self.ask("SELECT count(*) FROM t")), [[b"0"]])

    def out(self, sql):
        messages = self.ask(sql)
        return b"".join(body for kind, body in messages if kind == "d").decode(), messages

    def test_text_in(self):
        messages = self.copy("", "1\tx\\ty\\\\\t1.5\n2\t\\N\t\\N\n", "3\t\t-2", ".25\n4\t\\x41\\102\t0\n")
        self.assertEqual(wire.kinds(messages), "GCZ")
        self.assertEqual(wire.tags(messages), ["COPY 4"])
        self.assertEqual(self.content(), [[b"1", b"x\ty\\", b"1.50"], [b"2", None, None], [b"3", b"", b"-2.25"], [b"4", b"AB", b"0.00"]])

    def test_lines_that_end_in_cr_lf(self):
        self.assertEqual(wire.tags(self.copy("", "1\ta\t1\r\n2\tb\t\\N\r\n")), ["COPY 2"])
        self.assertEqual(self.content(), [[b"1", b"a", b"1.00"], [b"2", b"b", None]])

    def test_end_of_data_marker(self):
        self.assertEqual(wire.tags(self.copy("", "1\ta\t1\n\\.\n")), ["COPY 1"])

    def test_csv_in(self):
        messages = self.copy("WITH (FORMAT csv, HEADER)", 'a,b,c\n1,"say ""hi"", ok",1\n2,,\n3,"",2\n4,"two\nlines",3\n')
        self.assertEqual(wire.tags(messages), ["COPY 4"])
        self.assertEqual([r[1] for r in self.content()], [b'say "hi", ok', None, b"", b"two\nlines"])

    def test_csv_options(self):
        self.copy("WITH (FORMAT csv, DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'nil')", "1;'a;\\'b';nil\n2;nil;3\n")
        self.assertEqual(self.content(), [[b"1", b"a;'b", None], [b"2", None, b"3.00"]])

    def test_columns(self):
        self.ask("DROP TABLE t; CREATE TABLE t (a integer PRIMARY KEY, b text DEFAULT 'dflt', c numeric(10,2))")
        self.c.ask(query("COPY t (c, a) FROM STDIN"), data("5\t1\n"), DONE)
        self.assertEqual(self.content(), [[b"1", b"dflt", b"5.00"]])

    def test_every_cut(self):
        text = "1\tä\\n\t1\n2\t\\N\t2\n"
        raw = text.encode()
        for cut in range(len(raw) + 1):
            self.ask("TRUNCATE t")
            messages = self.c.ask(query("COPY t FROM STDIN"), message(b"d", raw[:cut]), message(b"d", raw[cut:]), DONE)
            self.assertEqual(wire.tags(messages), ["COPY 2"], cut)

    def test_errors_leave_nothing(self):
        for options, text, state in (
                ("", "1\ta\t1\n1\tb\t2\n", "23505"), ("", "1\ta\tx\n", "22P02"), ("", "1\ta\n", "22P04"), ("", "1\ta\t1\t2\n", "22P04"),
                ("", "\\N\ta\t1\n", "23502"), ("", "1\ta\t123456789\n", "22003"), ("", "99999999999\ta\t1\n", "22003"),
                ("(FORMAT csv)", '1,"open,1\n', "22P04"), ("", "1\ta\rb\t1\n", "22P04"),
                ("(FORMAT csv, HEADER match)", "a,x,c\n1,a,1\n", "22P04")):
            with self.subTest(text=text):
                self.assert_error(self.copy(options, text), state)
                self.assert_empty()

    def test_invalid_utf8(self):
        self.assert_error(self.c.ask(query("COPY t FROM STDIN"), message(b"d", b"1\t\xff\t1\n"), DONE), "22021")
        self.assert_empty()
        # The context of an error is text, whatever the data was, and is not cut within a character.
        self.assert_error(self.c.ask(query("COPY t FROM STDIN"), message(b"d", b"x\xff\ta\t1\n"), DONE), "22021")
        messages = self.copy("", "x" + "ä" * 100 + "\ta\t1\n")
        self.assert_error(messages, "22P02")
        self.assertTrue(wire.fields([b for k, b in messages if k == "E"][0])["W"].endswith('ä..."'))

    def test_error_context(self):
        messages = self.copy("", "1\ta\t1\n2\tb\tx\n")
        fields = wire.fields([body for kind, body in messages if kind == "E"][0])
        self.assertEqual(fields["W"], 'COPY t, line 2, column c: "x"')

    def test_duplicate_of_an_existing_row(self):
        self.copy("", "5\told\t1\n")
        lines = "".join(f"{i}\tnew\t1\n" for i in range(10000))
        messages = self.copy("", lines)
        self.assert_error(messages, "23505")
        fields = wire.fields([body for kind, body in messages if kind == "E"][0])
        self.assertEqual((fields["s"], fields["t"], fields["n"]), ("public", "t", "t_pkey"))
        self.assertEqual(self.content(), [[b"5", b"old", b"1.00"]])

    def test_large_copy_between_existing_rows(self):
        self.copy("", "".join(f"{2 * i}\teven\t1\n" for i in range(20000)))
        self.copy("", "".join(f"{2 * i + 1}\todd\t1\n" for i in range(20000)))
        got = self.ask("SELECT count(*), min(a), max(a), count(DISTINCT a), sum(c) FROM t")
        self.assertEqual(wire.rows(got), [[b"40000", b"0", b"39999", b"40000", b"40000.00"]])

    def test_copy_fail(self):
        messages = self.copy("", "1\ta\t1\n", end=fail("changed my mind"))
        self.assert_error(messages, "57014")
        self.assertIn("changed my mind", wire.fields([b for k, b in messages if k == "E"][0])["M"])
        self.assert_empty()

    def test_other_messages_end_a_copy(self):
        self.c.send(query("COPY t FROM STDIN"), data("1\ta\t1\n"), query("SELECT 1"))
        messages = self.c.until_ready()
        self.assert_error(messages, "08P01")
        self.c.send(DONE)
        self.c.close()
        self.c = self.raw()
        self.assert_empty()

    def test_flush_and_sync_within_a_copy_are_ignored(self):
        messages = self.c.ask(query("COPY t FROM STDIN"), data("1\ta\t1\n"), wire.FLUSH, SYNC, data("2\tb\t1\n"), DONE)
        self.assertEqual(wire.tags(messages), ["COPY 2"])

    def test_extended_copy(self):
        self.c.send(parse("COPY t FROM STDIN"), bind(), execute(), SYNC)
        self.assertEqual([self.c.message()[0] for _ in range(3)], ["1", "2", "G"])
        # The Sync that came with Execute was read as part of the copy.
        messages = self.c.ask(data("1\ta\t1\n"), DONE, SYNC)
        self.assertEqual(wire.tags(messages), ["COPY 1"])
        self.assertEqual(len(self.content()), 1)

    def test_text_out(self):
        self.ask("INSERT INTO t VALUES (1, E'a\\tb\\\\c\\nd', 1.5), (2, NULL, NULL), (3, '', 0)")
        text, messages = self.out("COPY t TO STDOUT")
        self.assertEqual(text, "1\ta\\tb\\\\c\\nd\t1.50\n2\t\\N\t\\N\n3\t\t0.00\n")
        self.assertEqual(wire.kinds(messages).replace("d", ""), "HcCZ")
        self.assertEqual(wire.tags(messages), ["COPY 3"])

    def test_csv_out(self):
        self.ask("INSERT INTO t VALUES (1, 'x,\"y\"', 1), (2, NULL, 2), (3, '', 3), (4, E'l1\\nl2', 4)")
        text, _ = self.out("COPY t TO STDOUT (FORMAT csv, HEADER)")
        self.assertEqual(text, 'a,b,c\n1,"x,""y""",1.00\n2,,2.00\n3,"",3.00\n4,"l1\nl2",4.00\n')
        text, _ = self.out("COPY (SELECT a, b FROM t WHERE a = 2) TO STDOUT (FORMAT csv, NULL '-', FORCE_QUOTE *)")
        self.assertEqual(text, '"2",-\n')

    def test_round_trip(self):
        self.ask("CREATE TABLE IF NOT EXISTS u (a integer, b text, c numeric(10,2))")
        values = ["", "\\N", "\\.", "\\", "a\tb", "a,b", '"', "''", "\r\n", " ", "NULL", "\x01\x7f", "ü€"]
        with self.connect() as connection, connection.cursor() as cursor:
            for i, value in enumerate(values):
                cursor.execute("INSERT INTO t VALUES (%s, %s, 1)", (i, value))
            for options in ("", "(FORMAT csv)", "(FORMAT csv, DELIMITER '|', QUOTE '~', ESCAPE '!')", "(DELIMITER '|', NULL 'nothing')"):
                with self.subTest(options=options):
                    file = io.StringIO(newline="")
                    cursor.copy_expert(f"COPY t TO STDOUT {options}", file)
                    cursor.execute("TRUNCATE u")
                    file.seek(0)
                    cursor.copy_expert(f"COPY u FROM STDIN {options}", file)
                    cursor.execute("SELECT b FROM u ORDER BY a")
                    self.assertEqual([r[0] for r in cursor.fetchall()], values)

    def test_in_a_transaction(self):
        self.ask("BEGIN")
        self.copy("", "".join(f"{i}\tx\t1\n" for i in range(10000)))
        self.assertEqual(wire.rows(self.ask("SELECT count(*) FROM t")), [[b"10000"]])
        self.assertEqual(wire.tags(self.ask("UPDATE t SET c = 2 WHERE a < 100")), ["UPDATE 100"])
        self.assertEqual(wire.tags(self.ask("DELETE FROM t WHERE a >= 9000")), ["DELETE 1000"])
        self.assertEqual(wire.rows(self.ask("SELECT count(*), sum(c) FROM t")), [[b"9000", b"9100.00"]])
        other = self.raw()
        self.assertEqual(wire.rows(other.ask(query("SELECT count(*) FROM t"))), [[b"0"]])
        self.ask("ROLLBACK")
        self.assert_empty()
        # And again, kept.
        self.ask("BEGIN")
        self.copy("", "".join(f"{i}\tx\t1\n" for i in range(10000)))
        self.ask("UPDATE t SET c = 2 WHERE a < 100")
        self.ask("COMMIT")
        self.assertEqual(wire.rows(other.ask(query("SELECT count(*), sum(c) FROM t"))), [[b"10000", b"10100.00"]])

    def test_an_error_fails_the_block(self):
        self.ask("BEGIN")
        self.assert_error(self.copy("", "x\ta\t1\n"), "22P02")
        self.assert_error(self.ask("SELECT 1"), "25P02")
        self.assertEqual(wire.tags(self.ask("COMMIT")), ["ROLLBACK"])

    def test_refused_options(self):
        for options in ("(FORMAT binary)", "(NO_SUCH_OPTION)", "(DELIMITER 'ab')", "(QUOTE 'x')", "(FORMAT csv, DELIMITER '\"')",
                        "(FORMAT xml)", "(DELIMITER 'a')"):
            with self.subTest(options=options):
                messages = self.ask(f"COPY t FROM STDIN {options}")
                self.assertEqual(wire.kinds(messages), "EZ")
        self.assert_error(self.ask("COPY nothing FROM STDIN"), "42P01")
        self.assert_error(self.ask("COPY t (nothing) FROM STDIN"), "42703")

    def test_a_driver(self):
        connection = self.connect(autocommit=False)
        with connection.cursor() as cursor:
            cursor.copy_expert("COPY t FROM STDIN", io.StringIO("1\ta\t1\n"))
            connection.rollback()
            cursor.copy_expert("COPY t FROM STDIN", io.StringIO("2\ta\t1\n"))
            connection.commit()
            with self.assertRaises(psycopg2.errors.UniqueViolation):
                cursor.copy_expert("COPY t FROM STDIN", io.StringIO("2\ta\t1\n"))
            connection.rollback()
        self.assertEqual(len(self.content()), 1)


if __name__ == "__main__":
    wire.main()
