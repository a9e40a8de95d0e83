// Cases runs one test of Go's runtime and standard library and prints what it found out.
//
// What a case prints depends on nothing but Go: it is the same on Plan 9 and elsewhere, so that a run
// natively says what is right.  Cases whose names begin with "plan9" exist on Plan 9 only.
package main

import (
	"fmt"
	"os"
	"sort"
)

// cases holds every case by name; files of this package add theirs in init.
var cases = map[string]func(){}

func main() {
	if len(os.Args) < 2 {
		var names []string
		for name := range cases {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	if child, ok := children[os.Args[1]]; ok {
		child(os.Args[2:])
		return
	}
	for _, name := range os.Args[1:] {
		run, ok := cases[name]
		if !ok {
			fmt.Fprintf(os.Stderr, "no case %q\n", name)
			os.Exit(1)
		}
		run()
	}
}

// must ends the program if something failed that is not what the case is about.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// got is a value that must come without an error.
func got[T any](value T, err error) T {
	must(err)
	return value
}
