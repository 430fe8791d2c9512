\set w random(1, :warehouses)
\set d random(1, 10)
\set o random(1, 3000)
BEGIN;
SELECT c_balance, c_first, c_last FROM customer WHERE c_w_id = :w AND c_d_id = :d AND c_id = :o;
SELECT o_id, o_entry_d, o_carrier_id FROM orders WHERE o_w_id = :w AND o_d_id = :d AND o_id = :o;
SELECT ol_i_id, ol_quantity, ol_amount, ol_delivery_d FROM order_line
  WHERE ol_w_id = :w AND ol_d_id = :d AND ol_o_id = :o;
COMMIT;
