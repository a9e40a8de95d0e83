#include <u.h>
#include <libc.h>
#include "runetype.h"

/* Unicode's classes and cases; what is no rune is in no class. */

static const Runetype none;

static const Runetype*
find(Rune r)
{
	if(r > Runemax)
		return &none;
	return &types[TYPE(r)];
}

int
isalpharune(Rune r)
{
	return (find(r)->class & RAlpha) != 0;
}

int
isspacerune(Rune r)
{
	return (find(r)->class & RSpace) != 0;
}

int
isdigitrune(Rune r)
{
	return (find(r)->class & RDigit) != 0;
}

int
isupperrune(Rune r)
{
	return (find(r)->class & RUpper) != 0;
}

int
islowerrune(Rune r)
{
	return (find(r)->class & RLower) != 0;
}

int
istitlerune(Rune r)
{
	return (find(r)->class & RTitle) != 0;
}

Rune
toupperrune(Rune r)
{
	return r + find(r)->upper;
}

Rune
tolowerrune(Rune r)
{
	return r + find(r)->lower;
}

Rune
totitlerune(Rune r)
{
	return r + find(r)->title;
}
