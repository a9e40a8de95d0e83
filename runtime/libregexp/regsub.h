/* Substitution, for bytes or for runes: Char, substitute, copy. */
void
substitute(Char *from, Char *to, int n, Resub *sem, int nsem)
{
	Char *e;
	int i;

	if(n <= 0)
		return;
	for(e = to+n-1; *from != 0; from++){
		i = -1;
		if(*from == '&')
			i = 0;
		else if(*from == '\\'){
			from++;
			if(*from == 0)
				break;
			if(*from >= '0' && *from <= '9')
				i = *from - '0';
		}
		if(i >= 0){
			if(sem != nil && i < nsem && sem[i].START != nil && sem[i].END != nil)
				to = copy(to, e, sem[i].START, sem[i].END);
			continue;
		}
		if(to >= e)
			break;
		*to++ = *from;
	}
	*to = 0;
}
