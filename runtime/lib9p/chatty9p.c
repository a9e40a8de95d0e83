int chatty9p;
