-- Films, people and companies: many tables, many-to-many, skewed and correlated, so that independent estimates go wrong.
CREATE TABLE kind_type (id integer PRIMARY KEY, kind varchar(15) NOT NULL);
CREATE TABLE company_type (id integer PRIMARY KEY, kind varchar(32) NOT NULL);
CREATE TABLE info_type (id integer PRIMARY KEY, info varchar(32) NOT NULL);
CREATE TABLE role_type (id integer PRIMARY KEY, role varchar(32) NOT NULL);
CREATE TABLE link_type (id integer PRIMARY KEY, link varchar(32) NOT NULL);
CREATE TABLE keyword (id integer PRIMARY KEY, keyword varchar(40) NOT NULL);
CREATE TABLE company_name (id integer PRIMARY KEY, name varchar(40) NOT NULL, country_code varchar(6));
CREATE TABLE title (id integer PRIMARY KEY, title varchar(60) NOT NULL, kind_id integer NOT NULL, production_year integer);
CREATE TABLE name (id integer PRIMARY KEY, name varchar(40) NOT NULL, gender char(1));
CREATE TABLE movie_companies (id integer PRIMARY KEY, movie_id integer NOT NULL, company_id integer NOT NULL, company_type_id integer NOT NULL, note varchar(40));
CREATE TABLE movie_info (id integer PRIMARY KEY, movie_id integer NOT NULL, info_type_id integer NOT NULL, info varchar(40) NOT NULL);
CREATE TABLE movie_rating (id integer PRIMARY KEY, movie_id integer NOT NULL, info_type_id integer NOT NULL, rating numeric(4,1) NOT NULL);
CREATE TABLE movie_keyword (id integer PRIMARY KEY, movie_id integer NOT NULL, keyword_id integer NOT NULL);
CREATE TABLE movie_link (id integer PRIMARY KEY, movie_id integer NOT NULL, linked_movie_id integer NOT NULL, link_type_id integer NOT NULL);
CREATE TABLE cast_info (id integer PRIMARY KEY, person_id integer NOT NULL, movie_id integer NOT NULL, role_id integer NOT NULL, note varchar(30), nr_order integer);
-- index: movie_companies (movie_id)
-- index: movie_companies (company_id)
-- index: movie_info (movie_id)
-- index: movie_info (info_type_id)
-- index: movie_rating (movie_id)
-- index: movie_keyword (movie_id)
-- index: movie_keyword (keyword_id)
-- index: movie_link (movie_id)
-- index: movie_link (linked_movie_id)
-- index: cast_info (movie_id)
-- index: cast_info (person_id)
-- index: title (kind_id)
