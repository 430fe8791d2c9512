-- S01: sales of a month by brand of one category
SELECT d.year, i.brand, sum(s.price) AS total FROM dates d, store_sales s, items i
WHERE d.date_key = s.date_key AND s.item_key = i.item_key AND i.category = 'Books' AND d.month = 11
GROUP BY d.year, i.brand;
-- S02: averages for one kind of customer and promotions of two channels
SELECT i.item_name, round(avg(s.quantity), 4), round(avg(s.price), 4), round(avg(s.profit), 4), count(*)
FROM store_sales s, customers c, dates d, items i, promotions p
WHERE s.date_key = d.date_key AND s.item_key = i.item_key AND s.customer_key = c.customer_key
  AND s.promotion_key = p.promotion_key AND c.gender = 'M' AND c.education = 'College'
  AND p.channel IN ('mail', 'tv') AND d.year = 2021 GROUP BY i.item_name;
-- S03: rollup over state, city and store
SELECT st.state, st.city, st.store_name, sum(s.profit), count(*) FROM store_sales s
JOIN stores st ON st.store_key = s.store_key JOIN dates d ON d.date_key = s.date_key
WHERE d.year = 2020 GROUP BY ROLLUP (st.state, st.city, st.store_name);
-- S04: items whose sales of a week are far from their category's average
SELECT category, item_name, revenue, round(revenue * 100 / sum(revenue) OVER (PARTITION BY category), 6) AS share
FROM (SELECT i.category, i.item_name, sum(s.price) AS revenue FROM store_sales s, items i, dates d
      WHERE s.item_key = i.item_key AND s.date_key = d.date_key AND i.category IN ('Sports', 'Music', 'Shoes')
        AND d.day BETWEEN DATE '2021-02-22' AND DATE '2021-03-24' GROUP BY i.category, i.item_name) t;
-- S05: customers who bought in stores and on the web in the same quarter
SELECT count(*) FROM (SELECT DISTINCT s.customer_key FROM store_sales s, dates d
  WHERE s.date_key = d.date_key AND d.year = 2021 AND d.quarter = 4
  INTERSECT SELECT DISTINCT w.customer_key FROM web_sales w, dates d
  WHERE w.date_key = d.date_key AND d.year = 2021 AND d.quarter = 4) t;
-- S06: customers whose web sales grew faster than their store sales
WITH store_totals AS (SELECT s.customer_key, d.year, sum(s.price) AS total FROM store_sales s, dates d
  WHERE s.date_key = d.date_key AND d.year IN (2020, 2021) GROUP BY s.customer_key, d.year),
web_totals AS (SELECT w.customer_key, d.year, sum(w.price) AS total FROM web_sales w, dates d
  WHERE w.date_key = d.date_key AND d.year IN (2020, 2021) GROUP BY w.customer_key, d.year)
SELECT c.customer_key, c.first_name, c.last_name FROM customers c, store_totals s1, store_totals s2, web_totals w1, web_totals w2
WHERE s1.customer_key = c.customer_key AND s2.customer_key = c.customer_key AND w1.customer_key = c.customer_key
  AND w2.customer_key = c.customer_key AND s1.year = 2020 AND s2.year = 2021 AND w1.year = 2020 AND w2.year = 2021
  AND w2.total * s1.total > s2.total * w1.total ORDER BY c.customer_key LIMIT 100;
-- S07: months with more than a tenth above the year's average per category and store
SELECT * FROM (SELECT i.category, st.store_name, d.year, d.month, sum(s.price) AS total,
    avg(sum(s.price)) OVER (PARTITION BY i.category, st.store_name, d.year) AS average
  FROM items i, store_sales s, dates d, stores st
  WHERE s.item_key = i.item_key AND s.date_key = d.date_key AND s.store_key = st.store_key AND d.year = 2021
    AND i.category IN ('Books', 'Home', 'Women') GROUP BY i.category, st.store_name, d.year, d.month) t
WHERE total > average * 1.1;
-- S08: returns of weekdays against weekends
SELECT st.store_name, sum(CASE WHEN d.weekday = 0 THEN s.price END) AS sunday,
  sum(CASE WHEN d.weekday = 1 THEN s.price END) AS monday, sum(CASE WHEN d.weekday = 6 THEN s.price END) AS saturday
FROM dates d, store_sales s, stores st WHERE d.date_key = s.date_key AND s.store_key = st.store_key
  AND d.year = 2019 AND st.state = 'CA' GROUP BY st.store_name;
-- S09: large tickets
SELECT c.last_name, c.first_name, t.ticket, t.number FROM (
  SELECT ticket, customer_key, count(*) AS number FROM store_sales s, dates d, stores st
  WHERE s.date_key = d.date_key AND s.store_key = st.store_key AND st.size_class = 'large' AND d.year IN (2019, 2020, 2021)
  GROUP BY ticket, customer_key) t, customers c
WHERE t.customer_key = c.customer_key AND t.number BETWEEN 6 AND 12 AND c.income > 150000;
-- S10: customers of some states without web orders in a year
SELECT c.state, count(*), min(c.income), max(c.income), round(avg(c.birth_year), 4) FROM customers c
WHERE EXISTS (SELECT 1 FROM store_sales s, dates d WHERE s.customer_key = c.customer_key AND s.date_key = d.date_key
    AND d.year = 2021)
  AND NOT EXISTS (SELECT 1 FROM web_sales w, dates d WHERE w.customer_key = c.customer_key AND w.date_key = d.date_key
    AND d.year = 2021)
GROUP BY c.state;
-- S11: items dearer than one and a fifth times the average of their category
SELECT c.state, count(*) FROM customers c, store_sales s, dates d, items i
WHERE c.customer_key = s.customer_key AND s.date_key = d.date_key AND s.item_key = i.item_key AND d.year = 2021
  AND d.month = 1 AND i.price > 1.2 * (SELECT avg(j.price) FROM items j WHERE j.category = i.category)
GROUP BY c.state HAVING count(*) >= 10;
-- S12: running totals per brand over months
SELECT brand, year, month, total, sum(total) OVER (PARTITION BY brand ORDER BY year, month) AS running,
  rank() OVER (PARTITION BY year, month ORDER BY total DESC, brand) AS place
FROM (SELECT i.brand, d.year, d.month, sum(w.price) AS total FROM web_sales w, items i, dates d
  WHERE w.item_key = i.item_key AND w.date_key = d.date_key AND i.category = 'Electronics'
  GROUP BY i.brand, d.year, d.month) t;
-- S13: both channels side by side, items sold in only one of them too
SELECT coalesce(a.category, b.category), a.total, b.total FROM
  (SELECT i.category, i.class, sum(s.price) AS total FROM store_sales s, items i WHERE s.item_key = i.item_key AND i.colour = 'orchid' GROUP BY i.category, i.class) a
FULL JOIN (SELECT i.category, i.class, sum(w.price) AS total FROM web_sales w, items i WHERE w.item_key = i.item_key AND i.colour = 'ivory' GROUP BY i.category, i.class) b
ON a.category = b.category AND a.class = b.class;
-- S14: the best items of each class
SELECT category, class, item_name, total, place FROM (SELECT i.category, i.class, i.item_name, sum(s.quantity) AS total,
    row_number() OVER (PARTITION BY i.category, i.class ORDER BY sum(s.quantity) DESC, i.item_name) AS place
  FROM store_sales s, items i WHERE s.item_key = i.item_key GROUP BY i.category, i.class, i.item_name) t WHERE place <= 3;
-- S15: distinct customers and items per quarter
SELECT d.year, d.quarter, count(DISTINCT s.customer_key), count(DISTINCT s.item_key), count(*)
FROM store_sales s, dates d WHERE s.date_key = d.date_key GROUP BY d.year, d.quarter;
-- S16: cube over channel and weekday
SELECT p.channel, d.weekday, sum(w.quantity), sum(w.profit) FROM web_sales w, promotions p, dates d
WHERE w.promotion_key = p.promotion_key AND w.date_key = d.date_key GROUP BY CUBE (p.channel, d.weekday);
