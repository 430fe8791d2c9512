-- J01: companies of well rated films with a note
SELECT min(mc.note), min(t.title), min(t.production_year), count(*) FROM company_type ct, info_type it, movie_companies mc, movie_rating mr, title t
WHERE ct.kind = 'production companies' AND it.info = 'rating' AND mc.note LIKE '%(co-production)%' AND mr.rating > 7.5
  AND ct.id = mc.company_type_id AND t.id = mc.movie_id AND t.id = mr.movie_id AND mc.movie_id = mr.movie_id AND it.id = mr.info_type_id;
-- J02: sequels from one country
SELECT min(t.title), count(*) FROM company_name cn, keyword k, movie_companies mc, movie_keyword mk, title t
WHERE cn.country_code = '[de]' AND k.keyword LIKE 'sequel%' AND cn.id = mc.company_id AND mc.movie_id = t.id AND t.id = mk.movie_id
  AND mk.keyword_id = k.id AND mc.movie_id = mk.movie_id;
-- J03: recent sequels with a country
SELECT min(t.title), count(*) FROM keyword k, movie_info mi, movie_keyword mk, title t
WHERE k.keyword LIKE 'sequel%' AND mi.info IN ('Sweden', 'Germany', 'Denmark') AND t.production_year > 2005 AND t.id = mi.movie_id
  AND t.id = mk.movie_id AND mk.movie_id = mi.movie_id AND k.id = mk.keyword_id;
-- J04: ratings of superhero films
SELECT min(mr.rating), max(t.title), count(*) FROM info_type it, keyword k, movie_rating mr, movie_keyword mk, title t
WHERE it.info = 'rating' AND k.keyword LIKE 'superhero%' AND mr.rating > 5.0 AND t.production_year > 1990 AND t.id = mr.movie_id
  AND t.id = mk.movie_id AND mk.movie_id = mr.movie_id AND k.id = mk.keyword_id AND it.id = mr.info_type_id;
-- J05: people named Downey in superhero films
SELECT min(k.keyword), min(n.name), min(t.title), count(*) FROM cast_info ci, keyword k, movie_keyword mk, name n, title t
WHERE k.keyword LIKE 'superhero%' AND n.name LIKE 'Downey%' AND t.production_year > 1990 AND k.id = mk.keyword_id AND t.id = mk.movie_id
  AND t.id = ci.movie_id AND ci.movie_id = mk.movie_id AND n.id = ci.person_id;
-- J06: films that others refer to, by people
SELECT min(n.name), min(t.title), count(*) FROM cast_info ci, link_type lt, movie_link ml, name n, title t
WHERE lt.link = 'features' AND n.gender = 'm' AND n.name LIKE 'B%' AND t.production_year BETWEEN 1980 AND 1995 AND ci.person_id = n.id
  AND t.id = ci.movie_id AND ml.linked_movie_id = t.id AND lt.id = ml.link_type_id AND ci.movie_id = ml.linked_movie_id;
-- J07: voices of women in films of a country
SELECT min(n.name), min(t.title), count(*) FROM cast_info ci, company_name cn, movie_companies mc, name n, role_type rt, title t
WHERE ci.note = '(voice)' AND cn.country_code = '[jp]' AND n.gender = 'f' AND rt.role = 'actress' AND ci.person_id = n.id
  AND ci.movie_id = t.id AND ci.role_id = rt.id AND t.id = mc.movie_id AND mc.company_id = cn.id AND ci.movie_id = mc.movie_id;
-- J08: the same in the United States with years and more tables
SELECT min(n.name), min(t.title), count(*) FROM cast_info ci, company_name cn, info_type it, movie_companies mc, movie_info mi, name n, role_type rt, title t
WHERE ci.note IN ('(voice)', '(uncredited)') AND cn.country_code = '[us]' AND it.info = 'release dates' AND mi.info LIKE 'USA:200%'
  AND n.gender = 'f' AND n.name LIKE '%An%' AND rt.role = 'actress' AND t.production_year BETWEEN 2000 AND 2010
  AND t.id = mi.movie_id AND t.id = mc.movie_id AND t.id = ci.movie_id AND mc.movie_id = ci.movie_id AND mc.movie_id = mi.movie_id
  AND mi.movie_id = ci.movie_id AND cn.id = mc.company_id AND it.id = mi.info_type_id AND n.id = ci.person_id AND rt.id = ci.role_id;
-- J09: two info types of good horror films
SELECT min(mi.info), min(mr.rating), min(t.title), count(*) FROM info_type it1, info_type it2, movie_info mi, movie_rating mr, title t, kind_type kt
WHERE it1.info = 'genres' AND it2.info = 'rating' AND mi.info = 'Horror' AND mr.rating > 8.0 AND kt.kind = 'movie' AND t.production_year > 2000
  AND kt.id = t.kind_id AND t.id = mi.movie_id AND t.id = mr.movie_id AND mi.movie_id = mr.movie_id AND it1.id = mi.info_type_id AND it2.id = mr.info_type_id;
-- J10: linked series and their ratings
SELECT min(cn1.name), min(cn2.name), min(mr1.rating), min(t1.title), count(*) FROM company_name cn1, company_name cn2, info_type it1, info_type it2,
  kind_type kt1, kind_type kt2, link_type lt, movie_companies mc1, movie_companies mc2, movie_rating mr1, movie_rating mr2, movie_link ml, title t1, title t2
WHERE cn1.country_code = '[us]' AND it1.info = 'rating' AND it2.info = 'rating' AND kt1.kind = 'tv series' AND kt2.kind = 'tv series'
  AND lt.link IN ('follows', 'followed by', 'similar to') AND mr2.rating < 6.0 AND lt.id = ml.link_type_id AND t1.id = ml.movie_id
  AND t2.id = ml.linked_movie_id AND it1.id = mr1.info_type_id AND t1.id = mr1.movie_id AND kt1.id = t1.kind_id AND cn1.id = mc1.company_id
  AND t1.id = mc1.movie_id AND ml.movie_id = mr1.movie_id AND it2.id = mr2.info_type_id AND t2.id = mr2.movie_id AND kt2.id = t2.kind_id
  AND cn2.id = mc2.company_id AND t2.id = mc2.movie_id;
-- J11: keywords of murder films of big companies with genres
SELECT min(mc.note), min(t.title), min(mi.info), count(*) FROM company_name cn, company_type ct, keyword k, movie_companies mc, movie_keyword mk, movie_info mi, info_type it, title t
WHERE cn.country_code <> '[us]' AND (cn.name LIKE '%Film%' OR cn.name LIKE '%Warner%') AND ct.kind = 'distributors' AND k.keyword LIKE 'murder%'
  AND mc.note IS NULL AND it.info = 'genres' AND t.production_year BETWEEN 1950 AND 2005 AND t.id = mk.movie_id AND mk.keyword_id = k.id
  AND t.id = mc.movie_id AND mc.company_type_id = ct.id AND mc.company_id = cn.id AND mi.movie_id = t.id AND mi.info_type_id = it.id
  AND mk.movie_id = mc.movie_id AND mi.movie_id = mc.movie_id;
-- J12: everything about few films
SELECT min(n.name), min(t.title), min(k.keyword), min(mr.rating), count(*) FROM cast_info ci, company_name cn, company_type ct, info_type it1, info_type it2,
  keyword k, kind_type kt, movie_companies mc, movie_info mi, movie_rating mr, movie_keyword mk, name n, role_type rt, title t
WHERE t.title LIKE 'Champion%' AND kt.kind = 'movie' AND it1.info = 'countries' AND it2.info = 'votes' AND rt.role IN ('actor', 'director')
  AND ct.kind = 'production companies' AND kt.id = t.kind_id AND ci.movie_id = t.id AND ci.person_id = n.id AND ci.role_id = rt.id
  AND mc.movie_id = t.id AND mc.company_id = cn.id AND mc.company_type_id = ct.id AND mi.movie_id = t.id AND mi.info_type_id = it1.id
  AND mr.movie_id = t.id AND mr.info_type_id = it2.id AND mk.movie_id = t.id AND mk.keyword_id = k.id;
-- J13: people by number of films with a rating
SELECT n.gender, rt.role, count(*), count(DISTINCT n.id) FROM cast_info ci, name n, role_type rt, movie_rating mr, info_type it
WHERE ci.person_id = n.id AND ci.role_id = rt.id AND mr.movie_id = ci.movie_id AND mr.info_type_id = it.id AND it.info = 'rating' AND mr.rating > 8.5
GROUP BY n.gender, rt.role;
-- J14: colleagues: two people in one film, one of them with a name
SELECT count(*), min(n2.name) FROM cast_info a, cast_info b, name n1, name n2, title t
WHERE a.movie_id = b.movie_id AND a.person_id = n1.id AND b.person_id = n2.id AND n1.name LIKE 'Angel, 1%' AND n2.gender = 'f'
  AND t.id = a.movie_id AND t.production_year = 2001 AND a.person_id <> b.person_id;
-- J15: outer joins: films of a year with or without rating and link
SELECT count(*), count(mr.rating), count(ml.id), min(t.title) FROM title t JOIN kind_type kt ON kt.id = t.kind_id
LEFT JOIN movie_rating mr ON mr.movie_id = t.id AND mr.info_type_id = 5 LEFT JOIN movie_link ml ON ml.movie_id = t.id
LEFT JOIN link_type lt ON lt.id = ml.link_type_id AND lt.link = 'follows' WHERE t.production_year = 2010 AND kt.kind <> 'episode';
-- J16: films without keywords, with many companies
SELECT count(*), min(t.title) FROM title t WHERE NOT EXISTS (SELECT 1 FROM movie_keyword mk WHERE mk.movie_id = t.id)
  AND (SELECT count(*) FROM movie_companies mc, company_name cn WHERE mc.movie_id = t.id AND cn.id = mc.company_id AND cn.country_code = '[us]') >= 2;
-- J17: a chain of links
SELECT min(t1.title), min(t3.title), count(*) FROM title t1, movie_link l1, title t2, movie_link l2, title t3, kind_type k
WHERE l1.movie_id = t1.id AND l1.linked_movie_id = t2.id AND l2.movie_id = t2.id AND l2.linked_movie_id = t3.id AND k.id = t3.kind_id
  AND k.kind = 'movie' AND t1.production_year > t3.production_year + 30;
-- J18: keywords by year with companies in a country
SELECT t.production_year, count(*), count(DISTINCT mk.keyword_id) FROM title t, movie_keyword mk, movie_companies mc, company_name cn
WHERE t.id = mk.movie_id AND t.id = mc.movie_id AND mc.company_id = cn.id AND cn.country_code = '[in]' GROUP BY t.production_year;
