/* What the files of libbio share. */
extern	void	_Bflushed(Biobufhdr*);	/* no longer to be flushed at exits */
extern	void	_Bflushes(Biobufhdr*);	/* to be flushed at exits */
extern	int	_Bfill(Biobufhdr*);	/* reads a buffer; how many bytes, or Beof */
extern	int	_Bread(Biobufhdr*, void*, long);	/* iof of a Biobuf for reading */
extern	int	_Bwrite(Biobufhdr*, void*, long);	/* iof of one for writing */
extern	int	_Bvprint(Biobufhdr*, char*, va_list*);	/* Bvprint, for what a note handler calls */
