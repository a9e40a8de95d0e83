/*
 * Test Anything Protocol: one `ok N - name` or `not ok N - name` a case, the
 * plan at the end.  Needs nothing but the runtime, so the programs also run
 * on a real 9front.  The exit string is empty when all cases are ok.
 */
static int tapcount;
static int tapfailed;

static inline int
ok(int good, char *name)
{
	tapcount++;
	if(!good)
		tapfailed++;
	print("%sok %d - %s\n", good ? "" : "not ", tapcount, name);
	return good;
}

/* Compares numbers, and says both when they differ. */
static inline int
is(vlong got, vlong want, char *name)
{
	ok(got == want, name);
	if(got != want)
		print("# got 0x%llux, want 0x%llux\n", got, want);
	return got == want;
}

/* Compares texts. */
static inline int
same(char *got, char *want, char *name)
{
	int good;

	good = strcmp(got, want) == 0;
	ok(good, name);
	if(!good)
		print("# got \"%s\"\n# want \"%s\"\n", got, want);
	return good;
}

/* A call failed: its result is -1 and its error string is want. */
static inline int
fails(vlong got, char *want, char *name)
{
	char err[ERRMAX];

	err[0] = '\0';
	errstr(err, sizeof err);
	if(got == -1 && strcmp(err, want) == 0)
		return ok(1, name);
	ok(0, name);
	print("# got %lld \"%s\"\n# want -1 \"%s\"\n", got, err, want);
	return 0;
}

/*
 * The next n cases need what not every system has: if it has not, they count as skipped,
 * which TAP says as `ok N # SKIP why`.  Write it for what a system has, never for its name.
 */
static inline int
needs(int have, int n, char *why)
{
	if(!have)
		for(; n > 0; n--)
			print("ok %d # SKIP needs %s\n", ++tapcount, why);
	return have;
}

static inline _Noreturn void
done(void)
{
	print("1..%d\n", tapcount);
	if(tapfailed == 0)
		exits(nil);
	print("# %d failed\n", tapfailed);
	exits("failed");
}
