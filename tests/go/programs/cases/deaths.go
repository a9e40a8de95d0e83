package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// These end the program; what they leave on standard error and as exit status is what counts.
func init() {
	cases["death-nil"] = func() { fmt.Println("before"); fmt.Println(nobody.value) }
	cases["death-nil-goroutine"] = deathNilGoroutine
	cases["death-panic"] = func() { defer fmt.Println("deferred"); panic(fmt.Sprintf("boom %d", 42)) }
	cases["death-panic-error"] = func() { panic(os.ErrNotExist) }
	cases["death-deadlock"] = func() { fmt.Println("before"); <-make(chan int) }
	cases["death-deadlock-mutex"] = deathMutex
	cases["death-deadlock-goexit"] = func() { runtime.Goexit() }
	cases["death-stack"] = func() { debug.SetMaxStack(1 << 20); fmt.Println(deep(1 << 30)) }
	cases["death-map"] = func() { table["x"] = 1 }
	cases["death-exit-thread"] = deathExitThread
	cases["death-unlock"] = func() { var lock sync.Mutex; lock.Unlock() }
	cases["death-divide"] = func() { fmt.Println(1 / zero) }
	cases["death-traceback-all"] = deathTracebackAll
}

func deathNilGoroutine() {
	go func() { nobody.value = 1 }()
	time.Sleep(10 * time.Second)
}

func deathMutex() {
	var lock sync.Mutex
	lock.Lock()
	lock.Lock()
}

// deathExitThread ends the program from a thread that is not the first, while others sleep in the kernel.
func deathExitThread() {
	runtime.LockOSThread()
	for i := 0; i < 5; i++ {
		r, _, err := os.Pipe()
		must(err)
		go r.Read(make([]byte, 1))
	}
	time.Sleep(5 * time.Millisecond)
	go func() {
		runtime.LockOSThread()
		fmt.Println("exiting")
		os.Exit(7)
	}()
	select {}
}

func deathTracebackAll() {
	debug.SetTraceback("all")
	started := make(chan bool)
	for i := 0; i < 3; i++ {
		go waitForever(started)
		<-started
	}
	time.Sleep(50 * time.Millisecond)
	panic("with everybody")
}

func waitForever(started chan<- bool) {
	started <- true
	time.Sleep(time.Hour)
}
