-- Tables in the manner of TPC-C: order entry of warehouses, with the columns that the five transactions use.
CREATE TABLE warehouse (
  w_id integer PRIMARY KEY, w_name varchar(10) NOT NULL, w_tax numeric(4,4) NOT NULL, w_ytd numeric(12,2) NOT NULL);
CREATE TABLE district (
  d_w_id integer NOT NULL, d_id integer NOT NULL, d_name varchar(10) NOT NULL, d_tax numeric(4,4) NOT NULL,
  d_ytd numeric(12,2) NOT NULL, d_next_o_id integer NOT NULL, PRIMARY KEY (d_w_id, d_id));
CREATE TABLE customer (
  c_w_id integer NOT NULL, c_d_id integer NOT NULL, c_id integer NOT NULL, c_last varchar(16) NOT NULL,
  c_first varchar(16) NOT NULL, c_credit char(2) NOT NULL, c_discount numeric(4,4) NOT NULL,
  c_balance numeric(12,2) NOT NULL, c_ytd_payment numeric(12,2) NOT NULL, c_payment_cnt integer NOT NULL,
  c_delivery_cnt integer NOT NULL, c_data varchar(500) NOT NULL, PRIMARY KEY (c_w_id, c_d_id, c_id));
CREATE TABLE history (
  h_c_id integer NOT NULL, h_c_d_id integer NOT NULL, h_c_w_id integer NOT NULL, h_d_id integer NOT NULL,
  h_w_id integer NOT NULL, h_date timestamp NOT NULL, h_amount numeric(6,2) NOT NULL, h_data varchar(24) NOT NULL);
CREATE TABLE orders (
  o_w_id integer NOT NULL, o_d_id integer NOT NULL, o_id integer NOT NULL, o_c_id integer NOT NULL,
  o_entry_d timestamp NOT NULL, o_carrier_id integer, o_ol_cnt integer NOT NULL, PRIMARY KEY (o_w_id, o_d_id, o_id));
CREATE TABLE new_order (
  no_w_id integer NOT NULL, no_d_id integer NOT NULL, no_o_id integer NOT NULL, PRIMARY KEY (no_w_id, no_d_id, no_o_id));
CREATE TABLE item (
  i_id integer PRIMARY KEY, i_name varchar(24) NOT NULL, i_price numeric(5,2) NOT NULL, i_data varchar(50) NOT NULL);
CREATE TABLE stock (
  s_w_id integer NOT NULL, s_i_id integer NOT NULL, s_quantity integer NOT NULL, s_ytd numeric(8,0) NOT NULL,
  s_order_cnt integer NOT NULL, s_remote_cnt integer NOT NULL, s_dist char(24) NOT NULL, s_data varchar(50) NOT NULL,
  PRIMARY KEY (s_w_id, s_i_id));
CREATE TABLE order_line (
  ol_w_id integer NOT NULL, ol_d_id integer NOT NULL, ol_o_id integer NOT NULL, ol_number integer NOT NULL,
  ol_i_id integer NOT NULL, ol_delivery_d timestamp, ol_quantity integer NOT NULL, ol_amount numeric(6,2) NOT NULL,
  ol_dist_info char(24) NOT NULL, PRIMARY KEY (ol_w_id, ol_d_id, ol_o_id, ol_number));
