-- Reports over the order tables, in the manner of TPC-H's queries; one after the other by one reader.
SELECT ol_number, sum(ol_quantity), sum(ol_amount), avg(ol_quantity), avg(ol_amount), count(*)
  FROM order_line WHERE ol_delivery_d > timestamp '2023-01-01' GROUP BY ol_number ORDER BY ol_number;
SELECT sum(ol_amount) FROM order_line WHERE ol_delivery_d >= timestamp '2024-01-02' AND ol_quantity BETWEEN 1 AND 100000;
SELECT o_ol_cnt, sum(CASE WHEN o_carrier_id IN (1, 2) THEN 1 ELSE 0 END) AS high,
    sum(CASE WHEN o_carrier_id NOT IN (1, 2) THEN 1 ELSE 0 END) AS low
  FROM orders JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
  WHERE ol_delivery_d > o_entry_d - interval '1 day' GROUP BY o_ol_cnt ORDER BY o_ol_cnt;
SELECT c_last, sum(ol_amount) AS revenue, count(*)
  FROM customer JOIN orders ON c_w_id = o_w_id AND c_d_id = o_d_id AND c_id = o_c_id
    JOIN order_line ON ol_w_id = o_w_id AND ol_d_id = o_d_id AND ol_o_id = o_id
  GROUP BY c_last ORDER BY revenue DESC, c_last LIMIT 20;
SELECT i_id % 100 AS class, sum(ol_amount) AS revenue, sum(s_order_cnt)
  FROM order_line JOIN item ON i_id = ol_i_id JOIN stock ON s_w_id = ol_w_id AND s_i_id = ol_i_id
  WHERE i_price > 50 GROUP BY i_id % 100 ORDER BY revenue DESC LIMIT 10;
