-- Rows of :warehouses warehouses, the same on every server: 3,000 customers and orders per district, 100,000 items.
INSERT INTO warehouse SELECT w, 'house ' || w, 0.05 + w % 10 * 0.01, 300000 FROM generate_series(1, :warehouses) w;
INSERT INTO district SELECT w, d, 'place ' || d, d * 0.015, 30000, 3001
  FROM generate_series(1, :warehouses) w, generate_series(1, 10) d;
INSERT INTO customer SELECT w, d, c, 'name' || c % 1000, 'first' || c, CASE c % 10 WHEN 0 THEN 'BC' ELSE 'GC' END,
    c % 50 * 0.01, -10, 10, 1, 0, repeat(md5((c * 7 + d)::text), 10)
  FROM generate_series(1, :warehouses) w, generate_series(1, 10) d, generate_series(1, 3000) c;
INSERT INTO history SELECT c, d, w, d, w, timestamp '2024-01-01' + c * interval '1 minute', 10, 'first payment'
  FROM generate_series(1, :warehouses) w, generate_series(1, 10) d, generate_series(1, 3000) c;
INSERT INTO orders SELECT w, d, o, o * 17 % 3000 + 1, timestamp '2024-01-01' + o * interval '3 minutes',
    CASE WHEN o <= 2100 THEN o % 10 + 1 END, 5 + o % 11
  FROM generate_series(1, :warehouses) w, generate_series(1, 10) d, generate_series(1, 3000) o;
INSERT INTO new_order SELECT w, d, o
  FROM generate_series(1, :warehouses) w, generate_series(1, 10) d, generate_series(2101, 3000) o;
INSERT INTO item SELECT i, 'item ' || i, 1 + i * 37 % 9900 * 0.01, md5(i::text) FROM generate_series(1, 100000) i;
INSERT INTO stock SELECT w, i, 10 + i * 13 % 91, 0, 0, 0, left(md5(i::text), 24), md5((i + w)::text)
  FROM generate_series(1, :warehouses) w, generate_series(1, 100000) i;
INSERT INTO order_line SELECT o_w_id, o_d_id, o_id, l, (o_id * 31 + l * 7919 + o_d_id) % 100000 + 1,
    CASE WHEN o_id <= 2100 THEN o_entry_d END, 5, CASE WHEN o_id <= 2100 THEN 0 ELSE (o_id * 7 + l) % 9999 * 0.01 END,
    left(md5(l::text), 24)
  FROM orders, generate_series(1, 15) l WHERE l <= o_ol_cnt;
