// Hello is the least that a Go program does: start the runtime, print, end.
package main

import "fmt"

func main() {
	fmt.Println("hello, world")
}
