-- A star schema: sales in stores and on the web over five dimensions, two fact tables of different size.
CREATE TABLE dates (
  date_key integer PRIMARY KEY, day date NOT NULL, year integer NOT NULL, quarter integer NOT NULL,
  month integer NOT NULL, week integer NOT NULL, weekday integer NOT NULL, holiday integer NOT NULL);
CREATE TABLE stores (
  store_key integer PRIMARY KEY, store_name varchar(20) NOT NULL, city varchar(20) NOT NULL,
  state char(2) NOT NULL, size_class varchar(10) NOT NULL, opened date);
CREATE TABLE items (
  item_key integer PRIMARY KEY, item_name varchar(30) NOT NULL, brand varchar(20) NOT NULL,
  class varchar(20) NOT NULL, category varchar(20) NOT NULL, price numeric(9,2) NOT NULL,
  colour varchar(12));
CREATE TABLE customers (
  customer_key integer PRIMARY KEY, first_name varchar(12), last_name varchar(16) NOT NULL,
  birth_year integer, state char(2) NOT NULL, income integer, gender char(1) NOT NULL,
  education varchar(12) NOT NULL);
CREATE TABLE promotions (
  promotion_key integer PRIMARY KEY, channel varchar(10) NOT NULL, discount numeric(4,2) NOT NULL);
CREATE TABLE store_sales (
  date_key integer, item_key integer NOT NULL, customer_key integer, store_key integer,
  promotion_key integer, ticket integer NOT NULL, quantity integer NOT NULL,
  price numeric(9,2) NOT NULL, cost numeric(9,2) NOT NULL, profit numeric(10,2) NOT NULL);
CREATE TABLE web_sales (
  date_key integer, item_key integer NOT NULL, customer_key integer, promotion_key integer,
  orders integer NOT NULL, quantity integer NOT NULL, price numeric(9,2) NOT NULL,
  profit numeric(10,2) NOT NULL);
-- index: store_sales (date_key)
-- index: store_sales (item_key)
-- index: store_sales (customer_key)
-- index: web_sales (date_key)
-- index: web_sales (item_key)
-- index: web_sales (customer_key)
