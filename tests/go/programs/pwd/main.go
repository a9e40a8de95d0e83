// Pwd prints the working directory; tests of package os want such a program in /bin.
package main

import (
	"fmt"
	"os"
)

func main() {
	name, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pwd:", err)
		os.Exit(1)
	}
	fmt.Println(name)
}
