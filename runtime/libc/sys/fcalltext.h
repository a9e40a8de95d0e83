extern	char*	_qidtext(char*, char*, Qid*);
extern	char*	_dirtext(char*, char*, Dir*);
