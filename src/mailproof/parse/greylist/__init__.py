"""greylist.conf of milter-greylist, in the grammar of its own scanner (conf_lex.l, conf_yacc.y of 4.6.2)."""
