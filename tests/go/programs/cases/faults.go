package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"
)

func init() {
	cases["nil"] = nils
	cases["arithmetic"] = arithmetic
	cases["panics"] = panics
	cases["addresses"] = addresses
	cases["float"] = floats
	cases["nil-threads"] = nilThreads
}

type record struct {
	name  string
	far   [4000]byte
	value int
	call  func() int
}

var (
	nobody *record
	zero   int
	table  map[string]int
	any0   any
)

// caught runs f and says what it panicked with.
func caught(what string, f func()) {
	defer func() {
		thrown := recover()
		err, ok := thrown.(runtime.Error)
		fmt.Printf("%s: %v (runtime error: %v)\n", what, thrown, ok && err != nil)
	}()
	f()
	fmt.Println(what, "did not panic")
}

// nils are faults of the machine that the runtime makes panics of, by editing the registers in its note handler.
func nils() {
	caught("read", func() { fmt.Println(nobody.name) })
	caught("read far", func() { fmt.Println(nobody.value) })
	caught("write", func() { nobody.name = "x" })
	caught("call", func() { var f func(); f() })
	caught("method", func() { nobody.call() })
	caught("interface", func() { var err error; fmt.Println(err.Error()) })
	caught("copy", func() { var local = *nobody; fmt.Println(len(local.far)) })
	caught("map", func() { table["x"] = 1 })
	sum := 0
	for i := 0; i < 200; i++ {
		func() {
			defer func() {
				if recover() != nil {
					sum++
				}
			}()
			nobody.value = i
		}()
	}
	fmt.Println(sum)
	caught("in a defer", func() {
		defer func() { fmt.Println("first", recover()); nobody.value = 1 }()
		fmt.Println(nobody.value)
	})
}

// nilThreads lets faults happen on many threads at once.
func nilThreads() {
	runtime.GOMAXPROCS(4)
	var wait sync.WaitGroup
	counts := make([]int, 8)
	for i := range counts {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			runtime.LockOSThread()
			for n := 0; n < 100; n++ {
				func() {
					defer func() { recover(); counts[i]++ }()
					nobody.value = n
				}()
				if n%10 == 0 {
					runtime.Gosched()
				}
			}
		}(i)
	}
	wait.Wait()
	fmt.Println(counts)
}

func arithmetic() {
	caught("divide", func() { fmt.Println(1 / zero) })
	caught("remainder", func() { fmt.Println(int8(1) % int8(zero)) })
	caught("index", func() { fmt.Println([]int{1, 2, 3}[zero+5]) })
	caught("slice", func() { fmt.Println("abc"[zero+3 : zero+1]) })
	caught("make", func() { fmt.Println(make([]int, zero-1)) })
	caught("type", func() { fmt.Println(any0.(string)) })
	caught("convert", func() { fmt.Println((*[4]int)([]int{1})) })
	least := math.MinInt64 + int64(zero)
	fmt.Println(least/int64(zero-1), least%int64(zero-1), int32(1)<<uint(zero+40))
}

func panics() {
	trouble := errors.New("trouble")
	func() {
		defer func() { fmt.Println("recovered:", recover() == trouble) }()
		defer func() { fmt.Println("deferred 1") }()
		defer func() { fmt.Println("deferred 2") }()
		panic(trouble)
	}()
	func() {
		defer func() { fmt.Println("outer", recover()) }()
		defer func() {
			fmt.Println("inner", recover())
			panic("second")
		}()
		panic("first")
	}()
	func() {
		defer func() {
			recover()
			trace := string(debug.Stack())
			fmt.Println("in the trace:", strings.Contains(trace, "main.panics"), strings.Contains(trace, "faults.go"))
		}()
		panic("traced")
	}()
}

// addresses are pointers to nowhere, which debug.SetPanicOnFault makes panics, too.
func addresses() {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, address := range []uintptr{0x10, 0x1234_5678_0000, 0x7000_0000_0000} {
		func() {
			defer func() {
				thrown := recover()
				located, ok := thrown.(interface{ Addr() uintptr })
				fmt.Println(thrown, ok && located.Addr() == address)
			}()
			fmt.Println(*(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&address))))
		}()
	}
}

// floats must not trap in any thread, though the kernel starts processes with traps on.
func floats() {
	runtime.GOMAXPROCS(4)
	var wait sync.WaitGroup
	lines := make([]string, 6)
	for i := range lines {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			runtime.LockOSThread()
			none := float64(zero)
			huge := math.MaxFloat64 + none
			lines[i] = fmt.Sprint(1/none, -1/none, none/none == none/none, math.Sqrt(none-1), huge*huge,
				math.Float64frombits(1)/2, math.Sin(1+none), math.Exp(1000+none), float32(huge), 0.1+0.2+none)
		}(i)
	}
	wait.Wait()
	for _, line := range lines[1:] {
		if line != lines[0] {
			fmt.Println("another result:", line)
		}
	}
	fmt.Println(lines[0])
}
