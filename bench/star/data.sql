-- Sales grow over the years and peak in December; few items and customers make most sales; some keys are NULL.
INSERT INTO dates SELECT i, d, year(d), quarter(d), month(d), week(d), dayofweek(d),
  CASE WHEN (month(d) = 12 AND day(d) > 23) OR (month(d) = 1 AND day(d) = 1) THEN 1 ELSE 0 END
  FROM (SELECT i::INTEGER AS i, (DATE '2018-01-01' + i::INTEGER)::DATE AS d FROM range(1826) t(i));
INSERT INTO stores SELECT i, 'Store ' || i, 'City ' || (random(i, 1) * 25)::INTEGER,
  (['CA','CA','CA','TX','TX','NY','WA','OR','TN','GA'])[1 + floor(random(i, 2) * 10)::INTEGER],
  (['small','medium','large'])[1 + floor(random(i, 3) * 3)::INTEGER],
  CASE WHEN random(i, 4) < 0.9 THEN (DATE '2000-01-01' + (random(i, 5) * 6000)::INTEGER)::DATE END
  FROM range(60) t(i);
INSERT INTO items SELECT i, 'Item number ' || i, 'Brand ' || floor(random(i, 11) * 200)::INTEGER,
  'Class ' || floor(c * 8 + random(i, 12) * 8)::INTEGER,
  (['Books','Music','Home','Sports','Shoes','Jewelry','Electronics','Women','Men','Children'])[1 + c],
  round((1 + pow(random(i, 13), 3) * 300 * (1 + c))::DECIMAL(9,2), 2),
  CASE WHEN random(i, 14) < 0.95
    THEN (['red','green','blue','black','white','ivory','orchid'])[1 + floor(random(i, 15) * 7)::INTEGER] END
  FROM (SELECT i, floor(random(i, 10) * 10)::INTEGER AS c FROM range((18000 * {scale})::BIGINT) t(i));
INSERT INTO customers SELECT i,
  CASE WHEN random(i, 20) < 0.97 THEN 'First' || floor(pow(random(i, 21), 2) * 900)::INTEGER END,
  'Last' || floor(pow(random(i, 22), 2) * 5000)::INTEGER,
  CASE WHEN random(i, 23) < 0.96 THEN 1930 + floor(random(i, 24) * 75)::INTEGER END,
  (['CA','CA','CA','TX','TX','NY','WA','OR','TN','GA'])[1 + floor(random(i, 25) * 10)::INTEGER],
  CASE WHEN random(i, 26) < 0.9 THEN floor(pow(random(i, 27), 2) * 200000)::INTEGER END,
  CASE WHEN random(i, 28) < 0.5 THEN 'M' ELSE 'F' END,
  (['Primary','Secondary','College','Degree','Advanced','Unknown'])[1 + floor(random(i, 29) * 6)::INTEGER]
  FROM range((100000 * {scale})::BIGINT) t(i);
INSERT INTO promotions SELECT i, (['mail','tv','radio','press','event'])[1 + floor(random(i, 31) * 5)::INTEGER],
  round((random(i, 32) * 0.5)::DECIMAL(4,2), 2) FROM range(300) t(i);
INSERT INTO store_sales SELECT
  CASE WHEN random(i, 40) < 0.97 THEN
    CASE WHEN random(i, 41) < 0.2 THEN floor(random(i, 42) * 5)::INTEGER * 365 + 330 + floor(random(i, 43) * 34)::INTEGER
    ELSE floor(sqrt(random(i, 44)) * 1826)::INTEGER END END,
  floor(pow(random(i, 45), 2) * 18000 * {scale})::INTEGER,
  CASE WHEN random(t, 46) < 0.96 THEN floor(pow(random(t, 47), 1.5) * 100000 * {scale})::INTEGER END,
  CASE WHEN random(t, 48) < 0.98 THEN floor(pow(random(t, 49), 2) * 60)::INTEGER END,
  CASE WHEN random(i, 50) < 0.3 THEN floor(random(i, 51) * 300)::INTEGER END,
  t, 1 + floor(random(i, 52) * 99)::INTEGER, p, round((p * (0.4 + random(i, 53) * 0.5))::DECIMAL(9,2), 2),
  round((p * (random(i, 54) - 0.4))::DECIMAL(10,2), 2)
  FROM (SELECT i, i // 12 AS t, round((1 + pow(random(i, 55), 3) * 900)::DECIMAL(9,2), 2) AS p
        FROM range((2000000 * {scale})::BIGINT) r(i));
INSERT INTO web_sales SELECT
  CASE WHEN random(i, 60) < 0.98 THEN floor(sqrt(random(i, 61)) * 1826)::INTEGER END,
  floor(pow(random(i, 62), 1.6) * 18000 * {scale})::INTEGER,
  CASE WHEN random(i // 5, 63) < 0.99 THEN floor(pow(random(i // 5, 64), 2) * 100000 * {scale})::INTEGER END,
  CASE WHEN random(i, 65) < 0.5 THEN floor(random(i, 66) * 300)::INTEGER END,
  i // 5, 1 + floor(random(i, 67) * 20)::INTEGER, p, round((p * (random(i, 68) - 0.3))::DECIMAL(10,2), 2)
  FROM (SELECT i, round((1 + pow(random(i, 69), 2) * 600)::DECIMAL(9,2), 2) AS p
        FROM range((700000 * {scale})::BIGINT) r(i));
