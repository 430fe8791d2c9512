\set w random(1, :warehouses)
\set d random(1, 10)
\set c random(1, 3000)
\set amount random(100, 500000)
BEGIN;
UPDATE warehouse SET w_ytd = w_ytd + :amount / 100.0 WHERE w_id = :w RETURNING w_name;
UPDATE district SET d_ytd = d_ytd + :amount / 100.0 WHERE d_w_id = :w AND d_id = :d RETURNING d_name;
UPDATE customer SET c_balance = c_balance - :amount / 100.0, c_ytd_payment = c_ytd_payment + :amount / 100.0,
    c_payment_cnt = c_payment_cnt + 1
  WHERE c_w_id = :w AND c_d_id = :d AND c_id = :c RETURNING c_first, c_last, c_credit, c_discount, c_balance;
INSERT INTO history VALUES (:c, :d, :w, :d, :w, now()::timestamp, :amount / 100.0, 'payment');
COMMIT;
