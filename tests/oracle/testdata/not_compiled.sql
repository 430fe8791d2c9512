select t.a, x.b from t left join lateral (select u.b from u where u.a > t.a order by u.a limit 1) x on true
