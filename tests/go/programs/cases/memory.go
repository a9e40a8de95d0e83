package main

import (
	"fmt"
	"hash/crc32"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

func init() {
	cases["gc"] = collect
	cases["finalizers"] = finalizers
	cases["heap"] = heap
	cases["stack"] = stack
	cases["maps"] = maps
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

// collect makes garbage from several goroutines while the collector runs.
func collect() {
	debug.SetGCPercent(20)
	long := grow(12)
	var wait sync.WaitGroup
	var nodes int64
	for w := 0; w < 4; w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for depth := 4; depth <= 11; depth++ {
				for i := 0; i < 1<<(11-depth); i++ {
					atomic.AddInt64(&nodes, int64(grow(depth).count()))
				}
			}
		}()
	}
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	wait.Wait()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println(nodes, long.count(), stats.NumGC >= 3)
}

func finalizers() {
	var ran int32
	done := make(chan bool, 100)
	func() {
		for i := 0; i < 100; i++ {
			object := &[64]byte{byte(i)}
			runtime.SetFinalizer(object, func(*[64]byte) { atomic.AddInt32(&ran, 1); done <- true })
		}
	}()
	for i := 0; i < 100; i++ {
		runtime.GC()
		for len(done) > 0 {
			<-done
		}
		if atomic.LoadInt32(&ran) >= 99 {
			break
		}
		runtime.Gosched()
	}
	fmt.Println("finalizers ran:", atomic.LoadInt32(&ran) >= 99)
}

// heap takes much and gives it back, more than once.
func heap() {
	for round := 0; round < 3; round++ {
		var blocks [][]byte
		for i := 0; i < 24; i++ {
			block := make([]byte, 4<<20)
			for at := 0; at < len(block); at += 4096 {
				if block[at] != 0 {
					fmt.Println("dirty memory", i, at)
				}
				block[at] = byte(i + at>>12)
			}
			blocks = append(blocks, block)
		}
		sum := 0
		for _, block := range blocks {
			for at := 0; at < len(block); at += 4096 {
				sum += int(block[at])
			}
		}
		fmt.Println("round", round, sum)
		blocks = nil
		debug.FreeOSMemory()
	}
	huge := make([]byte, 1<<30)
	huge[0], huge[len(huge)-1] = 1, 2
	fmt.Println(len(huge), huge[0]+huge[len(huge)/2]+huge[len(huge)-1])
}

func deep(n int) int {
	var space [16]int
	space[n%16] = n
	if n == 0 {
		return 0
	}
	return deep(n-1) + space[n%16] - n + 1
}

// stack makes goroutines' stacks grow, which copies them.
func stack() {
	var wait sync.WaitGroup
	results := make([]int, 4)
	for i := range results {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			results[i] = deep(10000 * (i + 1))
		}(i)
	}
	wait.Wait()
	fmt.Println(results)
}

func maps() {
	table := map[string]int{}
	for i := 0; i < 20000; i++ {
		table[fmt.Sprintf("key %d", i)] = i
	}
	for i := 0; i < 20000; i += 2 {
		delete(table, fmt.Sprintf("key %d", i))
	}
	sum := 0
	for _, value := range table {
		sum += value
	}
	sheet := crc32.NewIEEE()
	for i := 1; i < 20000; i += 2 {
		fmt.Fprintln(sheet, table[fmt.Sprintf("key %d", i)])
	}
	fmt.Printf("%d %d %08x\n", len(table), sum, sheet.Sum32())
}
