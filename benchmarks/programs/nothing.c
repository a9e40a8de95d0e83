/* The smallest program: for what it costs to start one. */
int
main(void)
{
	return 0;
}
