\set w random(1, :warehouses)
\set d random(1, 10)
\set carrier random(1, 10)
BEGIN;
SELECT coalesce(min(no_o_id), 0) AS o FROM new_order WHERE no_w_id = :w AND no_d_id = :d \gset
DELETE FROM new_order WHERE no_w_id = :w AND no_d_id = :d AND no_o_id = :o;
UPDATE orders SET o_carrier_id = :carrier WHERE o_w_id = :w AND o_d_id = :d AND o_id = :o;
UPDATE order_line SET ol_delivery_d = now()::timestamp WHERE ol_w_id = :w AND ol_d_id = :d AND ol_o_id = :o;
UPDATE customer SET c_delivery_cnt = c_delivery_cnt + 1,
    c_balance = c_balance + (SELECT coalesce(sum(ol_amount), 0) FROM order_line
      WHERE ol_w_id = :w AND ol_d_id = :d AND ol_o_id = :o)
  WHERE c_w_id = :w AND c_d_id = :d
    AND c_id = (SELECT o_c_id FROM orders WHERE o_w_id = :w AND o_d_id = :d AND o_id = :o);
COMMIT;
