package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	cases["goroutines"] = goroutines
	cases["sieve"] = sieve
	cases["select"] = selects
	cases["locks"] = locks
	cases["threads"] = threads
	cases["spin"] = spin
	cases["blocked"] = blocked
	cases["goexit"] = goexit
}

// goroutines sends a number around a ring of a thousand.
func goroutines() {
	const size = 1000
	first := make(chan int)
	in := first
	for i := 0; i < size; i++ {
		out := make(chan int)
		go func(in <-chan int, out chan<- int) {
			for n := range in {
				out <- n + 1
			}
			close(out)
		}(in, out)
		in = out
	}
	go func() {
		for i := 0; i < 5; i++ {
			first <- i
		}
		close(first)
	}()
	for n := range in {
		fmt.Println("around", n)
	}
}

// sieve is a chain of filters, each a goroutine.
func sieve() {
	numbers := make(chan int)
	go func(out chan<- int) {
		for i := 2; ; i++ {
			out <- i
		}
	}(numbers)
	for i := 0; i < 60; i++ {
		prime := <-numbers
		fmt.Print(prime, " ")
		next := make(chan int)
		go func(in <-chan int, out chan<- int) {
			for n := range in {
				if n%prime != 0 {
					out <- n
				}
			}
		}(numbers, next)
		numbers = next
	}
	fmt.Println()
}

func selects() {
	a, b, quit := make(chan int), make(chan string, 3), make(chan bool)
	select {
	case n := <-a:
		fmt.Println("unexpected", n)
	default:
		fmt.Println("nothing yet")
	}
	go func() {
		for i := 0; i < 100; i++ {
			select {
			case a <- i:
			case b <- fmt.Sprint(i):
			}
		}
		close(quit)
	}()
	count := 0
	for done := false; !done; {
		select {
		case <-a:
			count++
		case <-b:
			count++
		case <-quit:
			done = true
		}
	}
	count += len(b)
	fmt.Println("received", count)
	select {
	case <-a:
		fmt.Println("unexpected")
	case <-time.After(5 * time.Millisecond):
		fmt.Println("timeout")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err())
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		close(quit)
	}()
}

func locks() {
	const workers, rounds = 20, 500
	var (
		mutex   sync.Mutex
		shared  sync.RWMutex
		wait    sync.WaitGroup
		once    sync.Once
		counter int
		atoms   int64
		table   = map[int]int{}
	)
	for w := 0; w < workers; w++ {
		wait.Add(1)
		go func(w int) {
			defer wait.Done()
			for i := 0; i < rounds; i++ {
				mutex.Lock()
				counter++
				mutex.Unlock()
				atomic.AddInt64(&atoms, 1)
				if i%50 == 0 {
					shared.Lock()
					table[w*rounds+i] = i
					shared.Unlock()
					runtime.Gosched()
				} else {
					shared.RLock()
					_ = table[i]
					shared.RUnlock()
				}
				once.Do(func() { fmt.Println("once") })
			}
		}(w)
	}
	wait.Wait()
	fmt.Println(counter, atoms, len(table))

	cond := sync.NewCond(&mutex)
	turn := 0
	for w := 0; w < 5; w++ {
		wait.Add(1)
		go func(w int) {
			defer wait.Done()
			mutex.Lock()
			for turn != w {
				cond.Wait()
			}
			fmt.Println("turn", w)
			turn++
			cond.Broadcast()
			mutex.Unlock()
		}(w)
	}
	wait.Wait()
}

// threads has more operating system threads than one at work on the same memory.
func threads() {
	runtime.GOMAXPROCS(4)
	var wait sync.WaitGroup
	var sum int64
	parts := make([]int64, 8)
	for i := range parts {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for n := int64(0); n < 20000; n++ {
				parts[i] += n
				atomic.AddInt64(&sum, n)
			}
		}(i)
	}
	wait.Wait()
	var total int64
	for _, part := range parts {
		total += part
	}
	fmt.Println(sum, total)
}

// spin has a thread that never calls anything; only the kernel can take the processor from it.
func spin() {
	runtime.GOMAXPROCS(2)
	var flag, turns int32
	done := make(chan bool)
	go func() {
		for atomic.LoadInt32(&flag) == 0 {
			turns++
		}
		done <- turns > 0
	}()
	time.Sleep(30 * time.Millisecond)
	atomic.StoreInt32(&flag, 1)
	fmt.Println("stopped", <-done)
}

// blocked has many threads in system calls at once.
func blocked() {
	const count = 24
	answers := make(chan int, count)
	var writers []*os.File
	for i := 0; i < count; i++ {
		r, w, err := os.Pipe()
		must(err)
		writers = append(writers, w)
		go func() {
			var buffer [10]byte
			n, err := r.Read(buffer[:])
			must(err)
			answers <- n
			must(r.Close())
		}()
	}
	time.Sleep(20 * time.Millisecond)
	sum := 0
	for i := count - 1; i >= 0; i-- {
		got(writers[i].Write(make([]byte, i%10+1)))
		sum += <-answers
		must(writers[i].Close())
	}
	fmt.Println(sum)
}

func goexit() {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer fmt.Println("deferred")
		func() { runtime.Goexit() }()
		fmt.Println("not reached")
	}()
	<-done
	fmt.Println("main goes on")
}
