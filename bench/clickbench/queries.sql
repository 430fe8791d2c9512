-- C01: count(*) of everything
SELECT count(*) FROM hits;
-- C02: rows of one rare value
SELECT count(*) FROM hits WHERE adv_engine_id <> 0;
-- C03: sums and averages
SELECT sum(adv_engine_id), count(*), round(avg(resolution_width), 6) FROM hits;
-- C04: average of large numbers
SELECT round(avg(user_id), 0) FROM hits;
-- C05: distinct users
SELECT count(DISTINCT user_id) FROM hits;
-- C06: distinct phrases
SELECT count(DISTINCT search_phrase) FROM hits;
-- C07: first and last day
SELECT min(event_date), max(event_date) FROM hits;
-- C08: few groups of rare rows
SELECT adv_engine_id, count(*) FROM hits WHERE adv_engine_id <> 0 GROUP BY adv_engine_id ORDER BY count(*) DESC, 1;
-- C09: distinct users per region
SELECT region_id, count(DISTINCT user_id) AS u FROM hits GROUP BY region_id ORDER BY u DESC, region_id LIMIT 10;
-- C10: several aggregates per region
SELECT region_id, sum(adv_engine_id), count(*) AS c, round(avg(resolution_width), 6), count(DISTINCT user_id) FROM hits GROUP BY region_id ORDER BY c DESC, region_id LIMIT 10;
-- C11: users per phone model
SELECT mobile_phone_model, count(DISTINCT user_id) AS u FROM hits WHERE mobile_phone_model <> '' GROUP BY mobile_phone_model ORDER BY u DESC, 1 LIMIT 10;
-- C12: users per phone and model
SELECT mobile_phone, mobile_phone_model, count(DISTINCT user_id) AS u FROM hits WHERE mobile_phone_model <> '' GROUP BY mobile_phone, mobile_phone_model ORDER BY u DESC, 1, 2 LIMIT 10;
-- C13: phrases
SELECT search_phrase, count(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10;
-- C14: users per phrase
SELECT search_phrase, count(DISTINCT user_id) AS u FROM hits WHERE search_phrase <> '' GROUP BY search_phrase ORDER BY u DESC, search_phrase LIMIT 10;
-- C15: engines and phrases
SELECT search_engine_id, search_phrase, count(*) AS c FROM hits WHERE search_phrase <> '' GROUP BY search_engine_id, search_phrase ORDER BY c DESC, 1, 2 LIMIT 10;
-- C16: busiest users
SELECT user_id, count(*) AS c FROM hits GROUP BY user_id ORDER BY c DESC, user_id LIMIT 10;
-- C17: users and phrases
SELECT user_id, search_phrase, count(*) AS c FROM hits GROUP BY user_id, search_phrase ORDER BY c DESC, 1, 2 LIMIT 10;
-- C18: users and phrases, any order
SELECT count(*) FROM (SELECT user_id, search_phrase, count(*) AS c FROM hits GROUP BY user_id, search_phrase) t;
-- C19: users, minutes and phrases
SELECT user_id, extract(minute FROM event_time) AS m, search_phrase, count(*) AS c FROM hits GROUP BY user_id, m, search_phrase ORDER BY c DESC, 1, 2, 3 LIMIT 10;
-- C20: one user
SELECT count(*) FROM hits WHERE user_id = 435090932899640449;
-- C21: a word in addresses
SELECT count(*) FROM hits WHERE url LIKE '%google%';
-- C22: phrases of addresses with a word
SELECT search_phrase, min(url), count(*) AS c FROM hits WHERE url LIKE '%google%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10;
-- C23: titles with a word
SELECT search_phrase, min(url), min(title), count(*) AS c, count(DISTINCT user_id) FROM hits WHERE title LIKE '%Google%' AND url NOT LIKE '%.google.%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10;
-- C24: whole rows by time
SELECT * FROM hits WHERE url LIKE '%google%' ORDER BY event_time, watch_id LIMIT 10;
-- C25: phrases by time
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time, watch_id LIMIT 10;
-- C26: phrases by text
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY search_phrase LIMIT 10;
-- C27: phrases by time and text
SELECT search_phrase FROM hits WHERE search_phrase <> '' ORDER BY event_time, search_phrase, watch_id LIMIT 10;
-- C28: length of addresses per counter
SELECT counter_id, round(avg(length(url)), 6) AS l, count(*) AS c FROM hits WHERE url <> '' GROUP BY counter_id HAVING count(*) > 1000 ORDER BY l DESC, counter_id LIMIT 25;
-- C29: hosts by a regular expression
SELECT regexp_replace(referer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') AS k, round(avg(length(referer)), 6) AS l, count(*) AS c, min(referer) FROM hits WHERE referer <> '' GROUP BY k HAVING count(*) > 1000 ORDER BY l DESC, k LIMIT 25;
-- C30: forty sums
SELECT sum(resolution_width), sum(resolution_width + 1), sum(resolution_width + 2), sum(resolution_width + 3), sum(resolution_width + 4), sum(resolution_width + 5), sum(resolution_width + 6), sum(resolution_width + 7), sum(resolution_width + 8), sum(resolution_width + 9), sum(resolution_width + 10), sum(resolution_width + 11), sum(resolution_width + 12), sum(resolution_width + 13), sum(resolution_width + 14), sum(resolution_width + 15), sum(resolution_width + 16), sum(resolution_width + 17), sum(resolution_width + 18), sum(resolution_width + 19), sum(resolution_width + 20), sum(resolution_width + 21), sum(resolution_width + 22), sum(resolution_width + 23), sum(resolution_width + 24), sum(resolution_width + 25), sum(resolution_width + 26), sum(resolution_width + 27), sum(resolution_width + 28), sum(resolution_width + 29), sum(resolution_width + 30), sum(resolution_width + 31), sum(resolution_width + 32), sum(resolution_width + 33), sum(resolution_width + 34), sum(resolution_width + 35), sum(resolution_width + 36), sum(resolution_width + 37), sum(resolution_width + 38), sum(resolution_width + 39) FROM hits;
-- C31: engines and addresses of clients
SELECT search_engine_id, client_ip, count(*) AS c, sum(is_refresh), round(avg(resolution_width), 6) FROM hits WHERE search_phrase <> '' GROUP BY search_engine_id, client_ip ORDER BY c DESC, 1, 2 LIMIT 10;
-- C32: views and clients of phrases
SELECT watch_id, client_ip, count(*) AS c, sum(is_refresh), round(avg(resolution_width), 6) FROM hits WHERE search_phrase <> '' GROUP BY watch_id, client_ip ORDER BY c DESC, 1, 2 LIMIT 10;
-- C33: views and clients of all
SELECT watch_id, client_ip, count(*) AS c, sum(is_refresh), round(avg(resolution_width), 6) FROM hits GROUP BY watch_id, client_ip ORDER BY c DESC, 1, 2 LIMIT 10;
-- C34: most seen addresses
SELECT url, count(*) AS c FROM hits GROUP BY url ORDER BY c DESC, url LIMIT 10;
-- C35: a constant beside
SELECT 1 AS one, url, count(*) AS c FROM hits GROUP BY 1, url ORDER BY c DESC, url LIMIT 10;
-- C36: expressions of one column
SELECT client_ip, client_ip - 1, client_ip - 2, client_ip - 3, count(*) AS c FROM hits GROUP BY client_ip, client_ip - 1, client_ip - 2, client_ip - 3 ORDER BY c DESC, client_ip LIMIT 10;
-- C37: pages of one counter
SELECT url, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31' AND dont_count_hits = 0 AND is_refresh = 0 AND url <> '' GROUP BY url ORDER BY v DESC, url LIMIT 10;
-- C38: titles of one counter
SELECT title, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31' AND dont_count_hits = 0 AND is_refresh = 0 AND title <> '' GROUP BY title ORDER BY v DESC, title LIMIT 10;
-- C39: links of one counter, a later page
SELECT url, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31' AND is_refresh = 0 AND is_link <> 0 AND is_download = 0 GROUP BY url ORDER BY v DESC, url LIMIT 10 OFFSET 1000;
-- C40: sources and targets
SELECT trafic_source_id, search_engine_id, adv_engine_id, CASE WHEN search_engine_id = 0 AND adv_engine_id = 0 THEN referer ELSE '' END AS src, url AS dst, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31' AND is_refresh = 0 GROUP BY trafic_source_id, search_engine_id, adv_engine_id, src, dst ORDER BY v DESC, 1, 2, 3, 4, 5 LIMIT 10 OFFSET 1000;
-- C41: days and addresses by hash
SELECT url_hash, event_date, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31' AND is_refresh = 0 AND trafic_source_id IN (-1, 6) AND referer_hash % 7 = 3 GROUP BY url_hash, event_date ORDER BY v DESC, 1, 2 LIMIT 10 OFFSET 100;
-- C42: sizes of windows
SELECT window_client_width, window_client_height, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31' AND is_refresh = 0 AND dont_count_hits = 0 AND url_hash % 5 = 1 GROUP BY window_client_width, window_client_height ORDER BY v DESC, 1, 2 LIMIT 10 OFFSET 10;
-- C43: views per minute
SELECT date_trunc('minute', event_time) AS m, count(*) AS v FROM hits WHERE counter_id = 62 AND event_date >= DATE '2013-07-14' AND event_date <= DATE '2013-07-15' AND is_refresh = 0 AND dont_count_hits = 0 GROUP BY m ORDER BY m LIMIT 10 OFFSET 1000;
