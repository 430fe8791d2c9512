/* one /* nested */ */ -- line
SELECT 1+-2*3^4%5, a->>'b', @ -1, a <= b, c <> d, !~ 'x'