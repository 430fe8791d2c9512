-- A film's popularity (low ids are famous) decides how many rows it has everywhere; countries go with companies, genres with
-- kinds and years, women and men with roles; famous people play in famous films.
INSERT INTO kind_type SELECT i, (['movie','tv series','tv movie','video movie','tv mini series','video game','episode'])[1 + i] FROM range(7) t(i);
INSERT INTO company_type SELECT i, (['production companies','distributors','special effects companies','miscellaneous companies'])[1 + i] FROM range(4) t(i);
INSERT INTO info_type SELECT i, CASE i WHEN 0 THEN 'genres' WHEN 1 THEN 'countries' WHEN 2 THEN 'languages' WHEN 3 THEN 'release dates'
  WHEN 4 THEN 'budget' WHEN 5 THEN 'rating' WHEN 6 THEN 'votes' WHEN 7 THEN 'top 250 rank' ELSE 'info ' || i END FROM range(40) t(i);
INSERT INTO role_type SELECT i, (['actor','actress','producer','writer','cinematographer','composer','costume designer','director','editor','guest'])[1 + i] FROM range(10) t(i);
INSERT INTO link_type SELECT i, (['follows','followed by','remake of','references','spoofs','features','version of','similar to'])[1 + i] FROM range(8) t(i);
INSERT INTO keyword SELECT i, CASE WHEN i % 400 = 0 THEN 'sequel-' || i WHEN i % 400 = 1 THEN 'superhero-' || i WHEN i % 400 = 2 THEN 'murder-' || i
  ELSE 'keyword-' || i END FROM range((12000 * {scale})::BIGINT) t(i);
INSERT INTO company_name SELECT i, (['Warner','Universal','Film','Studio','Pictures','Media','Polygram','Television'])[1 + floor(random(i, 1) * 8)::INTEGER] || ' ' || i,
  CASE WHEN random(i, 2) < 0.93 THEN CASE WHEN i < 3000 * {scale} THEN (['[us]','[us]','[us]','[us]','[gb]','[fr]'])[1 + floor(random(i, 3) * 6)::INTEGER]
  ELSE (['[us]','[gb]','[de]','[fr]','[jp]','[in]','[it]','[ca]','[es]','[ru]'])[1 + floor(random(i, 4) * 10)::INTEGER] END END
  FROM range((20000 * {scale})::BIGINT) t(i);
INSERT INTO title SELECT i, CASE WHEN random(i, 10) < 0.002 THEN 'Champion ' WHEN random(i, 10) < 0.01 THEN 'The Dark ' ELSE 'Title ' END || i, k,
  CASE WHEN random(i, 11) < 0.97 THEN CASE WHEN k IN (1, 6) THEN 1985 + floor(sqrt(random(i, 12)) * 29)::INTEGER
    WHEN k = 5 THEN 1992 + floor(random(i, 13) * 22)::INTEGER ELSE 1920 + floor(sqrt(random(i, 14)) * 94)::INTEGER END END
  FROM (SELECT i, CASE WHEN random(i, 15) < 0.45 THEN 6 WHEN random(i, 15) < 0.75 THEN 0 WHEN random(i, 15) < 0.84 THEN 1
    ELSE 2 + floor(random(i, 16) * 4)::INTEGER END AS k FROM range((200000 * {scale})::BIGINT) r(i)) t;
INSERT INTO name SELECT i, (['Smith','Tim','Ann','Bob','Yo','Maria','Angel','Bert','Downey','X'])[1 + floor(random(i, 20) * 10)::INTEGER] || ', ' || i,
  CASE WHEN random(i, 21) < 0.5 THEN 'm' WHEN random(i, 21) < 0.85 THEN 'f' END FROM range((300000 * {scale})::BIGINT) t(i);
INSERT INTO movie_companies SELECT i, m, least(floor(pow(random(i, 31), 2) * 20000 * {scale})::INTEGER, (20000 * {scale})::INTEGER - 1),
  CASE WHEN random(i, 32) < 0.48 THEN 0 WHEN random(i, 32) < 0.97 THEN 1 ELSE 2 + floor(random(i, 33) * 2)::INTEGER END,
  CASE WHEN random(i, 34) < 0.5 THEN CASE WHEN random(i, 35) < 0.2 THEN '(presents)' WHEN random(i, 35) < 0.3 THEN '(co-production)'
    WHEN random(i, 35) < 0.8 THEN '(' || (1990 + floor(random(i, 36) * 24)::INTEGER) || ') (worldwide)' ELSE '(as Metro)' END END
  FROM (SELECT i, floor(pow(random(i, 30), 2.5) * 200000 * {scale})::INTEGER AS m FROM range((260000 * {scale})::BIGINT) r(i)) t;
INSERT INTO movie_info SELECT i, m, ty, CASE ty WHEN 0 THEN CASE WHEN m % 10 < 3 THEN 'Horror' WHEN m % 10 < 6 THEN 'Drama' WHEN m % 10 < 8 THEN 'Comedy' ELSE (['Action','Sci-Fi','Western','Family','Documentary'])[1 + floor(random(i, 43) * 5)::INTEGER] END
    WHEN 1 THEN (['USA','USA','USA','UK','Germany','France','Sweden','Denmark','Japan','India'])[1 + floor(random(m, 44) * 10)::INTEGER]
    WHEN 2 THEN (['English','English','English','German','French','Swedish','Japanese'])[1 + floor(random(m, 44) * 7)::INTEGER]
    WHEN 3 THEN 'USA:' || (1950 + floor(random(m, 45) * 64)::INTEGER) ELSE 'text ' || floor(random(i, 46) * 5000)::INTEGER END
  FROM (SELECT i, floor(pow(random(i, 40), 1.8) * 200000 * {scale})::INTEGER AS m,
    CASE WHEN random(i, 41) < 0.6 THEN floor(random(i, 42) * 4)::INTEGER ELSE 8 + floor(random(i, 42) * 32)::INTEGER END AS ty
    FROM range((1200000 * {scale})::BIGINT) r(i)) t;
INSERT INTO movie_rating SELECT i, i // 2, 5 + i % 2, CASE WHEN i % 2 = 0 THEN round((3 + 6.9 * random(i, 50) - i / (400000.0 * {scale}))::DECIMAL(4,1), 1)
  ELSE round((1 + 900 * pow(random(i, 51), 4))::DECIMAL(4,1), 1) END FROM range((260000 * {scale})::BIGINT) r(i) WHERE random(i // 2, 52) < 0.7;
INSERT INTO movie_keyword SELECT i, floor(pow(random(i, 60), 3) * 200000 * {scale})::INTEGER,
  least(floor(pow(random(i, 61), 2.5) * 12000 * {scale})::INTEGER, (12000 * {scale})::INTEGER - 1) FROM range((450000 * {scale})::BIGINT) r(i);
INSERT INTO movie_link SELECT i, floor(pow(random(i, 70), 4) * 200000 * {scale})::INTEGER, floor(pow(random(i, 71), 4) * 200000 * {scale})::INTEGER,
  floor(random(i, 72) * 8)::INTEGER FROM range((15000 * {scale})::BIGINT) r(i);
INSERT INTO cast_info SELECT i, least(floor((CASE WHEN m < 20000 * {scale} THEN pow(random(i, 81), 3) ELSE random(i, 82) END) * 300000 * {scale})::INTEGER, (300000 * {scale})::INTEGER - 1), m,
  floor(pow(random(i, 83), 1.7) * 10)::INTEGER, CASE WHEN random(i, 84) < 0.12 THEN '(voice)' WHEN random(i, 84) < 0.2 THEN '(uncredited)' WHEN random(i, 84) < 0.24 THEN '(producer)' END,
  CASE WHEN random(i, 85) < 0.6 THEN 1 + floor(random(i, 86) * 40)::INTEGER END
  FROM (SELECT i, floor(pow(random(i, 80), 1.7) * 200000 * {scale})::INTEGER AS m FROM range((1800000 * {scale})::BIGINT) r(i)) t;
